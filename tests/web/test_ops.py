"""Teams, tokens, accounts, the quarantine and the audit log over HTTP."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from core.capabilities import Capabilities
from core.clock import FakeClock
from core.connector import AccountInfo, CheckStep, Connector, ConnectorConfig, Health, Manifest
from core.errors import AuthRefused, Unsupported
from core.messages import OutboundMessage, Sent
from router.blobs.disk import DiskBlobs
from router.runtime.registry import ChannelEntry, Registry
from router.services import account_secrets
from router.services.roles import Role
from router.storage.engine import Database
from tests.services.answering_desk import open_desk as open_answering
from tests.web.desk import Desk, open_desk_of

CANARY = "canary-9b1f-secret"


class Inner(BaseModel):
    key: SecretStr
    region: str = "eu"


class Key(BaseModel):
    kid: str
    key: SecretStr
    use: str = "sign"


class Config(ConnectorConfig):
    host: str
    """Where."""
    password: SecretStr
    port: int = 993
    inner: Inner | None = None
    keys: tuple[Key, ...] = ()


class Trial(Connector):
    """A channel of this test: signs in with one password."""

    Config = Config
    capabilities = Capabilities()

    def __init__(self, config: Config, context: Any) -> None:
        super().__init__(config, context)
        self._config = config

    async def open(self) -> None:
        return None

    async def check(self) -> AccountInfo:
        if self._config.password.get_secret_value() != CANARY:
            raise AuthRefused("The server refuses the password.")
        return AccountInfo(shown_as="help@example.com", steps=(CheckStep(name="in", ok=True),))

    async def send(self, message: OutboundMessage) -> Sent:
        raise Unsupported("Only what is checked is of interest here.")

    def health(self) -> Health:
        return Health()

    async def close(self) -> None:
        return None


def registry() -> Registry:
    manifest = Manifest(
        channel="trial",
        name="Trial",
        contract=1,
        realm="trial",
        intake=(),
        entry=f"{__name__}:Trial",
        color="#123456",
    )
    broken = ChannelEntry(channel="broken", manifest=None, problem="it needs a library")
    return Registry([ChannelEntry(channel="trial", manifest=manifest), broken])


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> Any:
    opened = await open_desk_of(database, registry(), DiskBlobs(tmp_path / "blobs"))
    yield opened
    await opened.close()


def settings(**changes: Any) -> dict[str, Any]:
    return {"host": "mail.example.com", "password": CANARY, **changes}


async def added(browser: Any, label: str = "Support", **changes: Any) -> Any:
    made = await browser.post(
        "/accounts", {"channel": "trial", "label": label, "config": settings(**changes)}
    )
    assert made.status == 201, made.raw
    return made.body


async def test_a_channel_comes_with_its_form_and_a_broken_one_with_the_reason(desk: Desk) -> None:
    owner = await desk.signed_in(Role.OWNER)
    broken, trial = (await owner.get("/channels")).body["channels"]
    assert (trial["channel"], trial["color"], trial["problem"]) == ("trial", "#123456", None)
    schema = trial["config_schema"]
    assert schema["properties"]["password"]["format"] == "password"
    assert schema["properties"]["host"]["description"] == "Where."
    assert broken["problem"] == "it needs a library"


async def test_an_accounts_secrets_go_in_and_never_out(desk: Desk) -> None:
    """A32."""
    owner = await desk.signed_in(Role.OWNER)
    account = await added(owner, inner={"key": CANARY})
    detail = await owner.get(f"/accounts/{account['id']}")
    assert detail.body["config"]["password"] == account_secrets.SHOWN_SECRET
    assert detail.body["config"]["inner"] == {
        "key": account_secrets.SHOWN_SECRET,
        "region": "eu",
    }
    answers = [detail, await owner.get("/accounts"), await owner.get("/audit")]
    answers.append(await owner.post(f"/accounts/{account['id']}/check"))
    for answered in answers:
        assert CANARY.encode() not in answered.raw
    async with desk.database.reading() as work:
        for table in ("accounts", "audit_log", "outbox"):
            rows = await work.driver.fetch(f"select t::text as row from {table} t")
            assert not [row for row in rows if CANARY in row["row"]]


async def test_secrets_that_are_left_out_or_blanked_stay(desk: Desk) -> None:
    owner = await desk.signed_in(Role.OWNER)
    account = await added(owner, inner={"key": CANARY})
    address = f"/accounts/{account['id']}"
    shown = (await owner.get(address)).body["config"]
    for config in (
        {**shown, "host": "new.example.com"},
        {"host": "newer.example.com", "inner": {"region": "us"}},
    ):
        changed = await owner.call("PATCH", address, {"config": config})
        assert changed.status == 200, changed.raw
        assert (await owner.post(f"{address}/check")).body["ok"] is True
    wrong = await owner.call("PATCH", address, {"config": settings(password="another")})
    assert wrong.status == 200
    found = (await owner.post(f"{address}/check")).body
    assert found["ok"] is False
    assert found["steps"][0]["detail"] == "The server refuses the password."


async def test_a_secret_stays_with_its_entry_when_the_list_changes(desk: Desk) -> None:
    owner = await desk.signed_in(Role.OWNER)
    keys = [{"kid": name, "key": f"{CANARY}-{name}"} for name in "abc"]
    account = await added(owner, keys=keys)
    address = f"/accounts/{account['id']}"
    shown = (await owner.get(address)).body["config"]
    a, b, c = shown["keys"]
    changed = await owner.call(
        "PATCH", address, {"config": {**shown, "keys": [c, {**b, "use": "check"}]}}
    )
    assert changed.status == 200, changed.raw
    async with desk.database.reading() as work:
        sealed = await work.driver.fetchval("select sealed_secrets from accounts")
    secrets = account_secrets.unseal(desk.context.keyring, account["id"], sealed)
    assert secrets["/keys/0/key"] == f"{CANARY}-c"
    assert secrets["/keys/1/key"] == f"{CANARY}-b"
    unknown = await owner.call(
        "PATCH", address, {"config": {**shown, "keys": [{**a, "kid": "new"}]}}
    )
    assert (unknown.status, unknown.body["field"]) == (400, "config.keys.0.key")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"password": account_secrets.SHOWN_SECRET}, "config.password"),
        ({"port": CANARY}, "config.port"),
        ({"hots": CANARY}, "config.hots"),
        ({"password": None}, "config.password"),
        ({"inner": {"region": CANARY}}, "config.inner.key"),
    ],
)
async def test_a_wrong_setting_is_named_and_not_repeated(
    desk: Desk, changes: dict[str, Any], field: str
) -> None:
    owner = await desk.signed_in(Role.OWNER)
    body = {"channel": "trial", "label": "Support", "config": settings(**changes)}
    refused = await owner.post("/accounts", body)
    assert (refused.status, refused.body["field"]) == (400, field)
    assert CANARY.encode() not in refused.raw


@pytest.mark.parametrize("channel", ["none", "broken"])
async def test_a_channel_that_cannot_run_makes_no_account(desk: Desk, channel: str) -> None:
    owner = await desk.signed_in(Role.OWNER)
    refused = await owner.post("/accounts", {"channel": channel, "label": "Support", "config": {}})
    assert (refused.status, refused.body["field"]) == (400, "channel")


async def test_pausing_and_resuming_are_announced_and_audited(desk: Desk) -> None:
    owner = await desk.signed_in(Role.OWNER)
    account = await added(owner)
    address = f"/accounts/{account['id']}"
    paused = await owner.post(f"{address}/pause", {"reason": "Holiday"})
    assert (paused.body["state"], paused.body["paused_reason"]) == ("paused", "Holiday")
    assert (await owner.post(f"{address}/pause")).code == "paused"
    assert (await owner.post(f"{address}/resume")).body["state"] == "active"
    assert (await owner.post(f"{address}/resume")).code == "not_paused"
    async with desk.database.reading() as work:
        revision = await work.driver.fetchval("select revision from accounts")
        facts = await work.driver.fetchval(
            "select count(*) from outbox where kind = 'account.changed'"
        )
    assert (revision, facts) == (3, 3)
    actions = [one["action"] for one in (await owner.get("/audit")).body["entries"]]
    assert actions[:3] == ["account.resumed", "account.paused", "account.added"]


async def test_a_removed_account_is_gone_and_its_label_is_free(desk: Desk) -> None:
    owner = await desk.signed_in(Role.OWNER)
    account = await added(owner)
    again = await owner.post(
        "/accounts", {"channel": "trial", "label": "Support", "config": settings()}
    )
    assert (again.status, again.code) == (409, "label_taken")
    address = f"/accounts/{account['id']}"
    assert (await owner.call("DELETE", address)).status == 204
    for answered in (
        await owner.get(address),
        await owner.call("DELETE", address),
        await owner.post(f"{address}/pause"),
        await owner.post(f"{address}/resume"),
        await owner.post(f"{address}/check"),
        await owner.call("PATCH", address, {"label": "New"}),
    ):
        assert answered.status == 404
    async with desk.database.reading() as work:
        row = await work.driver.fetchrow("select config::text, sealed_secrets from accounts")
    assert tuple(row) == ("{}", None)
    await added(owner)


async def test_a_team_gives_sight_of_its_classes(desk: Desk) -> None:
    owner = await desk.signed_in(Role.OWNER)
    agent_id = await desk.agent()
    team = (
        await owner.post(
            "/teams", {"name": "Fraud", "member_ids": [agent_id], "access_classes": ["fraud"]}
        )
    ).body
    listed = (await owner.get("/teams")).body["teams"]
    assert listed == [team]
    agents = (await owner.get("/agents")).body["agents"]
    assert next(one for one in agents if one["id"] == agent_id)["team_ids"] == [team["id"]]
    assert (await owner.post("/teams", {"name": "Fraud"})).status == 409
    unknown = await owner.post("/teams", {"name": "Ghosts", "member_ids": [99]})
    assert (unknown.status, unknown.body["field"]) == (400, "member_ids")
    renamed = await owner.call("PATCH", f"/teams/{team['id']}", {"name": "Risk", "member_ids": []})
    assert (renamed.body["member_ids"], renamed.body["access_classes"]) == ([], ["fraud"])
    assert (await owner.call("DELETE", f"/teams/{team['id']}")).status == 204
    assert (await owner.call("DELETE", f"/teams/{team['id']}")).status == 404


async def test_a_team_is_led_by_members_of_it_alone_and_who_leaves_leads_no_more(
    desk: Desk,
) -> None:
    owner = await desk.signed_in(Role.OWNER)
    me, bo = owner.me["agent"]["id"], await desk.agent()
    new = {"name": "Payments", "member_ids": [me, bo], "lead_ids": [bo]}
    team = (await owner.post("/teams", new)).body
    path = f"/teams/{team['id']}"
    both = (await owner.call("PATCH", path, {"lead_ids": [me, bo]})).body
    left = (await owner.call("PATCH", path, {"member_ids": [me]})).body
    refused = await owner.call("PATCH", path, {"lead_ids": [bo]})
    assert (refused.status, refused.body["field"]) == (400, "lead_ids")
    assert [one["lead_ids"] for one in (team, both, left)] == [[bo], sorted([me, bo]), [me]]


async def test_what_a_removed_team_had_stays_with_who_made_it(desk: Desk, tmp_path: Path) -> None:
    owner = await desk.signed_in(Role.OWNER)
    me = owner.me["agent"]["id"]
    team = (await owner.post("/teams", {"name": "Billing", "member_ids": [me]})).body["id"]
    of_team = {"team_id": team}
    view = await owner.post("/views", {"name": "Late", "query": "", "scope": "team", **of_team})
    assert view.status == 201, view.raw
    texts = {"en": {"text": "Hello"}}
    canned = {"title": "Hello", "reach": "team", "texts": texts, **of_team}
    snippet = await owner.post("/snippets", canned)
    assert snippet.status == 201, snippet.raw
    answering = await open_answering(desk.database, tmp_path / "answering")
    await answering.note(await answering.hear("ann"), mentioned_teams=(team,))

    removed = await owner.call("DELETE", f"/teams/{team}")

    assert removed.status == 204, removed.raw
    [kept] = (await owner.get("/views")).body["saved"]
    assert (kept["id"], kept["scope"], kept["team"]) == (view.body["id"], "private", None)
    [mine] = (await owner.get("/snippets")).body["snippets"]
    assert (mine["id"], mine["reach"], mine["team_id"]) == (snippet.body["id"], "personal", None)
    async with desk.database.reading() as work:
        mentioned = await work.driver.fetch("select agent_id, team_id from mentions")
        told = await work.driver.fetch(
            "select ref from outbox where kind = 'views.changed' order by id"
        )
    assert [tuple(row) for row in mentioned] == [(me, None)]
    assert told[-1]["ref"] is None


async def test_a_token_is_shown_once_and_ends(desk: Desk, clock: FakeClock) -> None:
    owner = await desk.signed_in(Role.OWNER)
    ends = (clock.now() + timedelta(days=1)).isoformat()
    made = (await owner.post("/tokens", {"name": "ci", "role": "agent", "expires_at": ends})).body
    listed = await owner.get("/tokens")
    assert made["token"].encode() not in listed.raw
    program = await desk.browser()
    program.headers["Authorization"] = f"Bearer {made['token']}"
    assert (await program.get("/agents")).status == 200
    assert (await program.get("/tokens")).status == 403
    clock.advance(timedelta(days=1, seconds=1))
    assert (await program.get("/agents")).status == 401


async def test_a_revoked_token_is_good_no_longer(desk: Desk) -> None:
    owner = await desk.signed_in(Role.OWNER)
    made = (await owner.post("/tokens", {"name": "ci", "role": "agent"})).body
    program = await desk.browser()
    program.headers["Authorization"] = f"Bearer {made['token']}"
    assert (await program.get("/agents")).status == 200
    assert (await owner.call("DELETE", f"/tokens/{made['id']}")).status == 204
    assert (await program.get("/agents")).status == 401
    assert (await owner.call("DELETE", f"/tokens/{made['id']}")).status == 404


async def test_an_admin_makes_no_token_of_an_owner(desk: Desk) -> None:
    admin = await desk.signed_in(Role.ADMIN)
    assert (await admin.post("/tokens", {"name": "ci", "role": "owner"})).status == 403


async def quarantined(desk: Desk, event: bytes | None, count: int = 1) -> None:
    async with desk.database.transaction() as work:
        for number in range(count):
            await work.driver.execute(
                "insert into quarantine (account_id, event_key, event, raw, reason, first_seen_at,"
                " last_seen_at) values (1, $1, $2, $3, 'broken', $4, $4)",
                f"e{number}",
                event,
                b"raw \x00 \xff bytes",
                work.now(),
            )


async def test_quarantine_is_paged_and_shows_the_source(desk: Desk) -> None:
    owner = await desk.signed_in(Role.OWNER)
    await added(owner)
    await quarantined(desk, None, count=3)
    first = (await owner.get("/quarantine?state=waiting&limit=2")).body
    assert [one["id"] for one in first["entries"]] == [1, 2]
    second = (await owner.get(f"/quarantine?limit=2&after={first['next']}")).body
    assert ([one["id"] for one in second["entries"]], second["next"]) == ([3], None)
    detail = (await owner.get("/quarantine/1")).body
    assert detail["source"] == "raw \\x00 \\xff bytes"
    assert detail["is_replayable"] is False
    replayed = await owner.post("/quarantine/1/replay")
    assert (replayed.status, replayed.code) == (409, "source_only")
    dropped = await owner.post("/quarantine/1/drop")
    assert dropped.body["state"] == "dropped"
    assert (await owner.post("/quarantine/1/drop")).status == 409
    assert (await owner.get("/quarantine/99")).status == 404


async def test_the_audit_log_is_paged_backwards(desk: Desk) -> None:
    owner = await desk.signed_in(Role.OWNER)
    for number in range(5):
        await owner.post("/teams", {"name": f"Team {number}"})
    newest = (await owner.get("/audit?limit=3")).body["entries"]
    older = (await owner.get(f"/audit?limit=3&before={newest[-1]['id']}")).body["entries"]
    ids = [one["id"] for one in newest + older]
    assert ids == sorted(ids, reverse=True)
    assert newest[0]["subject"] == "teams/5"
    assert newest[0]["actor"] == f"agents/{owner.me['agent']['id']}"
