"""Changing and taking back what an agent has sent: one delivery for each part, in the same lane."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from core.capabilities import Capabilities
from core.delivery import DeliveryState
from core.errors import BadConfig
from core.messages import Direction
from core.rich_text import Span
from core.rich_text_cuts import RichText
from router.services.approvals.checking import check_alone
from router.services.errors import Conflict, Forbidden, NotFound, Refused
from router.services.outbound import leveling
from router.services.outbound.formatting import WireOf, plain_wire
from router.services.outbound.in_public import check_again
from router.services.outbound.parts import plan_parts
from router.services.outbound.queueing import new_send_key
from router.services.outbound.reaching import CapabilitiesOf, unavailable
from router.services.outbound.writing import Author, checked_text
from router.storage import amended, deliveries, levels, persons, revisions
from router.storage.amended import OwnWords
from router.storage.deliveries import DeliveryRow, NewDelivery
from router.storage.engine import Database
from router.storage.spans import to_column
from router.storage.unit_of_work import Fact, UnitOfWork

_WAITING = frozenset({DeliveryState.HELD, DeliveryState.QUEUED})
_SUPERSEDED = "A newer version goes out instead."


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    message_id: int
    client_key: str
    text: str
    spans: Sequence[Span] = ()


async def edit_reply(
    database: Database,
    capabilities_of: CapabilitiesOf,
    author: Author,
    wanted: Edit,
    *,
    wire_of: WireOf = plain_wire,
) -> int:
    """The message reads like this from now on, and its parts are changed on the network.

    Nothing is written if nothing changes, or if this client key was used before. Raises NotFound,
    Forbidden (somebody else's), Conflict `cannot_edit`, `too_late`, `deleted`, `not_sent`,
    `place_unavailable`, `public_place` and those of `leveling.clear`, Refused `empty` and
    `too_long` (more parts than went out). Whoever calls has looked whether the agent may see it.
    """
    text = checked_text(wanted.client_key, wanted.text, wanted.spans, (0,))
    async with database.transaction() as work:
        known = await _lock(work, author, wanted.message_id)
        event_key = f"agent:{author.agent_id}:{wanted.client_key}"
        if await amended.was_made(work, known.id, event_key):
            return known.root_id
        if not text.text and not known.has_files:
            raise Refused("There is nothing left of it: delete it.", code="empty", field="text")
        capabilities = _capabilities(known, capabilities_of)
        if known.deleted_at is not None:
            raise Conflict("It was deleted.", code="deleted")
        if not capabilities.edit:
            raise Conflict("On this channel a sent message stays as it is.", code="cannot_edit")
        # Its topics before its deliveries, as whoever raises a topic locks them.
        await levels.needs_of_message(work, known.id, fixed=leveling.FIXED, holds=True)
        standing = _parts(await amended.lock_standing(work, known.id))
        _check_window(work.now(), known, standing, capabilities.edit_window)
        await check_again(work, known.root_id, known.id, text.text)
        await check_alone(work, text.text, known.case_id, None, known.id)
        assert known.channel is not None
        planned = plan_parts(
            text.text,
            capabilities,
            text.spans,
            wire_of(known.channel),
            has_files=known.has_files,
        )
        changed = await revisions.revise(
            work,
            known.id,
            event_key=event_key,
            text=text.text,
            html=None,
            at=work.now(),
            spans=text.spans,
        )
        if changed is not None:
            await _queue_edits(work, known, standing, planned, capabilities)
            work.announce(Fact.MESSAGE_CHANGED, person=known.root_id, ref=known.id)
        return known.root_id


async def delete_reply(
    database: Database, capabilities_of: CapabilitiesOf, author: Author, message_id: int
) -> int:
    """The message is taken back: what waits does not go out, what went out is deleted there.

    Doing it twice does it once. Raises NotFound, Forbidden, Conflict `cannot_delete`, `too_late`
    and `place_unavailable`. Whoever calls has looked whether the agent may see it.
    """
    async with database.transaction() as work:
        known = await _lock(work, author, message_id)
        if known.deleted_at is not None:
            return known.root_id
        rows = await amended.lock_standing(work, known.id)
        standing = _parts(rows)
        there = [part.sent for part in standing.values() if not part.is_untouched]
        if there:
            capabilities = _capabilities(known, capabilities_of)
            if not capabilities.delete:
                raise Conflict(
                    "On this channel a sent message cannot be taken back.", code="cannot_delete"
                )
            _check_window(work.now(), known, standing, capabilities.delete_window)
        for row in rows:
            if row.state in _WAITING and (row.kind != "send" or not row.attempt):
                await deliveries.change(
                    work,
                    row,
                    DeliveryState.CANCELLED,
                    reason="An agent deleted it.",
                    code="recalled",
                )
        await _queue(work, [_again(one, "delete", 0, None, work.now()) for one in there])
        await revisions.mark_deleted(work, known.id, work.now())
        work.announce(Fact.MESSAGE_CHANGED, person=known.root_id, ref=known.id)
        return known.root_id


@dataclass(frozen=True, slots=True)
class _Part:
    """One part as it was sent, and as it reads since its last change."""

    sent: DeliveryRow
    last: DeliveryRow
    waiting: tuple[DeliveryRow, ...]
    """Changes that have not gone out yet."""

    @property
    def is_untouched(self) -> bool:
        """No byte of it has left."""
        return self.sent.state in _WAITING and self.sent.attempt == 0


def _parts(rows: Collection[DeliveryRow]) -> Mapping[int, _Part]:
    parts: dict[int, _Part] = {}
    for row in rows:
        if row.kind == "send" and row.state is not DeliveryState.FAILED:
            parts[row.part] = _Part(row, row, ())
    for row in rows:
        part = parts.get(row.part)
        if row.kind == "edit" and part is not None and row.state is not DeliveryState.FAILED:
            waiting = (row,) if row.state in _WAITING else ()
            parts[row.part] = _Part(part.sent, row, (*part.waiting, *waiting))
    return parts


async def _lock(work: UnitOfWork, author: Author, message_id: int) -> OwnWords:
    """Under the conversation's lock. Raises NotFound, Forbidden."""
    known = await amended.find(work, message_id)
    if known is None or known.direction != Direction.OUT.value:
        raise NotFound(f"There is no reply {message_id}.")
    if known.agent_id != author.agent_id:
        raise Forbidden("Only who wrote it can change it.", code="not_yours")
    await persons.lock_root(work, known.person_id)
    again = await amended.find(work, message_id)
    assert again is not None
    return again


def _capabilities(known: OwnWords, capabilities_of: CapabilitiesOf) -> Capabilities:
    if known.channel is None or known.account_state == "removed":
        raise unavailable("This account was removed.")
    try:
        return capabilities_of(known.channel)
    except BadConfig as error:
        raise unavailable(str(error)) from error


def _check_window(
    now: datetime, known: OwnWords, standing: Mapping[int, _Part], window: timedelta | None
) -> None:
    if not standing:
        raise Conflict("It never went out.", code="not_sent")
    if window is not None and now - known.received_at > window:
        raise Conflict("It is too old for that on this channel.", code="too_late")


async def _queue_edits(
    work: UnitOfWork,
    known: OwnWords,
    standing: Mapping[int, _Part],
    planned: Sequence[RichText],
    capabilities: Capabilities,
) -> None:
    """New texts for the parts that went out; those that are left over are deleted.

    Raises Refused `too_long` if there are more than went out.
    """
    numbers = sorted(standing)
    if len(planned) > len(numbers) or (len(planned) < len(numbers) and not capabilities.delete):
        raise Refused(
            f"It went out as {len(numbers)} messages, and would now be {len(planned)}.",
            code="too_long" if len(planned) > len(numbers) else "too_short",
            field="text",
        )
    kept = numbers[: len(planned)]
    if known.has_files:  # they are with the last part
        kept = [*numbers[: len(planned) - 1], numbers[-1]]
    texts = dict(zip(kept, planned, strict=True))
    fresh: list[NewDelivery] = []
    for number in numbers:
        part = standing[number]
        text = texts.get(number)
        if text is not None and _reads_so(part.last, text):
            continue
        for waiting in part.waiting:
            await deliveries.change(
                work, waiting, DeliveryState.CANCELLED, reason=_SUPERSEDED, code="superseded"
            )
        kind = "edit" if text is not None else "delete"
        revision = await deliveries.newest_revision(work, known.id, number, "", kind)
        fresh.append(_again(part.sent, kind, revision + 1, text, work.now()))
    await _queue(work, fresh)


def _reads_so(row: DeliveryRow, text: RichText) -> bool:
    spans = [] if row.spans is None else msgspec.json.decode(row.spans)
    column = to_column(text.spans)
    wanted = [] if column is None else msgspec.json.decode(column)
    return row.text == text.text and spans == wanted


def _again(
    row: DeliveryRow, kind: str, revision: int, text: RichText | None, now: datetime
) -> NewDelivery:
    """A delivery of the same part in the same lane, behind everything that waits there."""
    return NewDelivery(
        message_id=row.message_id,
        person_id=row.person_id,
        account_id=row.account_id,
        place_id=row.place_id,
        identity_id=row.identity_id,
        kind=kind,
        part=row.part,
        part_count=row.part_count,
        revision=revision,
        text="" if text is None else text.text,
        spans=None if text is None else to_column(text.spans),
        lane=row.lane,
        send_key=new_send_key(),
        state=DeliveryState.QUEUED.value,
        due_at=now,
    )


async def _queue(work: UnitOfWork, fresh: Sequence[NewDelivery]) -> None:
    if not fresh:
        return
    said = next((one for one in fresh if one.kind != "delete"), None)
    cleared = None
    if said is not None:
        cleared = await leveling.clear(
            work,
            message_id=said.message_id,
            place_id=said.place_id,
            identity_id=said.identity_id,
        )
    for made in await deliveries.queue(work, fresh, cleared):
        row = await deliveries.find_delivery(work, made)
        assert row is not None
        work.announce(Fact.DELIVERY_CHANGED, person=row.root_id, ref=made)
