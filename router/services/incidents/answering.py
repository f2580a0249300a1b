"""An answer to all cases of an incident, as the worker gives it: each case in a transaction of its
own, with what became of it, so that whoever dies in between says nothing twice."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from router.failpoints import failpoint
from router.services import audit, holding
from router.services.automation.acting import SYSTEM
from router.services.automation.actions import ActionFailed, Tools, record, text_there
from router.services.automation.doing import do_rest, load_subject
from router.services.automation.own_words import Words, say_words, try_words, was_told
from router.services.automation.subjects import Subject
from router.services.automation.terms import Action
from router.services.callers import Caller, find_agent
from router.services.case_values import check_filled
from router.services.cases import CaseChange, change_within
from router.services.errors import Conflict, NotFound, ServiceError
from router.services.outbound.leveling import noted
from router.services.roles import Permission
from router.services.snippets import SnippetText
from router.services.viewer import Viewer, viewer_of
from router.storage import cases as stored_cases
from router.storage import incident_answers as stored
from router.storage import macros, persons, replies
from router.storage.case_history import Cause
from router.storage.engine import Collision, Database, StatementRefused
from router.storage.incidents import tell
from router.storage.records import Record
from router.storage.sight import Sight
from router.storage.unit_of_work import UnitOfWork

BATCH = 10
"""Cases of one answer between two looks at the others."""
LOOKED_AHEAD = 1000
"""Cases of which one look finds that something of theirs has not gone out."""
CASES_OF_A_RUN = 100
"""Of a macro: that many are undone together, as when somebody ran it on them."""


_BEFORE: dict[str, Literal["open", "waiting"]] = {
    "open": "open",
    "snoozed": "open",
    "waiting": "waiting",
}
"""By what a case was before it was answered: what it is once that was taken back."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer says and does; it stays so, whatever becomes of its macro."""

    incident_id: int
    words: tuple[dict[str, SnippetText], ...]
    actions: tuple[Action, ...]
    only_unsolved: bool
    solves: bool


async def next_cases(database: Database, answer: Record) -> list[int]:
    """The next of this answer that are to be answered or, once it is stopped, taken back: of those
    some may have gone out by their turn."""
    async with database.reading() as work:
        if answer["state"] == "stopping":
            return await stored.recallable_cases(work, answer["id"], limit=LOOKED_AHEAD)
        return await stored.open_cases(work, answer["id"], limit=BATCH)


async def find_caller(database: Database, answer: Record) -> Caller | None:
    """Its agent as they stand now, seeing no more than when they began. None: they may not answer
    any more, and the answer is being stopped."""
    caller = await find_agent(database, answer["agent_id"])
    needed = {Permission.WRITE_CONVERSATIONS}
    if answer["solves"] or answer["macro_id"] is not None:
        needed.add(Permission.CHANGE_CASES)
    if caller is None or not needed <= caller.permissions:
        if answer["state"] == "running":
            async with database.transaction() as work:
                row = await stored.stop(work, answer["id"], because="left", agent_id=None)
                if row is not None:
                    about, facts = f"incidents/{row['incident_id']}", {"answer": answer["id"]}
                    await audit.record(work, SYSTEM, "incident.answer_stopped", about, facts)
        return None
    return _narrowed(caller, answer)


async def answer_case(
    database: Database, tools: Tools, caller: Caller, answer: Record, case_id: int
) -> None:
    """It is said there, or why not; nothing if somebody else did, or the answer was stopped."""
    try:
        await noted(
            database,
            _answer(database, tools, caller, answer, case_id),
            actor=caller.actor,
            subject=f"cases/{case_id}",
        )
    except Collision:
        raise  # It waits for its next turn.
    except StatementRefused:
        await give_up(database, answer["id"], case_id, "refused", "The database refuses it.")
    except (ServiceError, ActionFailed) as error:
        code = error.code if isinstance(error, ServiceError) else "refused"
        await give_up(database, answer["id"], case_id, code, str(error))


async def give_up(
    database: Database, answer_id: int, case_id: int, code: str, sentence: str
) -> None:
    """Nothing is said in this case, for this reason."""
    async with database.transaction() as work:
        step = await stored.lock_step(work, answer_id, case_id, state="running", step="waiting")
        if step is not None:
            await stored.put_step(work, answer_id, case_id, "failed", code=code, reason=sentence)


async def take_back(database: Database, answer: Record, case_id: int) -> None:
    """What was said there never goes out, as far as it has not; if none of it has, its case is open
    again or as before that, with those of its person in which nothing was said for that reason."""
    viewer = Viewer(answer["agent_id"], Sight(frozenset(answer["classes"])))
    try:
        async with database.transaction() as work:
            step = await _lock(work, answer["id"], case_id, state="stopping", step="done")
            if step is None:
                return
            if await _recall(work, viewer, step["message_ids"]):
                told = await stored.lock_told(work, answer["id"], case_id, step["message_ids"])
                for one in (step, *told):
                    await _put_back(work, viewer, answer, one)
            else:
                await stored.put_step(work, answer["id"], case_id, "done", code="too_late")
            await failpoint("answers.before_recall_commit")
    except Collision:
        raise
    except (ServiceError, StatementRefused):
        await let_be(database, answer, case_id)


async def _recall(work: UnitOfWork, viewer: Viewer, message_ids: Sequence[int]) -> bool:
    """Each that has not gone out, the last one first; whether none has."""
    is_all = True
    for message in reversed(message_ids):
        try:
            await holding.recall_within(work, viewer, message, may_decide=True, keeps_words=False)
        except Conflict as error:  # Raised before anything is written.
            if error.code != "too_late":
                raise
            is_all = False
    return is_all


