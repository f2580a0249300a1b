"""A danger is told to agents who are there; where none of them comes, to supervisors."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from router.assist.findings import GRAVE, LONGEST
from router.failpoints import failpoint
from router.services.assignment.duty import off_duty
from router.services.roles import PERMISSIONS, Permission, Role, classes_of
from router.services.triage.words import words_of
from router.services.viewer import Viewer
from router.storage import agent_desks, cases, persons
from router.storage import danger_pages as stored
from router.storage.engine import Database
from router.storage.records import Record
from router.storage.unit_of_work import Fact, UnitOfWork

PAGED = frozenset(
    {"stolen_account", "unknown_login", "lost_two_factor", "withdrawal_stuck", "duress"} | GRAVE
)
"""Of which minutes count. Of those in GRAVE supervisors hear at once, beside whoever else is told,
whatever else was told of the case, and however many others were told lately."""
NEWS = timedelta(days=1)
"""What was said before that is nobody's to run for."""
MOST_TOLD = 50
MANY, LATELY = 20, timedelta(minutes=10)
"""Once so many were told lately, supervisors hear of the next one, and only owners of the others:
whoever writes in hundreds of names keeps nobody from a real one. Of a life supervisors hear LATELY
afterwards, if nobody has come. Counted apart: neither kind hides the other."""
BATCH = 50
TOLD, ESCALATED = "danger_told", "danger_escalated"


async def page(
    work: UnitOfWork,
    found: Record,
    *,
    escalate_after: timedelta | None,
    is_named: bool = False,
) -> bool:
    """Tell it, once for a message and while no other one of the case is told; whether it was. While
    that is of a life, one of another kind is told beside it.

    To the owner if they are there, else to those of the team who are, else to all who are there
    and may see it; where nobody is, or a life is at stake, to supervisors at once. `is_named`: a
    supervisor says it, which is news whatever its age, takes the place of what is told, and is
    none of the many. Under the conversation's lock.
    """
    if not is_named and work.now() - found["received_at"] > NEWS:
        return False
    is_grave = found["danger"] in GRAVE
    running = await stored.find_of_case(work, found["case_id"])
    is_open = running is not None and not _is_over(running)
    gives_way = is_named or (running is not None and is_grave and _gives_way(running))
    if running is not None and is_open and not gives_way:
        return await _tell_beside(work, found, running)
    told, is_escalated = await _whom(work, found, is_named=is_named)
    due = None if escalate_after is None or is_escalated else work.now() + escalate_after
    if is_grave and not told:
        is_escalated, due = False, work.now() + LATELY
    if running is not None:
        if is_open and not told and _is_due_by(running, work.now() + LATELY):
            return False
        await (stored.end if is_open else stored.end_answered)(work, running["id"])
    if not await stored.begin(
        work,
        case_id=found["case_id"],
        message_id=found["message_id"],
        danger=found["danger"],
        told=told,
        escalate_at=due,
        is_escalated=is_escalated,
    ):
        return False
    if not told and not is_grave:
        # So the next one of the case looks again for somebody.
        await stored.end_of_case(work, found["case_id"])
    await _tell(work, found, TOLD, told)
    also = _also(found)
    if also is not None and told:
        await _tell(work, found, TOLD, told, danger=also)
    return True


async def _tell_beside(work: UnitOfWork, found: Record, running: Record) -> bool:
    """Of another danger of a case in which a life is told, once for each kind; whether it was.

    To supervisors too: the page that runs is of the life, and nothing comes of this one later.
    """
    if running["danger"] not in GRAVE:
        return False
    danger = _also(found) if found["danger"] in GRAVE else found["danger"]
    if danger is None or await stored.was_told(work, running, danger):
        return False
    told, _ = await _whom(work, found)
    if told:
        told = sorted({*told, *_leads(await _desks(work, found["access_class"]))})
    if not await stored.begin(
        work,
        case_id=found["case_id"],
        message_id=found["message_id"],
        danger=danger,
        told=told,
        escalate_at=None,
        is_escalated=True,
        is_over=True,
    ):
        return False
    await _tell(work, found, TOLD, told, danger=danger)
    return True


def _also(found: Record) -> str | None:
    """What the rules find beside a life in the same words, which are given one danger."""
    from router.assist.lexicon import lexicon

    if found["danger"] not in GRAVE:
        return None
    said = words_of(found["subject"], found["text"])[:LONGEST]
    ruled = lexicon().danger(said, but=GRAVE)
    return ruled[0] if ruled is not None and ruled[0] in PAGED else None


