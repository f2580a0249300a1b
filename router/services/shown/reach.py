"""Where a person can be answered now, and why not elsewhere: what the composer offers."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from core.addresses import readable_address
from core.capabilities import Capabilities
from core.messages import PUBLIC_KINDS, PlaceKind
from core.people import is_claimed, standing_level
from core.rich_text import Mark
from router.services.outbound.privately import PrivatePlaceOf, nowhere, opens_private
from router.services.shown.hindrances import Hindrance, hindrances_of
from router.services.shown.messages import SharedPlace, to_shared_place
from router.storage import reach as stored
from router.storage import visitors
from router.storage.holding import find_own_holds
from router.storage.records import Record
from router.storage.unit_of_work import UnitOfWork

CapabilitiesOf = Callable[[str], Capabilities | None]
"""What a channel can do; None: its connector is not installed or cannot run."""


class ShownFiles(msgspec.Struct, frozen=True, kw_only=True):
    max_count: int
    max_size: int
    media_types: tuple[str, ...]


class ShownCapabilities(msgspec.Struct, frozen=True, kw_only=True):
    text_limit: int | None
    text_unit: str
    formats: tuple[str, ...]
    marks: tuple[Mark, ...]
    """Formatting that the reader sees there."""
    files: ShownFiles
    subject: bool
    edit: bool
    edit_seconds: int | None
    """How long after sending; null: for ever."""
    delete: bool
    delete_seconds: int | None
    descriptions: bool
    """What a picture shows is told to those who cannot see it."""
    copies: bool
    receipts: tuple[str, ...]
    typing: bool
    buttons: bool
    """Answers can be offered to choose from."""


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """One place in which the person can be answered, or could be."""

    place_id: int
    account_id: int
    channel: str
    account_label: str
    identity_id: int | None
    shown_as: str
    level: int
    is_claimed: bool
    is_shared: bool
    """Several people use this address."""
    is_available: bool
    reason: str
    """Why it is not available, or what will delay it. A sentence, or empty."""
    hindrances: tuple[Hindrance, ...]
    """The same as codes with their times."""
    last_inbound_at: datetime | None
    is_online: bool | None
    """None: this channel doesn't tell."""
    is_default: bool
    """Where the person last wrote, if that is available; else their preferred identity's, else the
    first that is available."""
    is_preferred: bool
    """Of the identity by which they want to be reached."""
    title: str
    """What tells this chat with the person alone from others with them: a thread's name. Empty:
    there is nothing to tell."""
    same_as: int | None
    """The place that is offered for this one: the same chat with the person alone, by the name that
    its network gave it, while this is by theirs."""
    place: SharedPlace | None
    """If others read along there: nothing personal goes there."""
    has_private: bool
    """Others read along there, and `in_private` reaches the person alone."""
    hold_seconds: int
    """How long the viewer's answers there can be recalled before they go out, unless one says
    otherwise: as the viewer has it, else the account, else the channel."""
    capabilities: ShownCapabilities


