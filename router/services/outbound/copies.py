"""Copies of a reply: whom an agent names beside the recipient."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.capabilities import Capabilities
from core.errors import ContentRejected, Unsupported
from core.messages import IdentityAddress, Participant
from router.services.errors import Refused
from router.services.outbound.addressed import HIDDEN_COPY, SHOWN_COPY

MAX_COPIES = 50

ToRecipient = Callable[[str, str], IdentityAddress]
"""(channel, what an agent typed) -> who that is. Raises ContentRejected, Unsupported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """Somebody who gets a copy; a hidden one is named to nobody else."""

    address: str
    name: str = ""
    is_hidden: bool = False


def plan_copies(
    wanted: Sequence[Copy],
    capabilities: Capabilities,
    read: Callable[[str], IdentityAddress],
    recipient: str,
) -> tuple[Participant, ...]:
    """Each once, and not the recipient; who is named openly and in secret is named openly.

    Raises Refused with the first that cannot be one.
    """
    if wanted and not capabilities.copies:
        raise Refused("This channel sends no copies.", code="no_copies", field="copies")
    if len(wanted) > MAX_COPIES:
        raise Refused(f"At most {MAX_COPIES} copies.", code="too_many_copies", field="copies")
    found: dict[str, Participant] = {}
    for position, copy in enumerate(wanted):
        address = _read(copy.address, read, f"copies[{position}].address")
        if address.handle == recipient:
            continue
        known = found.get(address.handle)
        role = HIDDEN_COPY if copy.is_hidden else SHOWN_COPY
        if known is None or role == SHOWN_COPY:
            found[address.handle] = Participant(
                realm=address.realm,
                handle=address.handle,
                shown_as=copy.name[:200] or address.shown_as,
                role=role,
            )
    return tuple(found.values())


def _read(typed: str, read: Callable[[str], IdentityAddress], field: str) -> IdentityAddress:
    try:
        return read(typed)
    except (ContentRejected, Unsupported) as error:
        raise Refused(str(error), code="bad_address", field=field) from error
