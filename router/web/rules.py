"""Routes: rules, their versions, what they would have done, and what they did.

What works on them is imported with the first call: most processes are never asked.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import msgspec

from router.services.automation.shapes import (
    MOST_RULES,
    DryRun,
    NewRule,
    Past,
    Rule,
    RuleChange,
    RuleFault,
    RuleRun,
    RuleSchema,
    RuleVersion,
    SavedRule,
)
from router.services.automation.terms import Definition
from router.services.outbound.automatic import Voice
from router.services.roles import Permission
from router.web.arguments import Id
from router.web.context import Call
from router.web.policy import allow
from router.web.routes import Routes

if TYPE_CHECKING:
    from router.services.automation.actions import Tools

routes = Routes(tag="rules")

READ = allow(Permission.READ_RULES)
CHANGE = allow(Permission.CHANGE_RULES)
Page = Annotated[int, msgspec.Meta(ge=1, le=200)]


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    rules: list[Rule]


class RuleVersions(msgspec.Struct, frozen=True, kw_only=True):
    versions: list[RuleVersion]


class RuleRuns(msgspec.Struct, frozen=True, kw_only=True):
    runs: list[RuleRun]
    before: int | None
    """The next page's; null: this is the last."""


class Switch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    is_on: bool


class RuleOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    ids: Annotated[tuple[Id, ...], msgspec.Meta(max_length=MOST_RULES)]


class ToCheck(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    definition: Definition


class RestoredRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)] | None = None
    """Which it says again. Null: its last, of one that was removed."""


class RuleFaults(msgspec.Struct, frozen=True, kw_only=True):
    faults: list[RuleFault]


@routes.get("/rules", policy=READ)
async def list_rules(call: Call) -> Rules:
    """In the order in which they run, each with what it did within a day."""
    from router.services.automation import keeping

    return Rules(rules=await keeping.list_rules(call.context.database))


@routes.get("/rules/schema", policy=READ)
async def load_rule_schema(call: Call) -> RuleSchema:
    """What can be asked and done: an editor is made from it."""
    from router.services.automation.schema import SCHEMA

    return SCHEMA


@routes.post("/rules", policy=CHANGE, status=201)
async def add_rule(call: Call, body: NewRule) -> SavedRule:
    """A new rule below all others. It is off. 400 names the field, also of a contradiction."""
    return await _save(call, None, body)


@routes.put("/rules/{rule_id}", policy=CHANGE, errors=(409,))
async def save_rule(call: Call, rule_id: Id, body: RuleChange) -> SavedRule:
    """Its next version, which runs from now on if it is on. 409 `moved_on`."""
    return await _save(call, rule_id, body)


@routes.post("/rules/{rule_id}/switch", policy=CHANGE)
async def switch_rule(call: Call, rule_id: Id, body: Switch) -> Rule:
    """On, or off at once. What was due by time meanwhile is passed over."""
    from router.services.automation import keeping

    return await keeping.switch_rule(call.context.database, call.caller, rule_id, is_on=body.is_on)


@routes.post("/rules/order", policy=CHANGE)
async def order_rules(call: Call, body: RuleOrder) -> Rules:
    """They run in this order. 400 unless each is named once."""
    from router.services.automation import keeping

    return Rules(rules=await keeping.order_rules(call.context.database, call.caller, body.ids))


@routes.delete("/rules/{rule_id}", policy=CHANGE)
async def drop_rule(call: Call, rule_id: Id) -> None:
    """It never runs again. Its versions and runs can be read on."""
    from router.services.automation import keeping

    await keeping.drop_rule(call.context.database, call.caller, rule_id)


@routes.post("/rules/{rule_id}/restore", policy=CHANGE)
async def restore_rule(call: Call, rule_id: Id, body: RestoredRule) -> SavedRule:
    """A former version is its next one, as if it was saved now: 400 if what it names is gone.
    Without one a removed rule stands again where it stood, off, and sees no more than it saw."""
    from router.services.automation import keeping

    return await keeping.restore_rule(
        call.context.database,
        call.caller,
        rule_id,
        version=body.version,
        can_step_up=can_step_up(call),
    )


@routes.post("/rules/check", policy=CHANGE)
async def check_rule(call: Call, body: ToCheck) -> RuleFaults:
    """Everything that is wrong with it, and then what may not be meant."""
    from router.services.automation import keeping

    faults = await keeping.check_rule(
        call.context.database, body.definition, can_step_up=can_step_up(call)
    )
    return RuleFaults(faults=faults)


@routes.post("/rules/dry-run", policy=CHANGE)
async def rehearse_rule(call: Call, body: Past) -> DryRun:
    """What it would have done about the last days, of up to 1,000 cases; nothing is done."""
    from router.services.automation import rehearsing

    return await rehearsing.rehearse(call.context.database, call.caller, tools_of(call), body)


@routes.get("/rules/{rule_id}/versions", policy=READ)
async def list_rule_versions(call: Call, rule_id: Id) -> RuleVersions:
    """Newest first."""
    from router.services.automation import keeping

    return RuleVersions(versions=await keeping.list_versions(call.context.database, rule_id))


@routes.get("/rule-runs", policy=READ)
async def list_rule_runs(
    call: Call,
    rule_id: Id | None = None,
    case_id: Id | None = None,
    before: Id | None = None,
    limit: Page = 50,
) -> RuleRuns:
    """Newest first: of one rule, of one case, or all. Cases that one doesn't see are left out."""
    from router.services.automation import keeping

    runs = await keeping.list_runs(
        call.context.database,
        call.caller,
        rule_id=rule_id,
        case_id=case_id,
        before=before,
        limit=limit,
    )
    return RuleRuns(runs=runs, before=_next(runs, limit))


@routes.get("/rule-runs/{run_id}", policy=READ)
async def load_rule_run(call: Call, run_id: Id) -> RuleRun:
    """Which rule, which version, which conditions held with what they saw, and what was done."""
    from router.services.automation import keeping

    return await keeping.load_run(call.context.database, call.caller, run_id)


def tools_of(call: Call) -> "Tools":
    """What actions need, of this process."""
    from router.services.automation.actions import Tools

    context = call.context
    assert context.registry is not None
    registry = context.registry
    return Tools(
        voice=Voice(
            keyring=context.keyring,
            capabilities_of=lambda channel: registry.load(channel).capabilities,
            wire_of=lambda channel: registry.load(channel).to_wire,
        ),
        step_up_url=context.settings.host.step_up_url,
    )


async def _save(call: Call, rule_id: int | None, body: NewRule) -> SavedRule:
    from router.services.automation import keeping

    return await keeping.save_rule(
        call.context.database,
        call.caller,
        rule_id,
        body,
        can_step_up=can_step_up(call),
    )


def can_step_up(call: Call) -> bool:
    return call.context.settings.host.step_up_url is not None


def _next(runs: Sequence[RuleRun], limit: int) -> int | None:
    return runs[-1].id if len(runs) == limit else None
