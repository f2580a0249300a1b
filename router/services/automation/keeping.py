"""Rules as admins keep them: saved as new versions, switched, put in order, and their log."""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from router.services import audit
from router.services.automation.checking import FieldSeen, Known, check
from router.services.automation.shapes import (
    MOST_RULES,
    NewRule,
    Rule,
    RuleChange,
    RuleFault,
    RuleRun,
    RuleVersion,
    SavedRule,
)
from router.services.automation.terms import Definition, Field
from router.services.automation.topic_names import TopicNames
from router.services.callers import Caller
from router.services.errors import Conflict, NotFound, Refused
from router.storage import case_fields, rule_runs, rule_turns, rules, topics
from router.storage.engine import Database
from router.storage.rule_runs import RunRow
from router.storage.rules import RuleRow, VersionRow
from router.storage.unit_of_work import UnitOfWork

DAY = timedelta(days=1)


async def list_rules(database: Database) -> list[Rule]:
    """In the order in which they run."""
    async with database.reading() as work:
        rows = await rules.list_rules(work)
        return await _shown(work, rows)


async def check_rule(
    database: Database, wanted: Definition, *, can_step_up: bool
) -> list[RuleFault]:
    async with database.reading() as work:
        return check(wanted, await known(work, can_step_up=can_step_up))


async def save_rule(
    database: Database,
    caller: Caller,
    rule_id: int | None,
    wanted: NewRule,
    *,
    can_step_up: bool = True,
) -> SavedRule:
    """A new rule, off; or the next version of one, which runs from now on if it is on.

    Raises NotFound, Refused with the field of the first fault, Conflict `moved_on`: it has not the
    version that a RuleChange expects.
    """
    name = wanted.name.strip()
    if not name:
        raise Refused("It needs a name.", code="empty", field="name")
    async with database.transaction() as work:
        if rule_id is not None:
            row = await _lock(work, rule_id)
            expected = wanted.expect_version if isinstance(wanted, RuleChange) else None
            if expected not in (None, row.version):
                raise Conflict("Somebody else has changed it.", code="moved_on")
        found = await _check(work, wanted.definition, can_step_up=can_step_up)
        if rule_id is None:
            await _check_count(work, MOST_RULES - 1)
            made = await rules.insert_rule(work, name)
        else:
            made = rule_id
            await rules.rename(work, made, name)
        shown, version = await _put(work, caller, made, wanted.definition, caller.access_classes)
        await audit.record(work, caller.actor, "rule.saved", f"rules/{made}", {"version": version})
    return SavedRule(rule=shown, warnings=found)


async def restore_rule(
    database: Database,
    caller: Caller,
    rule_id: int,
    *,
    version: int | None = None,
    can_step_up: bool = True,
) -> SavedRule:
    """What it said in this version is its next one, as if the caller saved that now, with topics
    as they are called now. One that was dropped stands again where it stood, off.

    Without a version that is undone, and never more: it sees what it saw, as far as the caller sees
    that. What is amiss, of what it names or sees, is among the warnings.

    Raises NotFound, also without a version of one that is there; and of a version Refused, like
    `save_rule`: what it names may be gone.
    """
    async with database.transaction() as work:
        if not (was_dropped := await rules.take_up(work, rule_id)) and version is None:
            raise NotFound(f"There is no rule {rule_id} that was dropped.")
        row = await _lock(work, rule_id)
        # First, as whoever renames one notes in the version what it was called.
        every = await topics.lock_tree(work)
        said = await rules.versions_of(work, rule_id, version or row.version)
        if not said:
            raise NotFound(f"Rule {rule_id} has no version {version}.")
        named = TopicNames(every, said[0].topic_ids)
        definition = msgspec.convert(named.as_now(said[0].definition), Definition)
        found = await _faults(work, definition, can_step_up=can_step_up)
        found += named.faults(said[0].definition)
        sees = caller.access_classes
        if version is None:
            sees = sees & frozenset(row.classes)
            if lost := sorted(frozenset(row.classes) - sees):
                sentence = f"It sees no cases of these classes any more: {', '.join(lost)}."
                found.append(RuleFault(field="classes", sentence=sentence))
        else:
            _refuse(found)
        await _check_count(work, MOST_RULES)
        shown, made = await _put(work, caller, rule_id, definition, sees)
        facts = {"version": made, "of": version or row.version, "was_dropped": int(was_dropped)}
        await audit.record(work, caller.actor, "rule.restored", f"rules/{rule_id}", facts)
    return SavedRule(rule=shown, warnings=found)


