"""Small shapes that several shown things share."""

import msgspec


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """An agent, or anything else that is named where it is pointed at."""

    id: int
    name: str


class ChannelUse(msgspec.Struct, frozen=True, kw_only=True):
    """An account over which somebody talks with the desk."""

    channel: str
    account_id: int
    label: str


def named(id: int | None, name: str | None) -> Named | None:
    return None if id is None else Named(id=id, name=name or "")
