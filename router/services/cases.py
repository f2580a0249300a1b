"""What agents do with cases: open, solve, assign. Each step leaves an event in the timeline."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from core.ids import RowId
from core.topics import default_priority
from router.services import audit, case_classes
from router.services.assignment import owning
from router.services.case_classes import AccessClass
from router.services.case_values import FieldValues, check_filled, plan_values
from router.services.errors import Conflict, Forbidden, NotFound, Refused
from router.services.incidents import linking
from router.services.labels import MOST_ON_A_CASE, plan_labels
from router.services.outbound import leveling
from router.services.outbound.replies import FARTHEST
from router.services.shown.cases import Case, complete
from router.services.shown.rows import CaseState
from router.services.topics import ChannelNames, MinimumLevel, check_channels
from router.services.viewer import Viewer, find_conversation
from router.storage import case_fields, case_history, identities, labels, personal, persons, topics
from router.storage import cases as stored
from router.storage.case_history import Cause
from router.storage.engine import Database
from router.storage.records import Record
from router.storage.unit_of_work import Fact, UnitOfWork

Priority = Annotated[int, msgspec.Meta(ge=1, le=4)]
AwareTime = Annotated[datetime, msgspec.Meta(tz=True)]
ShortText = Annotated[str, msgspec.Meta(max_length=200)]
Labels = Annotated[tuple[RowId, ...], msgspec.Meta(max_length=MOST_ON_A_CASE)]
_LEVELS = frozenset({"minimum_level", "allowed_channels", "topic_id", "host_account"})
"""Whatever changes who may be told something of it."""
_AUDITED = frozenset({"minimum_level", "allowed_channels"})
_CHANGED = (
    *("state", "owner_id", "priority", "team_id", "is_private", "access_class"),
    *("minimum_level", "allowed_channels", "host_account", "incident_id"),
)
_STATE_EVENTS = {
    "open": "case_reopened",
    "waiting": "case_waiting",
    "snoozed": "case_snoozed",
    "solved": "case_solved",
}


class CaseChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays."""

    state: CaseState | UnsetType = UNSET
    owner_id: RowId | UnsetType | None = UNSET
    """None: nobody."""
    priority: Priority | UnsetType = UNSET
    topic: ShortText | UnsetType = UNSET
    """The name of one in use; empty: none."""
    topic_id: RowId | UnsetType | None = UNSET
    """The same by its id; null: none."""
    team_id: RowId | UnsetType | None = UNSET
    is_private: bool | UnsetType = UNSET
    """Nothing of it is said where others read along: what waits to go there is cancelled."""
    access_class: AccessClass | UnsetType = UNSET
    """Who sees it: of one that is not `normal`, whoever is in a team for that class."""
    may_lose_sight: bool = False
    """Also if the caller would not see it any more, or its owner, who has it no more then."""
    minimum_level: MinimumLevel | UnsetType = UNSET
    """How well whoever is told of it must be proven: what waits for others is cancelled."""
    snoozed_until: AwareTime | UnsetType | None = UNSET
    """With state `snoozed`: when it opens by itself. Null, or none given: once the person writes,
    which opens it in any case. A case that is snoozed already gets another time."""
    allowed_channels: ChannelNames | UnsetType = UNSET
    """By which channels something of it may be said; none listed: by any."""
    host_account: Annotated[str, msgspec.Meta(max_length=400)] | UnsetType | None = UNSET
    """One of the person's accounts at the host, that it is about."""
    incident_id: RowId | UnsetType | None = UNSET
    """What it has in common with others; it is in one at most. Null: in none."""
    add_labels: Labels | UnsetType = UNSET
    drop_labels: Labels | UnsetType = UNSET
    """Of one that is in both, the last word is that it is dropped."""
    set_fields: FieldValues = ()
    """What stands in fields that the caller sees."""
    force: bool = False
    """Give it to an agent who has no room for it: a supervisor's decision."""
    expect_revision: int | None = None
    expect_nobody: bool = False
    """It is given only if nobody else has it, whatever else of it has changed."""