async def switch_rule(database: Database, caller: Caller, rule_id: int, *, is_on: bool) -> Rule:
    """At once: once this returns, a rule that is off does nothing more. Raises NotFound."""
    async with database.transaction() as work:
        await _lock(work, rule_id)
        await rules.switch(work, rule_id, is_on=is_on)
        shown = await _load(work, rule_id)
        action = "rule.switched_on" if is_on else "rule.switched_off"
        await audit.record(work, caller.actor, action, f"rules/{rule_id}")
        return shown


async def order_rules(database: Database, caller: Caller, rule_ids: Collection[int]) -> list[Rule]:
    """They run in this order. Raises Refused unless each rule is there once."""
    async with database.transaction() as work:
        rows = await rules.list_rules(work)
        if sorted(rule_ids) != sorted(one.id for one in rows):
            raise Refused("Name each rule once.", code="moved_on", field="ids")
        await rules.put_in_order(work, list(rule_ids))
        rules.announce(work)
        shown = await _shown(work, await rules.list_rules(work))
        await audit.record(work, caller.actor, "rules.ordered", "rules")
        return shown


async def drop_rule(database: Database, caller: Caller, rule_id: int) -> None:
    """Raises NotFound. Its versions and its log can be read on."""
    async with database.transaction() as work:
        await _lock(work, rule_id)
        await rules.drop(work, rule_id)
        await audit.record(work, caller.actor, "rule.dropped", f"rules/{rule_id}")


async def list_versions(database: Database, rule_id: int) -> list[RuleVersion]:
    """Newest first, with topics as they are called now; none: there never was such a rule."""
    async with database.reading() as work:
        rows = await rules.versions_of(work, rule_id)
        every = await topics.list_topics(work, with_archived=True)
    return [_version(row, TopicNames(every, row.topic_ids)) for row in rows]