async def _whom(
    work: UnitOfWork, found: Record, *, is_named: bool = False
) -> tuple[list[int], bool]:
    """Whom it is told to, and whether there is nobody left to tell later."""
    is_grave = found["danger"] in GRAVE
    lately = await stored.count_recent(
        work, work.now() - LATELY, dangers=GRAVE if is_grave else PAGED - GRAVE
    )
    if is_named:
        lately = 0
    if lately > MANY and found["owner_id"] is None:
        return [], True
    desks = await _desks(work, found["access_class"])
    away = await off_duty(work, [row["agent_id"] for row in desks], work.now())
    told = _on_duty([row for row in desks if row["agent_id"] not in away], found)
    if is_grave and lately <= MANY:
        return sorted({*told, *_leads(desks)}), False
    if lately < MANY or told == [found["owner_id"]]:
        return (told, False) if told else (_leads(desks), True)
    return ([], True) if lately > MANY else (_leads(desks), True)


def _gives_way(page: Record) -> bool:
    """To a life, though nobody has come: it is of something else, or nobody was told yet."""
    return page["danger"] not in GRAVE or not page["told"]


def _is_due_by(page: Record, instant: datetime) -> bool:
    """Supervisors are still to hear of it, by then at the latest."""
    due = page["escalate_at"]
    return page["escalated_at"] is None and due is not None and due <= instant


def _is_over(page: Record) -> bool:
    """Somebody has come, or nothing is left to do. What a rule put off is not over, nor what an
    agent restricts: others are to see it now.
    """
    return bool(page["is_answered"]) or page["state"] == "solved"


async def running_for(work: UnitOfWork, viewer: Viewer) -> list[Record]:
    """Of which the viewer was told, and to which nobody has come; lives first, then the newest.
    What was told beside a life is there as long as that is.
    """
    since = work.now() - NEWS
    rows = [
        *await stored.told_to(work, viewer.agent_id, since, first=GRAVE),
        *await stored.told_beside(work, viewer.agent_id, since, dangers=GRAVE),
    ]
    seen = [row for row in rows if row["access_class"] in viewer.sight.classes]
    return sorted(
        (row for row in seen if not _is_over(row)),
        key=lambda row: (row["danger"] not in GRAVE, -row["id"]),
    )


async def due(database: Database) -> list[tuple[int, int]]:
    """(page, person) of those to which nobody has come in time; one batch."""
    async with database.reading() as work:
        return await stored.due(work, limit=BATCH)


async def escalate(database: Database, page_id: int, person_id: int) -> bool:
    """Tell supervisors, unless somebody at the desk has come meanwhile; whether they were told.

    Any number of callers at once tell it once.
    """
    async with database.transaction() as work:
        await persons.lock_root(work, person_id)
        found = await stored.find(work, page_id)
        if found is None or found["escalated_at"] is not None:
            return False
        if _is_over(found):
            await stored.end(work, page_id)
            work.announce(Fact.FINDING_CHANGED, person=found["root_id"], ref=found["message_id"])
            return False
        told = _leads(await _desks(work, found["access_class"]))
        await stored.escalate(work, page_id, told)
        await _tell(work, found, ESCALATED, told)
        await failpoint("before_escalation_commit")
    return True


async def _desks(work: UnitOfWork, access_class: str) -> list[Record]:
    """Of those who may answer, and see such cases."""
    return [
        row
        for row in await agent_desks.load(work)
        if Permission.WRITE_CONVERSATIONS in _permissions(row) and access_class in classes_of(row)
    ]


def _permissions(row: Record) -> frozenset[Permission]:
    return PERMISSIONS[Role(row["role"])]


def _on_duty(desks: Sequence[Record], found: Record) -> list[int]:
    there = [row for row in desks if row["availability"] in ("online", "busy")]
    wanted: tuple[Callable[[Mapping[str, Any]], bool], ...] = (
        lambda row: row["agent_id"] == found["owner_id"],
        lambda row: found["team_id"] in row["team_ids"],
        lambda row: True,
    )
    for is_asked in wanted:
        told = sorted(row["agent_id"] for row in there if is_asked(row))
        if told:
            return told[:MOST_TOLD]
    return []


def _leads(desks: Sequence[Record]) -> list[int]:
    """Supervisors and above, there or not."""
    leads = [row for row in desks if Permission.CHANGE_QUEUE in _permissions(row)]
    return sorted(row["agent_id"] for row in leads)[:MOST_TOLD]


async def _tell(
    work: UnitOfWork,
    found: Record,
    event: str,
    told: Sequence[int],
    *,
    danger: str | None = None,
) -> None:
    line = await cases.insert_event(
        work,
        person_id=found["root_id"],
        case_id=found["case_id"],
        agent_id=None,
        event=event,
        facts={
            "case_id": found["case_id"],
            "danger": danger or found["danger"],
            "message_id": found["message_id"],
            "told": list(told),
        },
    )
    # The message itself is what they are to read: a line is never read past.
    await stored.name(work, found["message_id"], told)
    work.announce(Fact.MESSAGE_CREATED, person=found["root_id"], ref=line)
