"""What the connectors' screens show and do: figures, history, log, drain, secrets, decisions."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.capabilities import Capabilities
from core.checking import CheckStep, Endpoint
from core.clock import FakeClock
from core.connector import AccountInfo, Manifest
from core.errors import AuthRefused, TransientError
from router.blobs.disk import DiskBlobs
from router.runtime.registry import ChannelEntry, Registry
from router.services import privacy
from router.services.roles import Role
from router.storage import account_events
from router.storage.engine import Database
from router.storage.sight import FULL_SIGHT
from tests.services.answering_desk import AnsweringDesk
from tests.services.answering_desk import open_desk as open_answering
from tests.waiting import PATIENCE
from tests.web.desk import Browser, Desk, open_desk_of
from tests.web.test_ops import Config, Trial

OLD, NEW = "canary-old-secret", "canary-new-secret"


class Local(Config):
    host: str = "127.0.0.1"
    port: int = 1
    base_url: str = ""
    is_deaf: bool = False


class Signing(Trial):
    """Lets in whoever has the new password."""

    Config = Local

    def endpoints(self) -> tuple[Endpoint, ...]:
        config: Any = self._config
        if config.base_url:
            return (Endpoint.of_url(config.base_url),)
        return (Endpoint(host=config.host, port=config.port),)

    capabilities = Capabilities(round_trip=True)

    async def round_trip(self) -> Sequence[CheckStep]:
        config: Any = self._config
        if config.is_deaf:
            raise TransientError("The server takes no mail now.")
        return (CheckStep(name="came back", ok=True),)

    async def check(self) -> AccountInfo:
        config: Any = self._config
        if config.password.get_secret_value() != NEW:
            raise AuthRefused("The server refuses the password.")
        return AccountInfo(shown_as="help@example.com", steps=(CheckStep(name="in", ok=True),))


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> Any:
    manifest = Manifest(
        channel="sample",
        name="Sample",
        contract=1,
        realm="sample",
        intake=(),
        entry=f"{__name__}:Signing",
    )
    known = Registry([ChannelEntry(channel="sample", manifest=manifest)])
    opened = await open_desk_of(database, known, DiskBlobs(tmp_path / "blobs"))
    yield opened
    await opened.close()


@pytest.fixture
async def answering(desk: Desk, tmp_path: Path) -> AnsweringDesk:
    return await open_answering(desk.database, tmp_path / "answering")


async def account_of(owner: Browser, port: int = 1, **more: Any) -> int:
    config = {"password": OLD, "port": port, **more}
    made = await owner.post("/accounts", {"channel": "sample", "label": "Box", "config": config})
    assert made.status == 201, made.raw
    return int(made.body["id"])


async def went_wrong(answering: AnsweringDesk, code: str, reason: str, state: str) -> int:
    """One answer with one attempt that came to this; its delivery."""
    person = await answering.hear("ann")
    written = await answering.answer(person)
    delivery = int(
        await answering.value(
            "update deliveries set state = $2, code = $3, reason = $4, attempt = 1"
            " where message_id = $1 returning id",
            written.message_id,
            state,
            code,
            reason,
        )
    )
    await answering.value(
        "insert into delivery_attempts (delivery_id, attempt, claim, started_at, finished_at,"
        " outcome, reason) values ($1, 1, 1, $4, $4, $2, $3)",
        delivery,
        code,
        reason,
        answering.database.clock.now(),
    )
    await answering.value(
        "insert into outbox (kind, person_id, ref, at) values ('delivery.changed', $1, $2, $3)",
        person,
        delivery,
        answering.database.clock.now(),
    )
    await answering.value("update outbox set position = id where position is null")
    return delivery


async def record(database: Database) -> int:
    async with database.transaction() as work:
        return await account_events.follow(work, limit=500)


async def test_a_fault_counts_once_in_the_hour_in_which_it_was(
    desk: Desk, answering: AnsweringDesk, clock: FakeClock
) -> None:
    await went_wrong(answering, "recipient_gone", "ann@home.example is not here", "failed")
    assert await record(desk.database) > 0
    await answering.value("update followers set position = 0")
    await record(desk.database)
    clock.advance(timedelta(hours=2))
    owner = await desk.signed_in(Role.OWNER)

    [standing] = (await owner.get("/account-standings")).body["standings"]

    assert (sum(standing["errors"]), standing["errors"][-3], len(standing["errors"])) == (1, 1, 24)
    assert standing["last_error"] == "…@home.example is not here"
    assert standing["last_error_code"] == "recipient_gone"
    clock.advance(timedelta(hours=23))
    async with desk.database.reading() as work:
        [later] = await account_events.standings(work, FULL_SIGHT)
    assert sum(later.errors) == 0


async def test_nothing_of_what_a_network_said_of_an_erased_person_is_left(
    desk: Desk, answering: AnsweringDesk, tmp_path: Path
) -> None:
    owner = await desk.signed_in(Role.OWNER)
    await went_wrong(answering, "recipient_gone", "550 <ann@home.example> is not here", "failed")
    person = int(await answering.value("select id from persons"))
    await record(desk.database)
    await privacy.export_person(desk.database, answering.blobs, "cli", person, tmp_path / "ann")
    await privacy.erase_person(desk.database, answering.blobs, "cli", person)

    [event] = (await owner.get(f"/accounts/{answering.account}/history")).body["events"]

    assert (event["code"], event["reason"]) == ("recipient_gone", "")
    assert not await answering.rows("select from account_events where reason <> ''")
    copy = msgspec.json.decode((tmp_path / "ann" / "person.json").read_bytes())
    assert [one["reason"] for one in copy["delivery_attempts"]] == [
        "550 <ann@home.example> is not here"
    ]


async def test_waiting_is_no_fault(desk: Desk, answering: AnsweringDesk) -> None:
    owner = await desk.signed_in(Role.OWNER)
    await went_wrong(answering, "rate_limited", "", "queued")
    await record(desk.database)
    [standing] = (await owner.get("/account-standings")).body["standings"]
    assert (sum(standing["errors"]), standing["last_error_at"]) == (0, None)


async def test_the_log_tells_a_delivery_without_a_word_of_it(
    desk: Desk, answering: AnsweringDesk
) -> None:
    owner = await desk.signed_in(Role.OWNER)
    await went_wrong(answering, "content_rejected", "token 123456:" + "A" * 35, "failed")
    answered = await owner.get(f"/accounts/{answering.account}/log")
    kinds = [line["kind"] for line in answered.body["lines"]]
    assert sorted(kinds) == ["attempt", "came_in", "outcome", "queued", "state"]
    for secret in (b"Hello", b"Good day", b"ann", b"A" * 35):
        assert secret not in answered.raw
    message = next(one["message_id"] for one in answered.body["lines"] if one["attempt"])
    one = (await owner.get(f"/accounts/{answering.account}/log?message_id={message}")).body
    assert {line["message_id"] for line in one["lines"]} == {message}
    assert (await owner.get(f"/accounts/{answering.account}/log?message_id=999")).status == 404


async def test_the_stream_says_what_is_new_and_says_it_once(
    desk: Desk, answering: AnsweringDesk
) -> None:
    owner = await desk.signed_in(Role.OWNER)
    await answering.hear("ann")
    await answering.value("update outbox set position = id where position is null")
    address = f"/api/v1/accounts/{answering.account}/log/stream"
    async with owner.client.get(address) as response, asyncio.timeout(PATIENCE):
        assert response.content_type == "text/event-stream"
        first = await read_lines(response)
        await answering.hear("bob")
        await answering.value("update outbox set position = id where position is null")
        second = await read_lines(response)
    assert [line["kind"] for line in first + second] == ["came_in", "came_in"]
    assert first[0]["key"] != second[0]["key"]


async def read_lines(response: Any) -> list[Any]:
    async for line in response.content:
        if line.startswith(b"data: "):
            found: list[Any] = msgspec.json.decode(line[6:])["lines"]
            return found
    raise AssertionError("the stream ended")


async def test_a_drained_account_takes_nothing_and_resuming_ends_it(desk: Desk) -> None:
    owner = await desk.signed_in(Role.OWNER)
    account = await account_of(owner)
    drained = await owner.post(f"/accounts/{account}/drain")
    assert (drained.status, drained.body["is_draining"]) == (200, True)
    assert (await owner.post(f"/accounts/{account}/drain")).code == "not_running"
    assert (await owner.post(f"/accounts/{account}/resume")).body["is_draining"] is False
    assert (await owner.post(f"/accounts/{account}/reconnect")).status == 200
    await owner.post(f"/accounts/{account}/pause", {"reason": "Holiday"})
    assert (await owner.post(f"/accounts/{account}/reconnect")).code == "not_running"
    events = (await owner.get(f"/accounts/{account}/history")).body["events"]
    assert [one["code"] for one in events] == ["paused", "reconnected", "active", "draining"]
    assert {one["actor"] for one in events} == {f"agents/{owner.me['agent']['id']}"}
    page = (await owner.get(f"/accounts/{account}/history?limit=3")).body
    rest = (await owner.get(f"/accounts/{account}/history?before={page['next']}")).body
    assert [one["code"] for one in rest["events"]] == ["draining"]


@pytest.mark.parametrize("is_deaf", [False, True])
async def test_account_writes_to_itself_only_when_that_is_asked_for(
    desk: Desk, is_deaf: bool
) -> None:
    owner = await desk.signed_in(Role.OWNER)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    account = await account_of(owner, port, password=NEW, is_deaf=is_deaf)
    silent = (await owner.post(f"/accounts/{account}/check")).body
    whole = (await owner.post(f"/accounts/{account}/check", {"sends": True})).body
    assert silent["steps"][-1]["name"] == "in"
    assert whole["ok"] is not is_deaf
    last = whole["steps"][-1]
    told = ("Write to itself", "The server takes no mail now.") if is_deaf else ("came back", "")
    assert (last["name"], last["detail"]) == told
    [shown] = (await owner.get("/accounts")).body["accounts"]
    assert (shown["test"]["steps"][-1]["name"], shown["state"]) == (last["name"], "active")
    server.close()


async def test_a_new_secret_lets_a_refused_account_run_again(desk: Desk) -> None:
    owner = await desk.signed_in(Role.OWNER)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    account = await account_of(owner, port)
    failed = (await owner.post(f"/accounts/{account}/check")).body
    assert [(one["name"], one["ok"]) for one in failed["steps"]] == [
        ("Name", True),
        ("TCP", True),
        ("Sign in", False),
    ]
    assert all(one["ms"] is not None for one in failed["steps"])
    async with desk.database.transaction() as work:
        await work.driver.execute(
            "update accounts set state = 'paused', paused_code = 'auth_refused'"
        )

    rotated = await owner.post(f"/accounts/{account}/secrets", {"secrets": {"password": NEW}})

    assert (rotated.status, rotated.body["state"]) == (200, "active")
    assert (await owner.post(f"/accounts/{account}/check")).body["ok"] is True
    shown = await owner.get("/accounts")
    assert [one["name"] for one in shown.body["accounts"][0]["test"]["steps"]][-1] == "in"
    audit = (await owner.get("/audit")).body["entries"][0]
    assert (audit["action"], audit["facts"]) == ("account.secret_rotated", {"fields": ["password"]})
    for answered in (shown, rotated, await owner.get("/audit")):
        assert NEW.encode() not in answered.raw
    refused = await owner.post(f"/accounts/{account}/secrets", {"secrets": {"port": "99"}})
    assert (refused.status, refused.body["field"]) == (400, "secrets.port")
    server.close()


async def test_settings_are_tried_before_they_are_stored(desk: Desk) -> None:
    owner = await desk.signed_in(Role.OWNER)
    tried = await owner.post("/channels/sample/check", {"config": {"password": NEW, "port": 1}})
    assert [(one["name"], one["ok"]) for one in tried.body["steps"]] == [
        ("Name", True),
        ("TCP", False),
    ]
    assert tried.body["steps"][-1]["fix"] != ""
    wrong = await owner.post("/channels/sample/check", {"config": {"port": 1}})
    assert (wrong.status, wrong.body["field"]) == (400, "config.password")
    assert (await owner.post("/channels/none/check", {"config": {}})).status == 404
    assert (await owner.get("/channels/none/guide")).status == 404
    assert (await owner.get("/accounts")).body["accounts"] == []


@pytest.mark.parametrize(
    ("mistyped", "step"),
    [
        ({"host": "mail..example.com"}, "Name"),
        ({"host": "m" * 64 + ".example.com"}, "Name"),
        ({"base_url": "https://mail.example.com:99999"}, "Settings"),
        ({"base_url": "https://mail.example.com:443x"}, "Settings"),
        ({"base_url": "https:///bot"}, "Settings"),
    ],
)
async def test_mistyped_host_or_port_is_a_step_that_failed(
    desk: Desk, mistyped: dict[str, str], step: str
) -> None:
    owner = await desk.signed_in(Role.OWNER)
    tried = await owner.post("/channels/sample/check", {"config": {"password": NEW, **mistyped}})
    assert (tried.status, tried.body["ok"]) == (200, False)
    [failed] = tried.body["steps"]
    assert (failed["name"], failed["ok"], bool(failed["fix"])) == (step, False, True)


async def test_held_deliveries_are_decided_on_in_bulk_and_audited(
    desk: Desk, answering: AnsweringDesk
) -> None:
    owner = await desk.signed_in(Role.OWNER)
    failed = await went_wrong(answering, "content_rejected", "Too rude.", "failed")
    dead = await went_wrong(answering, "transient", "Given up: down", "failed")
    slowed = await went_wrong(answering, "rate_limited", "Given up: too many", "failed")
    lost = await went_wrong(answering, "outcome_unknown", "No answer.", "unknown")
    listed = (await owner.get("/deliveries")).body["deliveries"]
    assert [(one["id"], one["trouble"]) for one in listed] == [
        (lost, "unknown"),
        (slowed, "dead"),
        (dead, "dead"),
        (failed, "failed"),
    ]
    assert listed[-1]["text"] == "Good day"
    only = (await owner.get("/deliveries?trouble=dead&limit=2")).body
    assert ([one["id"] for one in only["deliveries"]], only["next"]) == ([slowed, dead], None)

    decided = await owner.post(
        "/deliveries/decisions", {"ids": [failed, lost, 999], "decision": "other_way"}
    )

    assert decided.body["done"] == [failed]
    assert {one["id"]: one["code"] for one in decided.body["refused"]} == {
        lost: "too_late",
        999: "not_found",
    }
    again = {"ids": [failed], "decision": "other_way"}
    assert (await owner.post("/deliveries/decisions", again)).body["done"] == [failed]
    dropped = await owner.post("/deliveries/decisions", {"ids": [dead], "decision": "drop"})
    assert dropped.body == {"done": [dead], "refused": []}
    audit = (await owner.get("/audit")).body["entries"]
    assert [(one["action"], one["subject"]) for one in audit[:2]] == [
        ("delivery.dropped", f"deliveries/{dead}"),
        ("delivery.sent_on", f"deliveries/{failed}"),
    ]


async def test_what_a_case_hides_is_not_listed_and_not_logged(
    desk: Desk, answering: AnsweringDesk
) -> None:
    failed = await went_wrong(answering, "content_rejected", "Too rude.", "failed")
    await answering.value("update cases set access_class = 'fraud'")
    supervisor = await desk.signed_in(Role.SUPERVISOR)
    assert (await supervisor.get("/deliveries")).body["deliveries"] == []
    assert (await supervisor.get(f"/accounts/{answering.account}/log")).body["lines"] == []
    assert await record(desk.database) > 0
    history = f"/accounts/{answering.account}/history"
    assert (await supervisor.get(history)).body["events"] == []
    [standing] = (await supervisor.get("/account-standings")).body["standings"]
    assert (standing["last_error"], standing["last_error_at"]) == ("", None)
    owner = await desk.signed_in(Role.OWNER)
    assert [one["reason"] for one in (await owner.get(history)).body["events"]] == ["Too rude."]
    decided = await supervisor.post("/deliveries/decisions", {"ids": [failed], "decision": "drop"})
    assert (decided.body["done"], len(decided.body["refused"])) == ([], 1)


async def test_the_first_run_knows_what_is_done_by_the_rows(desk: Desk, tmp_path: Path) -> None:
    owner = await desk.signed_in(Role.OWNER)

    async def done() -> list[str]:
        found = (await owner.get("/first-run")).body
        return sorted(name for name, is_done in found.items() if is_done)

    assert await done() == []
    await owner.post("/teams", {"name": "Payments"})
    assert await done() == ["has_team"]
    await owner.post("/invitations", {"role": "agent", "email": "bo@desk.example"})
    answering = await open_answering(desk.database, tmp_path / "answering")
    assert await done() == ["has_account", "has_colleague", "has_team"]
    person = await answering.hear("ann")
    assert await done() == ["has_account", "has_colleague", "has_message", "has_team"]
    await answering.answer(person)
    assert "has_answer" in await done()
