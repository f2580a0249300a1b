"""What an agent promises by when, and what a case owes: shown, made, ended."""

from datetime import timedelta

from core.messages import scrub
from core.targets import Ending, Target
from router.services.deadlines.deriving import derive_cases, load_plans
from router.services.deadlines.shapes import CaseDeadlines, NewPromise, Owed, PromiseEnd
from router.services.errors import Conflict, NotFound, Refused
from router.services.viewer import Viewer
from router.storage import cases, persons, promises
from router.storage import deadlines as stored
from router.storage.engine import Database
from router.storage.records import Record
from router.storage.unit_of_work import Fact, UnitOfWork

FARTHEST = timedelta(days=366)


async def list_of_case(database: Database, viewer: Viewer, case_id: int) -> CaseDeadlines:
    """As far as the follower has come. Raises NotFound."""
    async with database.reading() as work:
        await _load_seen(work, viewer, case_id)
        return await _shown(work, case_id)


async def promise(
    database: Database, viewer: Viewer, case_id: int, wanted: NewPromise
) -> CaseDeadlines:
    """It stands in the conversation, whoever owns the case later; one that runs and is equal is
    the same one. Raises NotFound, Refused.
    """
    async with database.transaction() as work:
        root = await _lock(work, await cases.person_of_case(work, case_id), case_id)
        case = await _load_seen(work, viewer, case_id)
        if not work.now() < wanted.due_at <= work.now() + FARTHEST:
            sentence = "A promise is for a time to come, within a year."
            raise Refused(sentence, code="bad_time", field="due_at")
        words = scrub(wanted.words).strip()
        equal = (viewer.agent_id, wanted.due_at, words, None)
        for known in await promises.promises_of(work, [case_id]):
            if tuple(known[key] for key in ("agent_id", "due_at", "words", "ended_at")) == equal:
                return await _shown(work, case_id)
        due_at = wanted.due_at.isoformat()
        line = await _note(work, viewer, case, root, "promise_made", {"due_at": due_at})
        await promises.insert_promise(
            work, message_id=line, agent_id=viewer.agent_id, words=words, due_at=wanted.due_at
        )
        await derive_cases(work, await load_plans(work), [case_id])
        return await _shown(work, case_id)


async def end_promise(
    database: Database, viewer: Viewer, promise_id: int, wanted: PromiseEnd
) -> CaseDeadlines:
    """Kept, or taken back. Doing it twice does it once. Raises NotFound, Conflict."""
    async with database.transaction() as work:
        known = await promises.find_promise(work, promise_id)
        if known is None:
            raise _unknown(promise_id)
        root = await _lock(work, known["person_id"], promise_id)
        known = await promises.find_promise(work, promise_id)
        if known is None or known["access_class"] not in viewer.sight.classes:
            raise _unknown(promise_id)
        case_id = int(known["case_id"])
        if known["ending"] not in (None, wanted.ending):
            raise Conflict("It has ended already.", code="already_ended")
        if known["ending"] is None:
            [case] = await cases.load_cases(work, [case_id])
            await promises.end_promise(work, promise_id, wanted.ending, viewer.agent_id)
            await _note(work, viewer, case, root, f"promise_{wanted.ending}", {})
            await derive_cases(work, await load_plans(work), [case_id])
        return await _shown(work, case_id)


async def _lock(work: UnitOfWork, person_id: int | None, sought: int) -> int:
    root = None if person_id is None else await persons.lock_root(work, person_id)
    if root is None:
        raise NotFound(f"There is no case {sought}.")
    return root


def _unknown(promise_id: int) -> NotFound:
    return NotFound(f"There is no promise {promise_id}.")


async def _load_seen(work: UnitOfWork, viewer: Viewer, case_id: int) -> Record:
    found = await cases.load_cases(work, [case_id])
    if not found or found[0]["access_class"] not in viewer.sight.classes:
        raise NotFound(f"There is no case {case_id}.")
    return found[0]


async def _note(
    work: UnitOfWork, viewer: Viewer, case: Record, root: int, event: str, facts: dict[str, str]
) -> int:
    line = await cases.insert_event(
        work,
        person_id=case["person_id"],
        case_id=case["id"],
        agent_id=viewer.agent_id,
        event=event,
        facts={"agent_id": viewer.agent_id, "case_id": case["id"], **facts},
    )
    work.announce(Fact.MESSAGE_CREATED, person=root, ref=line)
    return line


async def _shown(work: UnitOfWork, case_id: int) -> CaseDeadlines:
    words = {row["id"]: row["words"] for row in await promises.promises_of(work, [case_id])}
    return CaseDeadlines(
        deadlines=tuple(
            Owed(
                target=Target(row.target),
                ref=row.ref,
                policy=row.policy,
                started_at=row.started_at,
                due_at=row.due_at,
                remaining_seconds=row.remaining_seconds,
                ended_at=row.ended_at,
                ending=None if row.ending is None else Ending(row.ending),
                breached_at=row.breached_at,
                words=words.get(row.ref, "") if row.target == Target.PROMISE else "",
            )
            for row in await stored.deadlines_of(work, [case_id])
        )
    )