async def load_reach(
    work: UnitOfWork,
    agent_id: int,
    root_id: int,
    hidden_cases: Collection[int],
    capabilities_of: CapabilitiesOf,
    private_place_of: PrivatePlaceOf = nowhere,
) -> tuple[Reach, ...]:
    """All places of the conversation as this agent answers there, where the person last wrote
    first.
    """
    found = await stored.places_of(work, root_id, hidden_cases)
    known = {row["channel"]: capabilities_of(row["channel"]) for row in found}
    twins = _twins(found, known, private_place_of)
    rows = sorted(_as_offered(found, twins), key=_newest, reverse=True)
    shown = {channel: to_shown(one or Capabilities()) for channel, one in known.items()}
    present = await visitors.list_online(
        work,
        [
            (row["account_id"], row["remote_place"])
            for row in rows
            if (capabilities := known[row["channel"]]) is not None and capabilities.presence
        ],
    )
    alone = {
        (row["account_id"], row["identity_id"])
        for row in rows
        if row["place_kind"] == PlaceKind.DIRECT and row["last_inbound_id"] and row["is_reachable"]
    }
    own = await find_own_holds(work, agent_id)
    preferred = _preferred(rows)
    reached: list[Reach] = []
    for row in rows:
        capabilities = known[row["channel"]]
        is_available, reason = judge(
            capabilities,
            now=work.now(),
            last_inbound_at=row["last_inbound_at"],
            paused_reason=row["paused_reason"] if row["account_state"] == "paused" else None,
            unreachable_reason=None if row["is_reachable"] else row["unreachable_reason"],
        )
        tells_presence = capabilities is not None and capabilities.presence
        is_online = (row["account_id"], row["remote_place"]) in present if tells_presence else None
        reached.append(
            _to_reach(
                row,
                shown[row["channel"]],
                capabilities or Capabilities(),
                is_available=is_available,
                reason=reason,
                hindrances=hindrances_of(row, capabilities, work.now()),
                is_online=is_online,
                is_preferred=row["identity_id"] == preferred,
                own_hold=own.of(row["account_id"]),
                same_as=twins.get(row["place_id"]),
                has_private=row["place_kind"] in PUBLIC_KINDS
                and (
                    (row["account_id"], row["identity_id"]) in alone
                    or _opens_private(row, capabilities, private_place_of)
                ),
            )
        )
    default = _default(reached)
    return tuple(
        msgspec.structs.replace(one, is_default=True) if at == default else one
        for at, one in enumerate(reached)
    )


def _twins(
    rows: Sequence[Record],
    known: Mapping[str, Capabilities | None],
    private_place_of: PrivatePlaceOf,
) -> dict[int, int]:
    """Place that is called by its person -> the same chat, as it is called since it was heard of.

    What somebody says there before may name nothing but them, and so does what we say first.
    """
    named = {
        (row["account_id"], row["identity_id"]): row["place_id"]
        for row in rows
        if _is_plain_chat(row) and not _is_by_person(row, known, private_place_of)
    }
    return {
        row["place_id"]: named[key]
        for row in rows
        if (key := (row["account_id"], row["identity_id"])) in named
        and _is_plain_chat(row)
        and _is_by_person(row, known, private_place_of)
    }


def _is_plain_chat(row: Record) -> bool:
    """A thread between them and us has a title, and is another place."""
    return bool(row["place_kind"] == PlaceKind.DIRECT and not row["place_title"])


def _is_by_person(
    row: Record, known: Mapping[str, Capabilities | None], private_place_of: PrivatePlaceOf
) -> bool:
    capabilities = known[row["channel"]]
    if capabilities is None:
        return False
    place = opens_private(
        capabilities, private_place_of, row["channel"], row["realm"], row["handle"]
    )
    return place is not None and place.remote == row["remote_place"]


def _newest(row: Mapping[str, Any]) -> tuple[int, int]:
    return row["last_inbound_id"] or 0, row["last_id"]


def _as_offered(rows: Sequence[Record], twins: Mapping[int, int]) -> Sequence[Mapping[str, Any]]:
    """What was said in either of two names was said in the one that is offered."""
    if not twins:
        return rows
    offered: list[Mapping[str, Any]] = []
    for row in rows:
        if row["place_id"] in twins:
            offered.append({**row, "last_inbound_id": None, "last_id": 0})
            continue
        others = [one for one in rows if twins.get(one["place_id"]) == row["place_id"]]
        newest = max([row, *others], key=_newest)
        said = ("last_inbound_id", "last_inbound_at", "last_id")
        offered.append({**row, **{name: newest[name] for name in said}})
    return offered


def _preferred(rows: Collection[Record]) -> int | None:
    """The identity that was preferred last, of those that have a place."""
    marked = [row for row in rows if row["preferred_at"] is not None]
    newest = max(marked, key=lambda row: (row["preferred_at"], row["identity_id"]), default=None)
    return None if newest is None else int(newest["identity_id"])