async def change_case(
    database: Database,
    viewer: Viewer,
    case_id: int,
    change: CaseChange,
    *,
    actor: str | None = None,
    may_lower: bool = False,
    may_force: bool = False,
    may_classify: bool = False,
) -> Case:
    """The case as it is then. Raises NotFound, Refused, Conflict with code `moved_on`, `no_room`,
    `value_moved_on`, `would_lose_sight`, or `fields_missing` of one that is solved, and Forbidden
    with `may_not_lower` if it would need less than before, `may_not_classify`, or `may_not_force`.
    """
    async with database.transaction() as work:
        return await change_within(
            work,
            viewer,
            case_id,
            change,
            actor=actor,
            may_lower=may_lower,
            may_force=may_force,
            may_classify=may_classify,
        )


async def change_within(
    work: UnitOfWork,
    viewer: Viewer,
    case_id: int,
    change: CaseChange,
    *,
    actor: str | None = None,
    may_lower: bool = False,
    may_force: bool = False,
    may_classify: bool = False,
    cause: Cause = Cause.AGENT,
    rule_id: int | None = None,
    is_undo: bool = False,
    incident_by_merge: bool = False,
) -> Case:
    """The same as part of a transaction, under the conversation's lock. `rule_id`: that rule of
    the viewer does it, so nobody was there. `is_undo`: it is again as it was, so it may need less,
    and have what is no choice any more; `incident_by_merge`: a merge gave it its incident."""
    if change.force and not may_force:
        raise Forbidden("Only supervisors give more than fits.", code="may_not_force")
    if change.access_class is not UNSET:
        await case_classes.lock(work, [case_id])
    before = await _lock_case(work, viewer, case_id)
    if (into := before["merged_into_id"]) is not None:
        raise Conflict("Another case stands for this one.", code="merged", into=into)
    _check_standing(before, change)
    values = _values(before, change) | _snooze(work, before, change)
    values |= await plan_labels(work, before, change.add_labels, change.drop_labels)
    values |= await _of_topic(work, before, change)
    fields, field_names = await plan_values(
        work, viewer, case_id, change.set_fields, is_undo=is_undo
    )
    if not values and not fields:
        return await _shown(work, before)
    if values.get("state") == "solved":
        await check_filled(work, viewer, case_id, fields)
    needed = await leveling.declared_of_case(work, case_id)
    await _check(work, before["root_id"], values, by_merge=incident_by_merge)
    # An owner and a team who see it no more are taken off by nobody: no colleague has come.
    is_taken = values.keys() == {case_classes.NAME}
    values |= await case_classes.plan(
        work, viewer, before, values, may_classify=may_classify, knows=change.may_lose_sight
    )
    if "state" in values:
        values["solved_at"] = work.now() if values["state"] == "solved" else None
        values.setdefault("snoozed_until", None)
    if "owner_id" in values:
        later = {**before, "state": values.get("state", before["state"])}
        values |= await owning.give_by_hand(
            work,
            later,
            values["owner_id"],
            by_id=viewer.agent_id if rule_id is None else None,
            rule_id=rule_id,
            force=change.force,
        )
    await stored.change_case(work, case_id, values)
    by = viewer.agent_id if cause is Cause.AGENT and rule_id is None else None
    await case_history.note(work, [case_id], cause, agent_id=None if is_taken else by)
    if fields:
        await case_fields.put_values(work, case_id, fields, "agent", agent_id=by)
        if field_names:
            facts = {"fields": ", ".join(field_names)}
            await _note(work, viewer, before, "case_fields_changed", facts)
    if "state" in values:
        await persons.recount_open_cases(work, [before["root_id"]])
    if values.get("is_private"):
        await personal.cancel_public(work, case_id, "Its case became private.")
    after = await _load(work, case_id)
    await _tell(work, viewer, before, after)
    actor = actor or f"agents/{viewer.agent_id}"
    if "access_class" in values:
        line = await case_classes.follow(work, before, after, actor, viewer.agent_id)
        await _note(work, viewer, after, *line)
    if _LEVELS & values.keys():
        needs = await leveling.declared_of_case(work, case_id)
        if needs.is_below(needed) and not (may_lower or is_undo):
            raise Forbidden("It would need less than before.", code="may_not_lower")
        await leveling.cancel_low(work, "case", case_id)
    work.announce(Fact.CASE_CHANGED, person=after["root_id"], ref=case_id)
    await owning.follow_change(work, before, after)
    if named := sorted(_AUDITED & values.keys()):
        facts = {name: after[name] for name in named}
        await audit.record(work, actor, "case.levels_changed", f"cases/{case_id}", facts)
    # The queue may have given it to somebody.
    return await _shown(work, await _load(work, case_id) if "access_class" in values else after)


