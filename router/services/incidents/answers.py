"""An answer to all cases of an incident, as agents ask for it: tried out, begun, read, stopped."""

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from core.messages import scrub
from router.services import audit
from router.services.automation import macros
from router.services.automation.actions import Tools
from router.services.automation.doing import load_subject
from router.services.automation.filling import in_language, pinned, stands_in
from router.services.automation.terms import SayCanned, Stop
from router.services.bulk.jobs import Reason
from router.services.callers import Caller
from router.services.errors import Conflict, Forbidden, NotFound, Refused, ServiceError
from router.services.incidents.answering import Plan, check_words, plan_words
from router.services.incidents.shapes import (
    AnswerAsked,
    AnswerFailure,
    AnswerFailures,
    AnswerPreview,
    AnswerWanted,
    IncidentAnswer,
    IncidentAnswers,
)
from router.services.outbound.writing import checked_text
from router.services.roles import Permission
from router.services.shown.names import named
from router.services.snippets import MAX_TEXT, SnippetText
from router.services.viewer import viewer_of
from router.storage import incident_answers as stored
from router.storage import incidents, snippets
from router.storage.engine import Database
from router.storage.incident_answers import AnswerRow, NewAnswer
from router.storage.records import Record
from router.storage.unit_of_work import UnitOfWork

MOST_TRIED = 50
EXAMPLES = 4
PUBLIC_TEXT = "incident.text"
SHOWN = 5


async def preview(
    database: Database, tools: Tools, caller: Caller, incident_id: int, asked: AnswerAsked
) -> AnswerPreview:
    """Nothing is written. Raises NotFound, Refused, Forbidden."""
    async with database.reading() as work:
        plan = await _plan(work, caller, incident_id, asked)
        cases = await _cases(work, caller, incident_id, asked)
        first: dict[int, int] = {}
        for row in cases:
            first.setdefault(row["root_id"], row["id"])
        texts: list[str] = []
        reasons: Counter[str] = Counter()
        tried = list(first.values())[:MOST_TRIED]
        for case_id in tried:
            try:
                subject = await load_subject(work, tools, caller, case_id)
                planned = await plan_words(work, caller, subject, plan)
                await check_words(work, tools, caller, subject, planned, plan)
                texts += [one.text.text for one in planned]
            except ServiceError as error:
                reasons[str(error)] += 1
    return AnswerPreview(
        cases=len(cases),
        conversations=len(first),
        looked=len(tried),
        cannot=reasons.total(),
        texts=tuple(dict.fromkeys(texts))[:EXAMPLES],
        reasons=tuple(Reason(sentence=why, count=n) for why, n in reasons.most_common(SHOWN)),
        stamp=_stamp(plan),
    )


async def begin(
    database: Database, caller: Caller, incident_id: int, wanted: AnswerWanted
) -> IncidentAnswer:
    """A worker gives it from now on, once in each conversation. The same client key again is the
    same answer.

    Raises NotFound, Refused, Forbidden (solving and macros are for who changes cases), Conflict
    `answering` (another one of this incident is under way), `key_used`, `moved_on` (its stamp).
    """
    sight = viewer_of(caller).sight
    async with database.transaction() as work:
        if await incidents.lock(work, incident_id) is None:
            raise _no_incident(incident_id)
        known = await stored.find_by_key(work, caller.agent_id, wanted.client_key)
        if known is not None:
            if not await _is_same(work, caller, known, incident_id, wanted):
                raise Conflict("Another answer was begun with this key.", code="key_used")
            return await _load(work, caller, known["id"])
        plan = await _plan(work, caller, incident_id, wanted)
        if wanted.stamp is not None and wanted.stamp != _stamp(plan):
            raise Conflict("It would say or do something else by now.", code="moved_on")
        cases = await _cases(work, caller, incident_id, wanted)
        if not cases:
            raise Refused("There is no case in it to answer.", code="empty")
        new = NewAnswer(
            incident_id=incident_id,
            agent_id=caller.agent_id,
            macro_id=wanted.macro_id,
            client_key=wanted.client_key,
            words=msgspec.to_builtins(plan.words),
            actions=msgspec.to_builtins(plan.actions),
            classes=sight.listed,
            only_unsolved=wanted.only_unsolved,
            solves=wanted.solves,
        )
        made = await stored.insert(work, new, [row["id"] for row in cases])
        if made is None:
            raise Conflict("Its cases are being answered already.", code="answering")
        shown = await _load(work, caller, made)
        facts: dict[str, int | str] = {
            "answer": made,
            "cases": len(cases),
            "solves": int(wanted.solves),
        }
        await audit.record(work, caller.actor, "incident.answered", _about(incident_id), facts)
        return shown


async def stop(database: Database, caller: Caller, answer_id: int) -> IncidentAnswer:
    """No further case is answered, and what has not gone out is taken back by the worker, as one
    answer would be. Raises NotFound, Conflict `not_running`."""
    async with database.transaction() as work:
        await _load(work, caller, answer_id)
        row = await stored.stop(work, answer_id, because="by_hand", agent_id=caller.agent_id)
        if row is None:
            raise Conflict("It is over, or was stopped already.", code="not_running")
        shown = await _load(work, caller, answer_id)
        about, facts = _about(row["incident_id"]), {"answer": answer_id}
        await audit.record(work, caller.actor, "incident.answer_stopped", about, facts)
        return shown


async def list_answers(
    database: Database, caller: Caller, incident_id: int, known: Collection[int] = ()
) -> IncidentAnswers:
    """Of whoever began them, without those known that have ended. Raises NotFound."""
    async with database.reading() as work:
        if await incidents.find(work, incident_id) is None:
            raise _no_incident(incident_id)
        sight = viewer_of(caller).sight
        rows = await stored.newest_of(work, incident_id, sight, known=known, limit=SHOWN)
    return IncidentAnswers(answers=tuple(map(_shown, rows)))


