"""One step of a message: all in one transaction under its conversation's lock, or nothing of it.

So that whoever is killed when, it goes on once: with the commit the former deliveries are closed,
and no sender can claim them any more; before it nothing has changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.delivery import DeliveryState
from core.errors import BadConfig
from core.ladder import Bar, Choice, Missed, choose
from core.rich_text_cuts import RichText
from router.failpoints import failpoint
from router.services import audit
from router.services.errors import Conflict
from router.services.keyring import Keyring
from router.services.ladder.networks import Networks
from router.services.ladder.ways import BETWEEN, Said, Way, is_open, load_ways
from router.services.outbound import leveling
from router.services.outbound.addressed import REPLY_TOKEN, reply_token
from router.services.outbound.automatic import Voice, Words, say
from router.services.outbound.automatic_texts import Line, subject_of
from router.services.outbound.parts import to_answer_subject
from router.services.outbound.queueing import queue_parts
from router.storage import automatic, cases, deliveries, levels, persons, replies, rungs
from router.storage import ladder as stored
from router.storage.deliveries import DeliveryRow
from router.storage.engine import Database
from router.storage.inbound import insert_thread_keys
from router.storage.ladder import CERTAIN_CODES, MOVED_ON, MissedRow, StepRow, TriedRow
from router.storage.places import NewPlace, resolve_places
from router.storage.sight import FULL_SIGHT
from router.storage.spans import from_column
from router.storage.unit_of_work import Fact, UnitOfWork

STALE_AFTER = timedelta(hours=48)
"""What was written longer ago than a delivery is tried for (`core.delivery`) is old news."""
NO_RUNG = "no_rung"
"""The event line of a message that stays where it failed."""
BATCH = 100
_ARRIVED = frozenset({DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ})


class Halt(StrEnum):
    """Why a message is not for the ladder, whatever ways there are; beside `core.ladder.Bar`."""

    STALE = "stale"
    RESTRICTED = "restricted"
    """Of a case that not every agent may see: an agent decides where it goes."""
    SAID_AGAIN = "said_again"
    """It stayed unread, and was said again elsewhere already."""
    PARTLY_SAID = "partly_said"
    """Something of it arrived, or may have."""
    NO_OTHER_WAY = "no_other_way"
    """Nothing else is known of them."""


class Stepped(StrEnum):
    """What became of a step that was due."""

    MOVED = "moved"
    STAYED = "stayed"
    NOT_YET = "not_yet"
    """Something of it is under way, or may still be recalled."""
    OBSOLETE = "obsolete"
    """Somebody has decided on it meanwhile, or it was taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    what: Stepped
    reasons: tuple[str, ...] = ()
    """Of one that stayed."""


async def due_messages(database: Database, *, after: int = 0) -> list[tuple[int, int]]:
    """(message, person) that are due, oldest first, at most 100 above an id."""
    async with database.reading() as work:
        return await stored.due_steps(work, after=after, limit=BATCH)


async def take_step(
    database: Database, keyring: Keyring, networks: Networks, message_id: int, person_id: int
) -> Result:
    """Let one message go on, or note why it cannot. Any number of callers at once do it once."""
    try:
        async with database.transaction() as work:
            root = await persons.lock_root(work, person_id)
            # Its topics before its deliveries, as whoever raises a topic locks them.
            await levels.needs_of_message(work, message_id, fixed=leveling.FIXED, holds=True)
            step = None if root is None else await stored.lock_step(work, message_id)
            if root is None or step is None:
                return Result(what=Stepped.OBSOLETE)
            result = await _take(work, keyring, networks, root, step)
            await failpoint("before_step_commit")
    except Conflict as refused:
        # What everything that goes out is asked last knew better; nothing was written.
        return await _refuse(database, message_id, person_id, refused)
    if result.what is Stepped.MOVED:
        await failpoint("after_step_commit")
    return result


async def _refuse(database: Database, message_id: int, person_id: int, refused: Conflict) -> Result:
    async with database.transaction() as work:
        root = await persons.lock_root(work, person_id)
        step = None if root is None else await stored.lock_step(work, message_id)
        if root is None or step is None:
            return Result(what=Stepped.OBSOLETE)
        missed = await stored.load_missed(work, step)
        return await _stay(work, root, step, missed, (refused.code,))