def _default(reached: Sequence[Reach]) -> int | None:
    """Where to answer unless the agent chooses; web/inbox/store/thread.ts does the same."""
    open_ones = [at for at, one in enumerate(reached) if one.is_available and one.same_as is None]
    if not open_ones or open_ones[0] == 0:
        return 0 if open_ones else None
    return next((at for at in open_ones if reached[at].is_preferred), open_ones[0])


def judge(
    capabilities: Capabilities | None,
    *,
    now: datetime,
    last_inbound_at: datetime | None,
    paused_reason: str | None,
    unreachable_reason: str | None,
) -> tuple[bool, str]:
    """Whether something can be sent there, and a sentence why not, or what delays it.

    A reason is None where it does not apply. A paused account takes answers: they wait.
    """
    if capabilities is None:
        return False, "This channel's connector is not installed."
    if unreachable_reason is not None:
        return False, unreachable_reason or "Nothing can be delivered to this address any more."
    window = capabilities.session_window
    if window is not None and (last_inbound_at is None or now - last_inbound_at > window):
        return False, f"This network only takes answers within {_spoken(window)}."
    if paused_reason is not None:
        said = f" ({paused_reason.rstrip('.')})" if paused_reason else ""
        return True, f"The account is paused{said}: the answer waits until it runs again."
    return True, ""


def _spoken(duration: timedelta) -> str:
    hours = duration.total_seconds() / 3600
    return f"{hours:.0f} hours" if hours >= 1 else f"{hours * 60:.0f} minutes"


def _to_reach(
    row: Record,
    shown: ShownCapabilities,
    capabilities: Capabilities,
    *,
    is_available: bool,
    reason: str,
    hindrances: tuple[Hindrance, ...],
    is_online: bool | None,
    is_preferred: bool,
    own_hold: int | None,
    same_as: int | None,
    has_private: bool,
) -> Reach:
    holds = (own_hold, row["hold_seconds"], int(capabilities.hold.total_seconds()))
    return Reach(
        place_id=row["place_id"],
        account_id=row["account_id"],
        channel=row["channel"],
        account_label=row["label"],
        identity_id=row["identity_id"],
        shown_as=row["shown_as"] or readable_address(row["handle"]),
        level=standing_level(row["level"], is_shared=row["is_shared"]),
        is_claimed=is_claimed(row["realm"]),
        is_shared=row["is_shared"],
        is_available=is_available,
        reason=reason,
        hindrances=hindrances,
        last_inbound_at=row["last_inbound_at"],
        is_online=is_online,
        is_default=False,
        is_preferred=is_preferred,
        title=row["place_title"] if row["place_kind"] == PlaceKind.DIRECT else "",
        same_as=same_as,
        place=to_shared_place(row),
        has_private=has_private,
        hold_seconds=next(one for one in holds if one is not None),
        capabilities=shown,
    )


def _opens_private(
    row: Record, capabilities: Capabilities | None, private_place_of: PrivatePlaceOf
) -> bool:
    if capabilities is None:
        return False
    found = opens_private(
        capabilities, private_place_of, row["channel"], row["realm"], row["handle"]
    )
    return found is not None


def to_shown(capabilities: Capabilities) -> ShownCapabilities:
    files = capabilities.files
    return ShownCapabilities(
        text_limit=capabilities.text.length,
        text_unit=capabilities.text.unit.value,
        formats=tuple(one.value for one in capabilities.formats),
        marks=capabilities.marks,
        files=ShownFiles(
            max_count=files.max_count, max_size=files.max_size, media_types=files.media_types
        ),
        subject=capabilities.subject,
        edit=capabilities.edit,
        edit_seconds=_seconds(capabilities.edit_window),
        delete=capabilities.delete,
        delete_seconds=_seconds(capabilities.delete_window),
        descriptions=capabilities.descriptions,
        copies=capabilities.copies,
        receipts=tuple(one.value for one in capabilities.receipts),
        typing=capabilities.typing,
        buttons=capabilities.buttons,
    )


def _seconds(window: timedelta | None) -> int | None:
    return None if window is None else int(window.total_seconds())