async def _put_back(work: UnitOfWork, viewer: Viewer, answer: Record, step: Record) -> None:
    """Its case is what it was, if it still is what the answer made of it; one that was snoozed
    is open."""
    [case] = await stored_cases.load_cases(work, [step["case_id"]])
    before = _BEFORE.get(step["reason"])
    is_ours = case["state"] == ("solved" if answer["solves"] else "waiting") != before
    is_seen = case["merged_into_id"] is None and case["access_class"] in answer["classes"]
    if before is not None and is_ours and is_seen:
        change = CaseChange(state=before)
        await change_within(work, viewer, case["id"], change, cause=Cause.RECALLED)
    await stored.put_step(work, answer["id"], case["id"], "recalled")


async def let_be(database: Database, answer: Record, case_id: int) -> None:
    """It is too late to take back what was said there."""
    async with database.transaction() as work:
        step = await _lock(work, answer["id"], case_id, state="stopping", step="done")
        if step is not None:
            await stored.put_step(work, answer["id"], case_id, "done", code="too_late")


async def end(database: Database, answer: Record) -> None:
    """Nothing of it is left to do."""
    after = "stopped" if answer["state"] == "stopping" else "done"
    async with database.transaction() as work:
        await stored.end(work, answer["id"], answer["state"], after)


async def tell_progress(database: Database, answers: Sequence[Record]) -> None:
    """Let whoever looks at these incidents know how far it has come."""
    async with database.transaction() as work:
        tell(work, [one["incident_id"] for one in answers])


async def plan_words(work: UnitOfWork, caller: Caller, subject: Subject, plan: Plan) -> list[Words]:
    """All that is said, where the agent sees that they wrote last. Raises NotFound, Refused."""
    viewer, root = viewer_of(caller), subject.person.root_id
    reach = await replies.find_reach(work, root, None, None, viewer.sight)
    if reach is None:
        raise NotFound("They never wrote anywhere that takes an answer.")
    return [
        Words(
            number=number,
            reach=reach,
            text=await text_there(work, viewer, caller.name, subject, reach, texts),
        )
        for number, texts in enumerate(plan.words)
    ]


async def check_words(
    work: UnitOfWork,
    tools: Tools,
    caller: Caller,
    subject: Subject,
    planned: Sequence[Words],
    plan: Plan,
) -> None:
    """Nothing is written. Raises what `answer_case` would note down."""
    case = subject.case
    assert case is not None
    for one in planned:
        await try_words(work, tools, caller, subject, case.id, one)
    if plan.solves:
        await check_filled(work, viewer_of(caller), case.id, {})
    if await was_told(work, caller, subject, planned, plan.incident_id):
        raise Conflict("They were told so already.", code="told_already")


async def _answer(
    database: Database, tools: Tools, caller: Caller, answer: Record, case_id: int
) -> None:
    plan = msgspec.convert(dict(answer), Plan)
    async with database.transaction() as work:
        if await _lock(work, answer["id"], case_id, state="running", step="waiting") is None:
            return
        subject = await load_subject(work, tools, caller, case_id)
        _check_case(subject, plan)
        planned = await plan_words(work, caller, subject, plan)
        said = await stored.told_by(work, answer["id"], subject.person.root_id)
        is_told = bool(said) or await was_told(work, caller, subject, planned, plan.incident_id)
        key = f"answer/{answer['id']}/{case_id}"
        if not is_told:
            said = await _say(work, tools, caller, subject, planned, key)
        did = []
        if plan.actions:
            run = await macros.open_next_run(
                work,
                answer["macro_id"],
                caller.agent_id,
                f"answer/{answer['id']}/",
                str(case_id),
                most=CASES_OF_A_RUN,
            )
            did = await do_rest(work, tools, caller, plan.actions, run, case_id, key)
        if plan.solves:
            await change_within(work, viewer_of(caller), case_id, CaseChange(state="solved"))
        state = "told" if is_told else "done"
        before = "" if subject.case is None else subject.case.state
        await stored.put_step(work, answer["id"], case_id, state, reason=before, message_ids=said)
        await record(work, caller.actor, did)
        await failpoint("answers.before_commit")


def _check_case(subject: Subject, plan: Plan) -> None:
    """Raises Conflict."""
    case = subject.case
    if case is None or case.incident_id != plan.incident_id:
        raise Conflict("It is no case of this incident any more.", code="moved_on")
    if plan.only_unsolved and case.state == "solved":
        raise Conflict("It was solved before its turn came.", code="solved_before")


async def _say(
    work: UnitOfWork,
    tools: Tools,
    caller: Caller,
    subject: Subject,
    planned: Sequence[Words],
    key: str,
) -> list[int]:
    """As the agent's own, to be recalled as long as one that they write; the messages."""
    case = subject.case
    assert case is not None
    viewer = viewer_of(caller)
    said = []
    for one in planned:
        hold = await holding.hold_of(
            work, viewer, one.reach.account_id, tools.voice.capabilities_of
        )
        said.append(await say_words(work, tools, caller, subject, case.id, one, key=key, hold=hold))
    return said


async def _lock(
    work: UnitOfWork, answer_id: int, case_id: int, *, state: str, step: str
) -> Record | None:
    """The step, under the lock of whoever's case it is."""
    person = await stored_cases.person_of_case(work, case_id)
    if person is not None:
        await persons.lock_root(work, person)
    return await stored.lock_step(work, answer_id, case_id, state=state, step=step)


def _narrowed(caller: Caller, answer: Record) -> Caller:
    seen = caller.access_classes & frozenset(answer["classes"])
    return Caller(
        agent_id=caller.agent_id,
        name=caller.name,
        role=caller.role,
        permissions=caller.permissions,
        team_ids=caller.team_ids,
        access_classes=seen,
    )