async def _take(
    work: UnitOfWork, keyring: Keyring, networks: Networks, root: int, step: StepRow
) -> Result:
    missed = await stored.load_missed(work, step)
    rows = [
        row
        for row in await deliveries.deliveries_of(work, [step.message_id])
        if row.kind == "send" and not row.copy_to and row.state is not DeliveryState.CANCELLED
    ]
    standing = _judge(rows, step, missed, now=work.now(), is_late=_is_late(work, networks, missed))
    if missed.is_deleted or not rows:
        standing = Stepped.OBSOLETE
    if standing is Stepped.OBSOLETE:
        await stored.withdraw(work, step.message_id)
        return Result(what=Stepped.OBSOLETE)
    if standing is Stepped.NOT_YET:
        return Result(what=Stepped.NOT_YET)
    halt = standing if isinstance(standing, Halt) else _halt(work, missed)
    if halt is None and await stored.was_unknown(work, step.message_id):
        halt = Halt.PARTLY_SAID
    if halt is not None:
        return await _stay(work, root, step, missed, (halt.value,))
    said = await _load_said(work, root, missed)
    ways = await load_ways(work, networks, root, said)
    order = await rungs.find_order(work, missed.account_id)
    tried = await stored.list_tried(work, step.message_id)
    choice = choose(to_missed(root, step, missed, said, tried), [way.rung for way in ways], order)
    if choice.rung is None:
        return await _stay(work, root, step, missed, _reasons(choice))
    way = next(way for way in ways if way.rung == choice.rung)
    if await leveling.find_refusal(
        work,
        message_id=step.message_id,
        identity_id=way.rung.identity_id,
        channel=way.rung.channel,
    ):
        return await _stay(work, root, step, missed, (Bar.LEVEL_TOO_LOW.value,))
    await _move(work, keyring, networks, root, step, missed, said, way)
    return Result(what=Stepped.MOVED)


def _is_late(work: UnitOfWork, networks: Networks, missed: MissedRow) -> bool:
    """Whether what waits of it waits for a network that takes no answer any more."""
    try:
        window = networks.capabilities_of(missed.channel).session_window
    except BadConfig:
        return False
    return not is_open(window, missed.last_inbound_at, work.now())


def _judge(
    rows: Sequence[DeliveryRow],
    step: StepRow,
    missed: MissedRow,
    *,
    now: datetime,
    is_late: bool,
) -> Stepped | Halt | None:
    """Whether all parts certainly did not arrive: None. Pure."""
    if all(row.state in _ARRIVED for row in rows):
        return Stepped.OBSOLETE
    is_hopeless = missed.is_recipient_gone or missed.is_place_gone or is_late
    waits = False
    for row in rows:
        match row.state:
            case DeliveryState.SENDING:
                waits = True
            case DeliveryState.HELD | DeliveryState.QUEUED:
                is_held = row.state is DeliveryState.HELD and row.due_at > now
                # A queued part whose last attempt is unknown may have arrived.
                may_arrive = not is_hopeless or row.code == "outcome_unknown"
                waits = waits or is_held or may_arrive
            case DeliveryState.FAILED:
                if row.id != step.delivery_id and row.code not in CERTAIN_CODES:
                    return Halt.PARTLY_SAID
            case _:
                return Halt.PARTLY_SAID
    if waits:
        return Stepped.NOT_YET
    return None


def _halt(work: UnitOfWork, missed: MissedRow) -> Halt | None:
    if work.now() - missed.written_at > STALE_AFTER:
        return Halt.STALE
    if missed.was_continued:
        return Halt.SAID_AGAIN
    if missed.access_class != "normal":
        return Halt.RESTRICTED
    return None


async def _load_said(work: UnitOfWork, root: int, missed: MissedRow) -> Said:
    return Said(
        case_id=missed.case_id,
        text=_text_of(missed),
        files=await stored.files_of(work, missed.message_id),
        needs=await levels.needs_of_message(
            work, missed.message_id, fixed=leveling.FIXED, holds=True
        ),
        language=await automatic.find_language(work, root, missed.person_id),
    )


def _text_of(missed: MissedRow) -> RichText:
    """As it was written, without how to stop such messages at the address where it failed."""
    if not missed.stop_url:
        return RichText(missed.text, from_column(missed.spans))
    kept = [one for one in missed.text.split(BETWEEN) if missed.stop_url not in one]
    return RichText(BETWEEN.join(kept))


def to_missed(
    root: int, step: StepRow, missed: MissedRow, said: Said, tried: Sequence[TriedRow]
) -> Missed:
    """What `core.ladder` judges by: what held for one way that it took holds for the next. Pure."""
    needs = said.needs
    hosts = {needs.host_account, *(one.host_account for one in tried)} - {None}
    levels_there = [one.level for one in tried]
    return Missed(
        root_id=root,
        identity_id=step.identity_id,
        place_id=step.place_id,
        needed_level=max(*levels_there, needs.said_level, leveling.declared_level(needs)),
        host_accounts=frozenset(one for one in hosts if one is not None),
        channels=leveling.allowed_channels(needs),
        tried=frozenset((one.identity_id, one.place_id) for one in tried),
        tried_accounts=frozenset((one.identity_id, one.account_id) for one in tried),
        said_in=frozenset(() if missed.chat_place_id is None else (missed.chat_place_id,)),
        is_of_host_account=missed.chat_place_id is not None,
    )


