"""Batches that hold nothing but plain messages, for the short way in (`storage.inbound_steady`)."""

from collections.abc import Sequence

import msgspec

from core.link_codes import find_code
from core.messages import MessageReceived
from core.not_me import is_not_me
from core.people import Level
from router.services.inbound.messages import MAX_NAME, dedup_key, to_json, words_of
from router.services.inbound.senders import key_of, names_account
from router.services.inbound.sources import Prepared
from router.storage.inbound_steady import PlainMessage

MOST = 64
"""Messages of a batch: beyond it the rows that the statement joins with each other are too many,
and the round trips of the long way are shared by enough."""


def to_plain(prepared: Sequence[Prepared]) -> list[PlainMessage] | None:
    """The batch as plain messages. None: something in it is more than that, or comes twice."""
    if len(prepared) > MOST:
        return None
    rows: list[PlainMessage] = []
    for one in prepared:
        event = one.event
        if not isinstance(event, MessageReceived) or not _is_plain(one, event):
            return None
        rows.append(_row(one, event))
    return rows if _differ(rows) else None


def _differ(rows: Sequence[PlainMessage]) -> bool:
    return len({(row.account_id, row.dedup_key) for row in rows}) == len(rows)


_CARRIED = frozenset(
    {"event_key", "raw", "raw_media_type", "place", "sender", "text", "html", "full_text"}
    | {"subject", "sent_at", "remote_parts", "participants", "context", "warnings"}
)
_OTHERS = tuple(
    (field.name, field.default)
    for field in msgspec.structs.fields(MessageReceived)
    if field.name not in _CARRIED
)
"""Whatever else a message may say of itself, now or in a later version, goes the long way."""


def _is_plain(prepared: Prepared, event: MessageReceived) -> bool:
    """A person's own words: nothing that opens a thread, answers one, has files or is a code."""
    return (
        all(getattr(event, name) == default for name, default in _OTHERS)
        and not prepared.files
        and (prepared.source is None or prepared.source.raw is not None)
        and [part.part for part in event.remote_parts] == [0]
        and find_code(event.text) is None
        and not is_not_me(event.text)
    )


def _row(prepared: Prepared, event: MessageReceived) -> PlainMessage:
    sender, source = event.sender, prepared.source
    key = key_of(sender)
    return PlainMessage(
        realm=key.realm,
        handle=key.handle,
        shown_as=sender.shown_as,
        proven=min(sender.level, Level.LINKED),
        host_account=sender.host_account if names_account(sender) else None,
        account_id=prepared.account_id,
        remote_place=event.place.remote,
        place_title=event.place.title[:MAX_NAME],
        place_parent=event.place.parent,
        remote_id=event.remote_parts[0].remote_id,
        own_level=int(sender.level),
        warnings=to_json(event.warnings),
        dedup_key=dedup_key(event.event_key),
        media_type=None if source is None else source.media_type,
        raw=None if source is None else source.raw,
        **words_of(event),
    )