async def list_runs(
    database: Database,
    caller: Caller,
    *,
    rule_id: int | None = None,
    case_id: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[RuleRun]:
    """Newest first, of cases that the agent sees; without what stood in fields that they don't."""
    async with database.reading() as work:
        rows = await rule_runs.list_runs(
            work,
            sorted(caller.access_classes),
            rule_id=rule_id,
            case_id=case_id,
            before=before,
            limit=limit,
        )
        hidden = await case_fields.list_hidden(work, caller.agent_id)
    return [_run(row, hidden) for row in rows]


async def load_run(database: Database, caller: Caller, run_id: int) -> RuleRun:
    """Raises NotFound."""
    async with database.reading() as work:
        row = await rule_runs.find_run(work, sorted(caller.access_classes), run_id)
        hidden = await case_fields.list_hidden(work, caller.agent_id)
    if row is None:
        raise NotFound(f"There is no run {run_id}.")
    return _run(row, hidden)


async def known(work: UnitOfWork, *, can_step_up: bool) -> Known:
    ids = await rules.load_ids(work)
    return Known(
        agents=ids.agents,
        teams=ids.teams,
        labels=ids.labels,
        snippets=ids.snippets,
        fields={
            one.id: FieldSeen(one.kind, one.choices)
            for one in await case_fields.list_fields(work)
            if not one.team_ids and not one.is_retired
        },
        can_step_up=can_step_up,
    )


async def _check(work: UnitOfWork, wanted: Definition, *, can_step_up: bool) -> list[RuleFault]:
    """What may not be meant. Raises Refused with the first that is wrong."""
    found = await _faults(work, wanted, can_step_up=can_step_up)
    _refuse(found)
    return found


async def _faults(work: UnitOfWork, wanted: Definition, *, can_step_up: bool) -> list[RuleFault]:
    await case_fields.hold_fields(work)
    return check(wanted, await known(work, can_step_up=can_step_up))


def _refuse(found: Iterable[RuleFault]) -> None:
    """Raises Refused with the first that is more than a warning."""
    for one in found:
        if not one.is_warning:
            raise Refused(one.sentence, code="bad_rule", field=f"definition.{one.field}")


async def _check_count(work: UnitOfWork, most: int) -> None:
    if len(await rules.list_rules(work)) > most:
        raise Refused(f"At most {MOST_RULES} rules.", code="too_many", field="name")


async def _put(
    work: UnitOfWork,
    caller: Caller,
    rule_id: int,
    definition: Definition,
    sees: Collection[str],
) -> tuple[Rule, int]:
    """The rule says that from now on, in cases of these classes; its version."""
    version = await rules.insert_version(
        work,
        rule_id,
        definition=msgspec.to_builtins(definition),
        classes=sorted(sees),
        agent_id=caller.agent_id,
    )
    rules.announce(work)
    return await _load(work, rule_id), version


async def _lock(work: UnitOfWork, rule_id: int) -> RuleRow:
    row = await rules.lock_rule(work, rule_id)
    if row is None:
        raise NotFound(f"There is no rule {rule_id}.")
    return row


async def _load(work: UnitOfWork, rule_id: int) -> Rule:
    row = await rules.find_rule(work, rule_id)
    assert row is not None, "it is locked"
    [shown] = await _shown(work, [row])
    return shown


async def _shown(work: UnitOfWork, rows: Sequence[RuleRow]) -> list[Rule]:
    counted = {row["rule_id"]: row for row in await rule_runs.last_runs(work, work.now() - DAY)}
    waiting = await rule_turns.put_off_now(work)
    found = []
    for row in rows:
        put_off, goes_on_at = waiting.get(row.id, (0, None))
        runs = counted.get(row.id, {"done": 0, "others": 0, "at": None})
        found.append(
            Rule(
                id=row.id,
                name=row.name,
                is_on=row.is_on,
                version=row.version,
                definition=msgspec.convert(row.definition, Definition),
                saved_by=row.agent_name,
                saved_at=row.saved_at,
                renamed_by=row.renamed_by,
                stopped_at=row.stopped_at,
                stopped_because=row.stopped_because,
                runs=runs["done"],
                other_runs=runs["others"],
                ran_at=runs["at"],
                put_off=put_off,
                goes_on_at=goes_on_at,
            )
        )
    return found


def _version(row: VersionRow, named: TopicNames) -> RuleVersion:
    return RuleVersion(
        version=row.version,
        definition=msgspec.convert(named.as_now(row.definition), Definition),
        saved_by=row.agent_name,
        saved_at=row.saved_at,
        renamed_by=row.renamed_by,
    )


def _run(row: RunRow, hidden: Collection[int]) -> RuleRun:
    return RuleRun(
        id=row.id,
        rule_id=row.rule_id,
        name=row.name or "",
        version=row.version,
        person_id=row.person_id,
        case_id=row.case_id,
        message_id=row.message_id,
        outcome=row.outcome,
        chain=row.chain,
        explained=_told(row.explained, hidden) if hidden else row.explained,
        at=row.at,
    )


def _told(explained: dict[str, Any], hidden: Collection[int]) -> dict[str, Any]:
    """Fields may be a team's since: what was asked of them, seen and written there goes."""
    told = dict(explained)
    if judged := told.get("judged"):
        told["judged"] = _judged(judged, {str(one) for one in hidden})
    if did := told.get("did"):
        told["did"] = [_did(one, hidden) for one in did]
    return told


def _judged(judged: dict[str, Any], hidden: Collection[str]) -> dict[str, Any]:
    if parts := judged.get("parts"):
        return {**judged, "parts": [_judged(one, hidden) for one in parts]}
    if judged.get("field") != Field.CASE_FIELD or judged.get("name", "").strip() not in hidden:
        return judged
    return {name: value for name, value in judged.items() if name not in ("value", "saw")}


def _did(did: dict[str, Any], hidden: Collection[int]) -> dict[str, Any]:
    what = did.get("what", {})
    if did.get("do") != "set_field" or what.get("field_id") not in hidden:
        return did
    return {**did, "what": {name: value for name, value in what.items() if name != "value"}}