async def settle(
    work: UnitOfWork,
    viewer: Viewer,
    case_id: int,
    state: CaseState,
    snoozed_until: datetime | None = None,
) -> None:
    """What becomes of a case with an answer, under its lock. Raises Conflict `fields_missing`."""
    [before] = await stored.load_cases(work, [case_id])
    change = CaseChange(state=state, snoozed_until=snoozed_until)
    values = _values(before, change) | _snooze(work, before, change)
    if not values:
        return
    if values.get("state") == "solved":
        await check_filled(work, viewer, case_id, {})
    values["solved_at"] = work.now() if state == "solved" else None
    values.setdefault("snoozed_until", None)
    await stored.change_case(work, case_id, values)
    await case_history.note(work, [case_id], Cause.AGENT, agent_id=viewer.agent_id)
    await persons.recount_open_cases(work, [before["root_id"]])
    after = await _load(work, case_id)
    await _tell(work, viewer, before, after)
    work.announce(Fact.CASE_CHANGED, person=before["root_id"], ref=case_id)
    await owning.follow_change(work, before, after)


def _check_standing(before: Record, change: CaseChange) -> None:
    """Raises Conflict."""
    stands = change.expect_revision in (None, before["revision"])
    is_free = not change.expect_nobody or before["owner_id"] in (None, change.owner_id)
    if not (stands and is_free):
        said = "Somebody changed this case meanwhile."
        raise Conflict(said, code="moved_on", revision=before["revision"])


def _snooze(work: UnitOfWork, before: Record, change: CaseChange) -> dict[str, Any]:
    """Raises Refused."""
    until = change.snoozed_until
    if until is UNSET:
        return {}
    state = before["state"] if change.state is UNSET else change.state
    if until is None:
        return {"snoozed_until": None} if before["snoozed_until"] else {}
    if state != "snoozed":
        raise Refused("Only a snoozed case wakes.", code="not_snoozed", field="snoozed_until")
    if not work.now() < until <= work.now() + FARTHEST:
        raise Refused(
            "A case wakes at a time to come, within a year.", code="bad_time", field="snoozed_until"
        )
    return {"snoozed_until": until} if until != before["snoozed_until"] else {}


async def _of_topic(work: UnitOfWork, before: Record, change: CaseChange) -> dict[str, Any]:
    """What a case gets with its topic, as far as nobody decided otherwise. Raises Refused."""
    wanted, field = change.topic_id, "topic_id"
    if change.topic is not UNSET:
        if wanted is not UNSET:
            raise Refused("A topic is named once.", code="twice", field="topic")
        field, name = "topic", change.topic.strip()
        found = await topics.find_named(work, name) if name else None
        if name and found is None:
            raise Refused(f"There is no topic “{name}”.", code="unknown", field="topic")
        wanted = None if found is None else found.id
    if wanted is UNSET or wanted == before["topic_id"]:
        return {}
    if wanted is None:
        return {"topic_id": None}
    # Whoever changes what it needs waits for us, and then sees what waits in this case.
    topic = await topics.hold_topic(work, wanted)
    if topic is None:
        raise Refused(f"There is no topic {wanted}.", code="unknown", field=field)
    values: dict[str, Any] = {"topic_id": wanted}
    if change.priority is UNSET:
        former = before["topic_id"] and (await topics.load_topic(work, before["topic_id"]))
        priority = default_priority(
            before["priority"],
            of_former=former.default_priority if former else None,
            of_topic=topic.default_priority,
        )
        values |= {"priority": priority} if priority != before["priority"] else {}
    if change.team_id is UNSET and before["team_id"] is None and topic.default_team_id is not None:
        values["team_id"] = topic.default_team_id
    return values


def _values(before: Record, change: CaseChange) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in _CHANGED:
        value = getattr(change, name)
        if name == "allowed_channels" and value is not UNSET:
            value = sorted(set(value))
        if value is not UNSET and value != before[name]:
            found[name] = value
    return found


async def _shown(work: UnitOfWork, row: Record) -> Case:
    return (await complete(work, [row]))[0]