def _reasons(choice: Choice) -> tuple[str, ...]:
    return tuple(bar.value for bar in choice.bars) or (Halt.NO_OTHER_WAY.value,)


async def _stay(
    work: UnitOfWork, root: int, step: StepRow, missed: MissedRow, reasons: tuple[str, ...]
) -> Result:
    """The failure stays as it is shown, and a line says why it did not go on."""
    await stored.finish(work, step.message_id, state="stayed", bars=reasons)
    await _tell(work, root, missed, NO_RUNG, {"because": list(reasons)})
    await audit.record(
        work, "system", "message.stayed", f"messages/{step.message_id}", {"because": reasons[0]}
    )
    return Result(what=Stepped.STAYED, reasons=reasons)


async def _move(
    work: UnitOfWork,
    keyring: Keyring,
    networks: Networks,
    root: int,
    step: StepRow,
    missed: MissedRow,
    said: Said,
    way: Way,
) -> None:
    rung = way.rung
    place_id = rung.place_id
    if way.opened is not None:
        key = (rung.account_id, way.opened.remote)
        fresh = NewPlace(
            key=key,
            kind=way.opened.kind.value,
            title=way.opened.title,
            parent=way.opened.parent,
        )
        place_id = (await resolve_places(work, [fresh]))[key]
    assert place_id is not None
    revision = await stored.next_revision(work, step.message_id)
    for closed in await stored.close_deliveries(work, step.message_id):
        work.announce(Fact.DELIVERY_CHANGED, person=root, ref=closed)
    await stored.move_message(
        work,
        step.message_id,
        person_id=way.home_person_id,
        place_id=place_id,
        account_id=rung.account_id,
        opened_for=None if rung.last_word_id else rung.identity_id,
        subject=_subject(missed, said, way),
    )
    await stored.finish(
        work,
        step.message_id,
        state="moved",
        to_identity_id=rung.identity_id,
        to_place_id=place_id,
        left_out=[one.id for one in way.fit.left_out],
    )
    await queue_parts(
        work,
        way.fit.parts,
        message_id=step.message_id,
        person_id=way.home_person_id,
        account_id=rung.account_id,
        place_id=place_id,
        identity_id=rung.identity_id,
        revision=revision,
    )
    if missed.case_id is not None and way.capabilities.threads:
        token = reply_token(keyring, missed.case_id)
        await insert_thread_keys(
            work, [(rung.account_id, REPLY_TOKEN, token, missed.case_id, None)]
        )
    facts = {
        "account_id": missed.account_id,
        "place_id": step.place_id,
        "identity_id": step.identity_id,
        "to_account_id": rung.account_id,
        "to_place_id": place_id,
        "to_identity_id": rung.identity_id,
        "left_out": len(way.fit.left_out),
    }
    await _tell(work, root, missed, MOVED_ON, facts)
    if way.is_local:
        await _say_apart(work, keyring, networks, root, step, missed, way)
    await audit.record(
        work,
        "system",
        "message.moved_on",
        f"messages/{step.message_id}",
        {"account": rung.account_id, "identity": rung.identity_id},
    )


def _subject(missed: MissedRow, said: Said, way: Way) -> str:
    if not way.capabilities.subject:
        return ""
    known = missed.subject or way.subject or missed.case_subject
    return to_answer_subject(known) or subject_of(Line.UNDELIVERABLE, said.language)


async def _say_apart(
    work: UnitOfWork,
    keyring: Keyring,
    networks: Networks,
    root: int,
    step: StepRow,
    missed: MissedRow,
    way: Way,
) -> None:
    """Where the record itself is read, a line below says that the answer above came late."""
    reach = await replies.find_reach(
        work, root, way.rung.place_id, way.rung.identity_id, FULL_SIGHT
    )
    if reach is None:
        return
    voice = Voice(
        keyring=keyring, capabilities_of=networks.capabilities_of, wire_of=networks.wire_of
    )
    words = Words(
        root_id=root,
        reach=reach,
        line=Line.MOVED_HERE,
        key=f"ladder/{missed.message_id}/{step.number}",
        case_id=missed.case_id,
    )
    await say(work, voice, words)


async def _tell(
    work: UnitOfWork, root: int, missed: MissedRow, event: str, facts: Mapping[str, object]
) -> None:
    """A line in the conversation of whom it was for at first."""
    work.announce(Fact.MESSAGE_CHANGED, person=root, ref=missed.message_id)
    if missed.case_id is None:
        return
    line = await cases.insert_event(
        work,
        person_id=missed.person_id,
        case_id=missed.case_id,
        agent_id=None,
        event=event,
        facts={"case_id": missed.case_id, "message_id": missed.message_id, **facts},
    )
    work.announce(Fact.MESSAGE_CREATED, person=root, ref=line)
