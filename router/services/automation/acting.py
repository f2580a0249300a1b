"""One occasion: the rules that hold on it act in their order, each for itself, and are explained.

Everything is one transaction with how far rules have come, so that an occasion is met exactly once.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import msgspec
import structlog

from router.failpoints import failpoint
from router.services import audit
from router.services.automation import actions
from router.services.automation.actions import Acting, ActionFailed, Did, Tools
from router.services.automation.book import Rule
from router.services.automation.judging import judge, runs_on
from router.services.automation.shapes import Judged
from router.services.automation.subjects import Subject
from router.services.viewer import Viewer
from router.storage import cases, rule_runs, rules
from router.storage.engine import StatementRefused
from router.storage.rule_runs import NewRun
from router.storage.sight import Sight
from router.storage.unit_of_work import Fact, UnitOfWork

LONGEST_CHAIN = 4
"""Rules that may lead to each other: on what the last of them caused no rule runs."""
WINDOW = timedelta(hours=1)
"""Of the limits on how often a rule runs."""
SYSTEM = "system"
Reload = Callable[[], Awaitable[Subject | None]]
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Occasion:
    """What rules are asked about, under the conversation's lock."""

    subject: Subject
    reload: Reload
    """The same as it stands after a rule changed it."""
    key: str
    """Unlike that of every other occasion."""
    position: int | None = None
    depth: int = 0
    """How long the chain is that led here."""
    caused: list[tuple[str, int, int]] = field(default_factory=list)
    """Facts (kind, ref) with the run that made them."""
    announced: list[tuple[str, int | None, int | None]] = field(default_factory=list)
    audits: list[tuple[int, dict[str, str | int]]] = field(default_factory=list)
    """Rules that were stopped."""
    done: list[tuple[str, Sequence[Did]]] = field(default_factory=list)
    """What was done, each with its actor."""


def candidates(found: Sequence[Rule], subject: Subject) -> list[Rule]:
    """Those whose occasion it is and whose conditions hold: the one look that decides."""
    return [one for one in found if look(one, subject) is not None]


def look(rule: Rule, subject: Subject) -> Judged | None:
    """How the conditions came out. None: it does not run."""
    if not runs_on(rule.definition.when, subject):
        return None
    if not _is_seen(rule, subject):
        return None
    judged = judge(rule.definition.condition, subject)
    return judged if judged.held else None


def _is_seen(rule: Rule, subject: Subject) -> bool:
    """Whether its author saw this case; without one, the conversation."""
    if subject.case is not None:
        return subject.case.access_class in rule.classes
    classes = subject.person.classes
    return not classes or not classes.isdisjoint(rule.classes)


async def act(work: UnitOfWork, tools: Tools, found: Sequence[Rule], occasion: Occasion) -> int:
    """Let these rules run, in order; how many did. One that says stop is the last."""
    before = await rule_runs.newest_outbox_id(work)
    runs = 0
    for rule in found:
        judged = look(rule, occasion.subject)
        if judged is None:
            continue
        runs += 1
        if await _run(work, tools, rule, occasion, judged):
            break
        await failpoint("automation.between_rules")
        again = await occasion.reload()
        if again is None:
            break
        occasion.subject = replace(
            again, happenings=occasion.subject.happenings, chain=occasion.subject.chain
        )
    await _announce(work, occasion, before)
    return runs


async def _run(
    work: UnitOfWork, tools: Tools, rule: Rule, occasion: Occasion, judged: Judged
) -> bool:
    """Whether no further rule shall run."""
    if rule.id in occasion.subject.chain or occasion.depth >= LONGEST_CHAIN:
        because = (
            "It would run on what it caused itself."
            if rule.id in occasion.subject.chain
            else f"{occasion.depth} rules led to each other already."
        )
        await _note_run(work, rule, occasion, "looped", judged, because=because)
        return False
    over = await _why_too_often(work, rule, occasion)
    if over:
        await _stop(work, rule, occasion, judged, over)
        return False
    try:
        async with rule_runs.contained(work):
            did = await actions.perform(
                work, tools, acting_of(rule, occasion), occasion.subject, rule.definition.then
            )
    except (ActionFailed, StatementRefused) as error:
        await _note_failed(work, rule, occasion, judged, error)
        return False
    occasion.done.append((acting_of(rule, occasion).actor, did))
    await _note_run(work, rule, occasion, "done", judged, did=did)
    return any(one.came == "stopped" for one in did)


def acting_of(rule: Rule, occasion: Occasion) -> Acting:
    return Acting(
        viewer=Viewer(rule.agent_id, Sight(rule.classes)),
        name=rule.name,
        actor=f"rules/{rule.id}",
        key=f"rule/{rule.id}/{occasion.key}",
        rule_id=rule.id,
    )


