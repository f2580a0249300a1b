"""The record as it is looked at, filtered and exported; and what roles may do."""

import csv
import io
import json
from datetime import timedelta

from core.clock import FakeClock
from router.services import audit
from router.services.roles import Permission, Role
from tests.rig.product import ROOT
from tests.web.desk import Desk


async def entry(desk: Desk, actor: str, action: str, subject: str, **facts: str) -> None:
    async with desk.database.transaction() as work:
        await audit.record(work, actor, action, subject, facts)


async def test_the_record_is_found_by_who_what_and_when(desk: Desk, clock: FakeClock) -> None:
    auditor = await desk.signed_in(Role.AUDITOR)
    await entry(desk, "agents/7", "account.paused", "accounts/3")
    clock.advance(timedelta(minutes=5))
    middle = clock.now().isoformat().replace("+00:00", "Z")
    await entry(desk, "agents/8", "account.resumed", "accounts/3")
    await entry(desk, "agents/8", "accounting.done", "accounts/30", note="=1+1")

    async def found(query: str) -> list[str]:
        answered = await auditor.get(f"/audit?{query}")
        assert answered.status == 200, answered.raw
        return [one["action"] for one in answered.body["entries"]]

    assert await found("actor=agents/7") == ["account.paused"]
    assert await found("action=account") == ["account.resumed", "account.paused"]
    assert await found("subject=accounts/3") == ["account.resumed", "account.paused"]
    assert await found(f"subject=accounts&until={middle}") == ["account.paused"]
    assert await found(f"since={middle}") == ["accounting.done", "account.resumed"]
    first = (await auditor.get("/audit?subject=accounts&limit=2")).body
    rest = (await auditor.get(f"/audit?subject=accounts&limit=2&before={first['next']}")).body
    assert ([one["action"] for one in rest["entries"]], rest["next"]) == (["account.paused"], None)
    assert (await auditor.get("/audit?since=yesterday")).body["field"] == "since"

    table = await auditor.get("/audit/export?actor=agents/8")

    assert table.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(table.raw.decode())))
    assert [row["action"] for row in rows] == ["accounting.done", "account.resumed"]


async def test_roles_say_what_the_policies_of_routes_say(desk: Desk) -> None:
    agent = await desk.signed_in(Role.AGENT)
    found = (await agent.get("/roles")).body
    by_name = {one["permission"]: one for one in found["permissions"]}
    assert set(by_name) == {one.value for one in Permission}
    assert by_name["audit.read"]["roles"] == ["owner", "admin", "auditor"]
    assert "GET /api/v1/audit" in by_name["audit.read"]["routes"]


def test_every_permission_is_said_in_words_on_the_page() -> None:
    words = json.loads((ROOT / "web/shared/i18n/ops/en.json").read_text("utf-8"))
    assert [one for one in Permission if f"permission.{one.value}" not in words] == []