async def list_failures(
    database: Database, caller: Caller, answer_id: int, *, after: int, limit: int
) -> AnswerFailures:
    """Where nothing was said, and why. Raises NotFound."""
    async with database.reading() as work:
        await _load(work, caller, answer_id)
        sight = viewer_of(caller).sight
        rows = await stored.failures_of(work, answer_id, sight, after, limit=limit)
    found = tuple(
        AnswerFailure(
            case_id=row["case_id"],
            conversation_id=row["root_id"],
            person_name=row["display_name"],
            code=row["code"],
            sentence=row["reason"],
        )
        for row in rows
    )
    return AnswerFailures(failures=found, after=found[-1].case_id if len(found) == limit else None)


async def _is_same(
    work: UnitOfWork, caller: Caller, known: Record, incident_id: int, wanted: AnswerWanted
) -> bool:
    """Whether the one that was begun is the one asked for. A macro may have changed since."""
    asked = (incident_id, wanted.macro_id, wanted.only_unsolved, wanted.solves)
    names = ("incident_id", "macro_id", "only_unsolved", "solves")
    if asked != tuple(known[name] for name in names):
        return False
    if wanted.macro_id is not None:
        return True
    plan = await _plan(work, caller, incident_id, wanted)
    return bool(msgspec.json.decode(msgspec.json.encode(plan.words)) == known["words"])


async def _plan(work: UnitOfWork, caller: Caller, incident_id: int, asked: AnswerAsked) -> Plan:
    """What is said and done, as it stands now. Raises NotFound, Refused, Forbidden."""
    if (asked.macro_id is not None or asked.solves) and (
        Permission.CHANGE_CASES not in caller.permissions
    ):
        raise Forbidden("Only who changes cases does that.")
    text = scrub(asked.text).strip()
    if (asked.macro_id is None) == (not text):
        raise Refused("Either a text or a macro.", code="empty", field="text")
    if asked.macro_id is None:
        words: list[dict[str, Any]] = [{"en": {"text": checked_text("new", text, (), ()).text}}]
        return await _to_plan(work, incident_id, words, [], asked)
    macro = await macros.find_for(work, caller, asked.macro_id)
    words = []
    for action in macro.actions:
        if isinstance(action, SayCanned):
            row = await snippets.find_snippet(work, action.snippet_id)
            if row is None:
                raise Refused("A canned reply of it is gone.", code="unknown", field="macro_id")
            words.append(row["texts"])
    if not words:
        raise Refused("This macro says nothing.", code="empty", field="macro_id")
    rest = [one for one in macro.actions if not isinstance(one, SayCanned | Stop)]
    return await _to_plan(work, incident_id, words, msgspec.to_builtins(rest), asked)


async def _to_plan(
    work: UnitOfWork,
    incident_id: int,
    words: list[dict[str, Any]],
    actions: list[Any],
    asked: AnswerAsked,
) -> Plan:
    """With what people may be told of the incident as it stands now. Raises Refused."""
    plan = msgspec.convert(
        {
            "incident_id": incident_id,
            "words": words,
            "actions": actions,
            "only_unsolved": asked.only_unsolved,
            "solves": asked.solves,
        },
        Plan,
    )
    public = await incidents.public_texts_of(work, incident_id)
    return msgspec.structs.replace(
        plan, words=tuple(_with_public(texts, public) for texts in plan.words)
    )


def _with_public(
    texts: dict[str, SnippetText], public: Mapping[str, str]
) -> dict[str, SnippetText]:
    """In each language of either. Raises Refused where that is too long. Pure."""
    if not public or not any(stands_in(one, PUBLIC_TEXT) for one in texts.values()):
        return texts
    both = {
        tag: pinned(in_language(texts, tag), PUBLIC_TEXT, in_language(public, tag))
        for tag in sorted({*texts, *public})
    }
    if any(len(one.text) > MAX_TEXT for one in both.values()):
        raise Refused("With what people may be told it is too long.", code="too_long")
    return both


async def _cases(
    work: UnitOfWork, caller: Caller, incident_id: int, asked: AnswerAsked
) -> list[Record]:
    if await incidents.find(work, incident_id) is None:
        raise _no_incident(incident_id)
    sight = viewer_of(caller).sight
    return await stored.cases_for(work, incident_id, sight, only_unsolved=asked.only_unsolved)


def _stamp(plan: Plan) -> str:
    """The same for the same words and actions. Pure."""
    return hashlib.sha256(msgspec.json.encode((plan.words, plan.actions))).hexdigest()


async def _load(work: UnitOfWork, caller: Caller, answer_id: int) -> IncidentAnswer:
    row = await stored.find(work, answer_id, viewer_of(caller).sight)
    if row is None:
        raise NotFound(f"There is no answer {answer_id} to an incident.")
    return _shown(row)


def _shown(row: AnswerRow) -> IncidentAnswer:
    plain = {
        name: getattr(row, name)
        for name in IncidentAnswer.__struct_fields__
        if name not in ("agent", "stopped_by", "texts")
    }
    texts = [(one.get("en") or next(iter(one.values())))["text"] for one in row.words]
    return msgspec.convert(
        {
            **plain,
            "texts": texts,
            "agent": named(row.agent_id, row.agent_name),
            "stopped_by": named(row.stopped_by_id, row.stopped_by_name),
        },
        IncidentAnswer,
    )


def _about(incident_id: int) -> str:
    return f"incidents/{incident_id}"


def _no_incident(incident_id: int) -> NotFound:
    return NotFound(f"There is no incident {incident_id}.")