async def _why_too_often(work: UnitOfWork, rule: Rule, occasion: Occasion) -> str:
    case = occasion.subject.case
    of_case, in_all = await rule_runs.count_within(
        work, rule.id, None if case is None else case.id, WINDOW
    )
    if case is not None and of_case >= rule.definition.most_per_case:
        return f"It ran {of_case} times within an hour on case {case.id}."
    if in_all >= rule.definition.most_in_all:
        return f"It ran {in_all} times within an hour."
    return ""


async def _stop(
    work: UnitOfWork, rule: Rule, occasion: Occasion, judged: Judged, because: str
) -> None:
    """Off, with a note in the case that names the admins, and an entry in the audit log."""
    await rules.switch(work, rule.id, is_on=False, because=because)
    subject = occasion.subject
    await actions.write_note(
        work,
        root_id=subject.person.root_id,
        case_id=None if subject.case is None else subject.case.id,
        author=rule.name,
        text=f"The rule “{rule.name}” was stopped. {because} Look at it before it goes on.",
        rule_id=rule.id,
        agents=await rules.admins(work),
    )
    await _note_run(work, rule, occasion, "stopped", judged, because=because)
    occasion.audits.append((rule.id, {"version": rule.version}))
    log.warning("rule.stopped", rule=rule.id)


async def _note_failed(
    work: UnitOfWork,
    rule: Rule,
    occasion: Occasion,
    judged: Judged,
    error: ActionFailed | StatementRefused,
) -> None:
    because, number = "The database refuses it.", None
    if isinstance(error, ActionFailed):
        because, number = str(error), error.number
    await _note_run(work, rule, occasion, "failed", judged, because=because, number=number)
    log.info("rule.failed", rule=rule.id, fault=type(error).__name__)


async def _note_run(
    work: UnitOfWork,
    rule: Rule,
    occasion: Occasion,
    outcome: str,
    judged: Judged,
    *,
    did: Sequence[Did] = (),
    because: str = "",
    number: int | None = None,
) -> None:
    """The run, a line in the case of one that acted or failed, and what it caused."""
    subject = occasion.subject
    explained = {
        "when": msgspec.to_builtins(rule.definition.when),
        "judged": msgspec.to_builtins(judged),
        "did": msgspec.to_builtins(list(did)),
        "because": because,
        "failed_action": number,
    }
    run = await rule_runs.insert_run(
        work,
        NewRun(
            rule_id=rule.id,
            version=rule.version,
            position=occasion.position,
            person_id=subject.person.root_id,
            case_id=None if subject.case is None else subject.case.id,
            message_id=None if subject.message is None else subject.message.id,
            outcome=outcome,
            chain=(*subject.chain, rule.id),
            explained=explained,
        ),
    )
    if outcome in ("done", "failed") and subject.case is not None:
        line = await cases.insert_event(
            work,
            person_id=subject.person.root_id,
            case_id=subject.case.id,
            agent_id=None,
            event="rule_ran" if outcome == "done" else "rule_failed",
            facts={"case_id": subject.case.id, "run_id": run, "version": rule.version},
        )
        work.announce(Fact.MESSAGE_CREATED, person=subject.person.root_id, ref=line)
    await _take_caused(work, rule, occasion, run)


async def _take_caused(work: UnitOfWork, rule: Rule, occasion: Occasion, run: int) -> None:
    """What the run announced is told at the end, once, with the run as its cause; not as that of
    what the queue then gave to whoever has room again."""
    root = occasion.subject.person.root_id
    kinds, persons, refs, *_ = work.take_announced()
    told = list(zip(kinds, persons, refs, strict=True))  # type: ignore[call-overload]  # three lists
    occasion.announced += told
    occasion.caused += [(kind, ref, run) for kind, person, ref in told if ref and person == root]
    lines = [ref for kind, person, ref in told if kind == Fact.MESSAGE_CREATED and person == root]
    await rule_runs.sign_lines(work, lines, rule_id=rule.id, name=rule.name)


async def _announce(work: UnitOfWork, occasion: Occasion, before: int) -> None:
    for kind, person, ref in dict.fromkeys(occasion.announced):
        work.announce(Fact(kind), person=person, ref=ref)
    if occasion.caused:
        await work.flush()
        roots = {person for _, person, _ in occasion.announced if person is not None}
        await rule_runs.note_causes(work, roots, before, occasion.caused)
    for actor, did in occasion.done:
        await actions.record(work, actor, did)
    for rule_id, facts in occasion.audits:
        await audit.record(work, SYSTEM, "rule.stopped", f"rules/{rule_id}", facts)