async def open_case(database: Database, viewer: Viewer, person_id: int, subject: str) -> Case:
    """A new case of this person. Raises NotFound."""
    async with database.transaction() as work:
        await persons.lock_root(work, person_id)
        root = (await find_conversation(work, viewer, person_id)).root_id
        accounts = await identities.host_accounts_of(work, root)
        case_id = await stored.insert_case(
            work,
            root,
            subject=subject.strip(),
            owner_id=None,
            host_account=accounts.pop() if len(accounts) == 1 else None,
        )
        await case_history.note(work, [case_id], Cause.OPENED, agent_id=viewer.agent_id)
        await persons.recount_open_cases(work, [root])
        case = await _load(work, case_id)
        await _note(work, viewer, case, "case_opened", {})
        work.announce(Fact.CASE_CHANGED, person=root, ref=case_id)
        return await _shown(work, case)


async def _lock_case(work: UnitOfWork, viewer: Viewer, case_id: int) -> Record:
    person = await stored.person_of_case(work, case_id)
    if person is not None:
        await persons.lock_root(work, person)
        found = await stored.load_cases(work, [case_id])
        if found and found[0]["access_class"] in viewer.sight.classes:
            return found[0]
    raise NotFound(f"There is no case {case_id}.")


async def _load(work: UnitOfWork, case_id: int) -> Record:
    [case] = await stored.load_cases(work, [case_id])
    return case


async def _check(work: UnitOfWork, root_id: int, values: dict[str, Any], *, by_merge: bool) -> None:
    owner, team = values.get("owner_id"), values.get("team_id")
    if owner is not None and not await stored.agent_is_active(work, owner):
        raise Refused(f"There is no active agent {owner}.", code="unknown", field="owner_id")
    if team is not None and not await stored.team_exists(work, team):
        raise Refused(f"There is no team {team}.", code="unknown", field="team_id")
    if "allowed_channels" in values:
        await check_channels(work, values["allowed_channels"])
        values["allowed_channels"] = msgspec.json.encode(values["allowed_channels"]).decode()
    await linking.plan(work, values, by_merge=by_merge)
    account = values.get("host_account")
    if account is not None and account not in await identities.host_accounts_of(work, root_id):
        raise Refused("The person has no such account.", code="unknown", field="host_account")


async def _tell(work: UnitOfWork, viewer: Viewer, before: Record, after: Record) -> None:
    until = after["snoozed_until"]
    if before["state"] != after["state"] or before["snoozed_until"] != until:
        facts = {} if until is None else {"until": until.isoformat()}
        await _note(work, viewer, after, _STATE_EVENTS[after["state"]], facts)
    if before["owner_id"] != after["owner_id"]:
        facts = {"owner_id": after["owner_id"], "owner_name": after["owner_name"]}
        await _note(work, viewer, after, "case_assigned", facts | {"because": owning.BY_HAND})
    if before["is_private"] != after["is_private"]:
        event = "case_made_private" if after["is_private"] else "case_made_open"
        await _note(work, viewer, after, event, {})
    await _tell_labels(work, viewer, before, after)
    for event, told in await linking.follow(work, before, after):
        await _note(work, viewer, after, event, told)
    if any(before[name] != after[name] for name in _AUDITED):
        facts = {name: after[name] for name in sorted(_AUDITED)}
        await _note(work, viewer, after, "case_level_changed", facts)
    if before["host_account"] != after["host_account"]:
        facts = {"host_account": after["host_account"]}
        await _note(work, viewer, after, "case_account_changed", facts)


async def _tell_labels(work: UnitOfWork, viewer: Viewer, before: Record, after: Record) -> None:
    had, has = set(before["label_ids"]), set(after["label_ids"])
    names = await labels.names_of(work, had ^ has) if had != has else {}
    for event, changed in (("case_labelled", has - had), ("case_unlabelled", had - has)):
        if listed := [names[one] for one in sorted(changed) if one in names]:
            await _note(work, viewer, after, event, {"labels": ", ".join(listed)})


async def _note(
    work: UnitOfWork, viewer: Viewer, case: Record, event: str, facts: dict[str, Any]
) -> None:
    message = await stored.insert_event(
        work,
        person_id=case["person_id"],
        case_id=case["id"],
        agent_id=viewer.agent_id,
        event=event,
        facts={"agent_id": viewer.agent_id, "case_id": case["id"], **facts},
    )
    work.announce(Fact.MESSAGE_CREATED, person=case["root_id"], ref=message)
