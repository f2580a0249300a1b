"""Pages, probes, metrics and the documentation: their headers, and who may see them."""

import asyncio
import re
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from router.cli.openapi import openapi_command
from router.services.roles import Role
from router.settings import Settings
from router.storage.engine import Database
from router.web import assets
from router.web.headers import PAGE_CSP
from tests.waiting import until_blocked
from tests.web.desk import Desk, open_desk


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built web part of our own, so that these tests need no Node."""
    folder = tmp_path / "static"
    (folder / "inbox" / "assets").mkdir(parents=True)
    (folder / "inbox" / "index.html").write_text("<!doctype html><div id=app></div>")
    (folder / "inbox" / "assets" / "index-abc123.js").write_text("let a = 1;" * 50)
    (folder / "inbox" / "assets" / "index-abc123.js.gz").write_bytes(b"\x1f\x8b-precompressed")
    (folder / ".hidden").write_text("secret")
    (tmp_path / "outside.txt").write_text("secret")
    monkeypatch.setattr(assets, "STATIC", folder)
    return folder


@pytest.mark.parametrize(
    "path",
    ["/", "/inbox", "/inbox/open/7", "/setup?token=t", "/login", "/settings/me", "/people/3"],
)
async def test_the_page_is_at_each_of_its_addresses(desk: Desk, built: Path, path: str) -> None:
    answered = await (await desk.browser()).get(path, is_api=False)
    assert answered.status == 200
    assert b"id=app" in answered.raw
    assert answered.headers["Content-Security-Policy"] == PAGE_CSP
    assert answered.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    ("path", "accepted", "is_page"),
    [("/c/7", "text/html", True), ("/c/7", "*/*", False), ("/api/v1/c/7", "text/html", False)],
)
async def test_an_address_of_nothing_is_a_page_for_people_and_a_refusal_for_programs(
    desk: Desk, built: Path, path: str, accepted: str, is_page: bool
) -> None:
    browser = await desk.browser()

    async with browser.client.get(path, headers={"Accept": accepted}) as answered:
        body = await answered.read()

    assert (answered.status, b"id=app" in body) == (404, is_page)
    assert (answered.headers["Content-Security-Policy"] == PAGE_CSP) is is_page
    assert answered.headers["Cache-Control"] == "no-store"


def test_the_page_runs_no_script_but_its_own_and_sits_in_no_frame() -> None:
    directives = dict(part.strip().split(" ", 1) for part in PAGE_CSP.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'self'"
    assert directives["style-src"] == "'self'"
    assert directives["frame-ancestors"] == "'none'"
    assert directives["base-uri"] == "'none'"
    assert directives["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in PAGE_CSP
    assert "*" not in PAGE_CSP


async def test_hashed_files_are_kept_for_ever_and_sent_compressed(desk: Desk, built: Path) -> None:
    browser = await desk.browser()
    path = "/static/inbox/assets/index-abc123.js"
    async with browser.client.session.get(
        browser.client.make_url(path),
        headers={"Accept-Encoding": "gzip"},
        auto_decompress=False,
    ) as response:
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response.headers["Content-Encoding"] == "gzip"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert await response.read() == b"\x1f\x8b-precompressed"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../outside.txt",
        "/static/%2e%2e/outside.txt",
        "/static/..%2foutside.txt",
        "/static/inbox/%2e%2e/%2e%2e/%2e%2e/outside.txt",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/.hidden",
        "/static/inbox",
        "/static/inbox/none.js",
        "/static/inbox/assets/none.js",
        "/static/%00",
    ],
)
async def test_nothing_outside_of_the_built_files_is_served(
    desk: Desk, built: Path, path: str
) -> None:
    answered = await (await desk.browser()).get(path, is_api=False)
    assert answered.status in (403, 404)
    assert b"secret" not in answered.raw
    assert answered.headers["Cache-Control"] == "no-store"


async def test_without_a_web_part_the_page_says_what_to_do(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, "STATIC", tmp_path)
    answered = await (await desk.browser()).get("/", is_api=False)
    assert answered.status == 503
    assert b"make web" in answered.raw


async def test_private_answers_are_kept_by_no_cache(desk: Desk) -> None:
    """A31."""
    browser = await desk.signed_in()
    for path in ("/me", "/agents", "/teams", "/me/sessions"):
        answered = await browser.get(path)
        assert answered.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answered.headers["Content-Security-Policy"]


async def test_every_answer_has_an_id_and_no_maker(desk: Desk) -> None:
    browser = await desk.browser()
    seen = set()
    for path in ("/healthz", "/nowhere", "/api/v1/me", "/api/v1/nowhere"):
        answered = await browser.get(path, is_api=False)
        seen.add(answered.headers["X-Request-ID"])
        assert "Server" not in answered.headers
    assert len(seen) == 4


async def test_an_unknown_address_and_a_wrong_method_are_said_in_our_form(desk: Desk) -> None:
    browser = await desk.browser()
    assert (await browser.get("/nowhere")).body["code"] == "not_found"
    wrong = await browser.call("PUT", "/login", {})
    assert (wrong.status, wrong.code) == (405, "method_not_allowed")
    assert wrong.headers["Allow"] == "POST"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "["]
)
async def test_a_page_that_rebinds_its_name_to_us_gets_nothing(desk: Desk, host: str) -> None:
    browser = await desk.signed_in()
    answered = await browser.get("/me", headers={"Host": host})
    assert (answered.status, answered.code) == (421, "foreign_host")


async def test_with_a_public_address_the_proxy_has_chosen_the_host(database: Database) -> None:
    desk = await open_desk(database, Settings(public_url="https://desk.example.com"))
    answered = await (await desk.browser()).get(
        "/healthz", headers={"Host": "desk.example.com"}, is_api=False
    )
    assert answered.status == 200
    assert "max-age" in answered.headers["Strict-Transport-Security"]
    await desk.close()


async def test_alive_without_a_database_and_not_ready(database: Database) -> None:
    nowhere = Database("postgresql://onethread:secret@127.0.0.1:1/none", clock=database.clock)
    desk = await open_desk(nowhere)
    browser = await desk.browser()
    assert (await browser.get("/healthz", is_api=False)).body == {"status": "ok"}
    ready = await browser.get("/readyz", is_api=False)
    assert (ready.status, ready.body["database"]) == (503, "unreachable")
    refused = await browser.post("/login", {"email": "a@example.com", "password": "x"})
    assert (refused.status, refused.code) == (503, "unavailable")
    assert b"secret" not in refused.raw + ready.raw
    metrics = await browser.get("/metrics", is_api=False)
    assert b"onethread_database_up 0.0" in metrics.raw
    await desk.close()
    await nowhere.close()


async def test_a_database_that_goes_away_in_the_middle_is_503_and_then_all_is_well(
    desk: Desk,
) -> None:
    owner = await desk.signed_in(Role.OWNER)
    async with desk.database.transaction() as work:
        # The route waits for the table while its connection is ended under it.
        await work.driver.execute("lock table teams in access exclusive mode")
        asked = asyncio.create_task(owner.get("/teams"))
        await until_blocked(desk.database)
        ended = await work.driver.fetchval(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity"
            " where datname = current_database() and wait_event_type = 'Lock'"
        )
        assert ended == 1
        answered = await asked
    assert (answered.status, answered.code) == (503, "unavailable")
    assert (await owner.get("/teams")).status == 200


async def test_a_paused_account_is_said_by_readyz_and_keeps_it_ready(desk: Desk) -> None:
    browser = await desk.browser()
    assert (await browser.get("/readyz", is_api=False)).body["status"] == "ready"
    async with desk.database.transaction() as work:
        await work.driver.execute(
            "insert into accounts (channel, label, hook_token, state, paused_reason, paused_code,"
            " created_at) values ('email', 'Support', 'h', 'paused', 'secret host', 'auth_refused',"
            " $1)",
            work.now(),
        )
    ready = await browser.get("/readyz", is_api=False)
    assert (ready.status, ready.body["status"]) == (200, "degraded")
    assert ready.body["paused_accounts"] == [
        {"account_id": 1, "channel": "email", "code": "auth_refused"}
    ]


async def test_an_older_or_newer_schema_is_not_ready(desk: Desk) -> None:
    browser = await desk.browser()
    for revision, said in [("0000", "behind"), ("9999", "ahead_or_other")]:
        async with desk.database.transaction() as work:
            await work.driver.execute("update alembic_version set version_num = $1", revision)
        ready = await browser.get("/readyz", is_api=False)
        assert (ready.status, ready.body["schema"]) == (503, said)


async def test_metrics_count_requests_by_pattern_and_are_for_this_machine(desk: Desk) -> None:
    browser = await desk.browser()
    await browser.get("/agents/123456/none")
    text = (await browser.get("/metrics", is_api=False)).raw.decode()
    assert 'onethread_http_requests_total{method="GET",route="none",status="404"}' in text
    assert "123456" not in text
    assert "onethread_outbox_unnumbered 0.0" in text


async def test_with_a_public_address_metrics_need_a_token(database: Database) -> None:
    desk = await open_desk(database, Settings(public_url="https://desk.example.com"))
    stranger = await (await desk.browser()).get("/metrics", is_api=False)
    assert stranger.status == 401
    for role, status in [(Role.AGENT, 403), (Role.AUDITOR, 200)]:
        program = await desk.token(role)
        assert (await program.get("/metrics", is_api=False)).status == status
    await desk.close()


async def test_the_documentation_asks_nothing_of_others(desk: Desk) -> None:
    answered = await (await desk.browser()).get("/api/docs", is_api=False)
    page = answered.raw.decode()
    assert answered.status == 200
    assert "<script" not in page
    assert " style=" not in page
    assert not re.findall(r"(?:src|href)=\"?(?:https?:)?//", page)
    assert "script-src" not in answered.headers["Content-Security-Policy"]
    assert "read_me" in page
    style = await (await desk.browser()).get("/api/docs.css", is_api=False)
    assert (style.status, style.headers["Content-Type"]) == (200, "text/css")


async def test_the_document_is_whole(desk: Desk) -> None:
    """Every reference leads somewhere, every operation has a name, a tag and a summary."""
    answered = await (await desk.browser()).get("/openapi.json")
    document = answered.body
    assert document["openapi"] == "3.1.0"
    text = msgspec.json.encode(document).decode()
    for name in set(re.findall(r'"#/components/schemas/([^"]+)"', text)):
        assert name in document["components"]["schemas"]
    operations = [one for methods in document["paths"].values() for one in methods.values()]
    assert len({one["operationId"] for one in operations}) == len(operations)
    for operation in operations:
        assert operation["summary"], operation["operationId"]
        assert operation["tags"], operation["operationId"]
    login = document["paths"]["/api/v1/login"]["post"]
    assert login["security"] == []
    assert set(login["responses"]) == {"200", "400", "401", "403", "413", "415", "429"}
    pause = document["paths"]["/api/v1/accounts/{account_id}/pause"]["post"]
    assert pause["security"] == [{"session": [], "csrf": []}, {"bearer": []}]


def test_the_command_prints_the_same_document() -> None:
    shown = CliRunner().invoke(openapi_command)
    assert shown.exit_code == 0
    assert msgspec.json.decode(shown.stdout)["openapi"] == "3.1.0"
