"""A desk with rules: saved as admins do, followed as the worker does."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from core.capabilities import Capabilities
from router.runtime.automation import Automation
from router.runtime.lease_keeper import LeaseKeeper
from router.services.automation import keeping
from router.services.automation.shapes import NewRule, RuleRun
from router.services.automation.terms import Definition
from router.services.callers import Caller
from router.services.keyring import Keyring
from router.services.outbound.automatic import Voice
from router.services.roles import EVERY_CLASS, PERMISSIONS, Role
from tests.stage import Stage

VOICE = Voice(
    keyring=Keyring("a secret key for tests"),
    capabilities_of=lambda channel: Capabilities(buttons=True),
)
WROTE = {"kind": "happened", "on": "person_wrote"}
Json = Mapping[str, Any]


def says(*words: str) -> Json:
    return {"kind": "test", "field": "message.text", "op": "contains_any", "value": list(words)}


def asks(field: str, op: str, value: Any = None, **more: Any) -> Json:
    return {"kind": "test", "field": field, "op": op, "value": value, **more}


def definition(
    *then: Json, when: Json = WROTE, condition: Sequence[Json] = (), **more: Any
) -> Json:
    return {
        "when": when,
        "condition": {"kind": "all", "parts": list(condition)},
        "then": list(then),
        **more,
    }


def read(wanted: Json) -> Definition:
    return msgspec.convert(wanted, Definition)


class RuleDesk:
    """An admin, who keeps rules, and the worker that follows."""

    def __init__(self, stage: Stage, admin: Caller) -> None:
        self.stage, self.admin = stage, admin
        self.worker = Automation(
            stage.database,
            LeaseKeeper(stage.database, "one"),
            VOICE,
            step_up_url="https://host.invalid/step",
        )

    @classmethod
    async def open(cls, stage: Stage) -> "RuleDesk":
        viewer = await stage.agent("Ada", role="admin")
        return cls(
            stage,
            Caller(
                agent_id=viewer.agent_id,
                name="Ada",
                role=Role.ADMIN,
                permissions=PERMISSIONS[Role.ADMIN],
                team_ids=frozenset(),
                access_classes=EVERY_CLASS,
            ),
        )

    async def rule(self, wanted: Json, name: str = "A rule") -> int:
        """Saved and switched on; the id."""
        new = NewRule(name=name, definition=read(wanted))
        saved = await keeping.save_rule(self.stage.database, self.admin, None, new)
        await keeping.switch_rule(self.stage.database, self.admin, saved.rule.id, is_on=True)
        return saved.rule.id

    async def work(self, rounds: int = 20) -> None:
        """Until nothing is left to do."""
        for _ in range(rounds):
            await self.stage.relay()
            before = await self.state()
            await self.worker.round()
            await self.stage.relay()
            if await self.state() == before:
                return

    async def state(self) -> object:
        return await self.stage.value(
            "select (select max(position) from outbox) || '/' ||"
            " (select position from followers where name = 'automation') || '/' ||"
            " (select count(*) from rule_runs) || '/' ||"
            " (select coalesce(sum(tries), 0) from rule_tries)"
        )

    async def runs(self, rule_id: int | None = None) -> list[RuleRun]:
        """Oldest first."""
        found = await keeping.list_runs(self.stage.database, self.admin, rule_id=rule_id)
        return found[::-1]

    async def outcomes(self, rule_id: int | None = None) -> list[str]:
        return [one.outcome for one in await self.runs(rule_id)]

    async def case(self, message: int) -> Mapping[str, Any]:
        async with self.stage.database.reading() as work:
            row = await work.driver.fetchrow(
                "select c.* from cases c join messages m on m.case_id = c.id where m.id = $1",
                message,
            )
        return dict(row)
