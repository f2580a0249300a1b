"""What the log says of requests, and what it never says (A32)."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from structlog.testing import capture_logs

from router.runtime.log import blotted, configure_log
from router.services.roles import Role
from tests.web.desk import Desk

CANARY = "canary-c0ffee"
Captured = pytest.CaptureFixture[str]


async def test_a_request_is_one_line_with_ids_and_a_pattern(desk: Desk) -> None:
    browser = await desk.signed_in(Role.OWNER)
    with capture_logs() as lines:
        answered = await browser.call("DELETE", f"/teams/7?{CANARY}=1")
    (line,) = [one for one in lines if one["event"] == "request.answered"]
    assert line["route"] == "/api/v1/teams/{team_id}"
    assert (line["method"], line["status"]) == ("DELETE", answered.status)
    assert line["agent"] == browser.me["agent"]["id"]
    assert CANARY not in str(line)


async def test_no_secret_of_a_request_is_logged(desk: Desk) -> None:
    browser = await desk.signed_in(Role.OWNER)
    with capture_logs() as lines:
        await browser.post("/login", {"email": f"{CANARY}@example.com", "password": CANARY})
        await browser.post("/me/password", {"current": CANARY, "new": CANARY * 2})
        await browser.post("/invitations/accept", {"token": CANARY})
        await browser.get(f"/setup?token={CANARY}", is_api=False)
        await browser.get("/me", headers={"Authorization": f"Bearer {CANARY}"})
        await browser.get(f"/hooks/{CANARY}/x", is_api=False)
        await browser.post("/login", {"email": CANARY, CANARY: 1})
    assert len(lines) >= 6
    assert CANARY not in str(lines)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://o:s3cret@db/x", "postgresql://o:***@db/x"),
        ("Authorization: Bearer abcdefgh123", "Authorization: Bearer ***"),
        (
            "https://api.example.com/bot123456789:AAE-abcdefghijklmnopqrstuvwxyz012345/getMe",
            "https://api.example.com/bot***/getMe",
        ),
        ("12:30 is no token", "12:30 is no token"),
    ],
)
def test_what_looks_like_a_secret_is_blotted_out(text: str, shown: str) -> None:
    assert blotted(text) == shown


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def test_both_kinds_of_loggers_write_one_json_object_a_line(
    capsys: Captured,
) -> None:
    configure_log(log_format="json", log_level="info", is_for_ever=False)
    structlog.get_logger("x").info("thing.done", thing=7, token=CANARY)
    structlog.get_logger("x").debug("thing.seen")
    logging.getLogger("library").warning("cannot reach %s", f"imap://o:{CANARY}@mail.example.com")
    logging.getLogger("library").info("chatter")
    written = capsys.readouterr().err
    first, second = [json.loads(line) for line in written.splitlines()]
    assert (first["event"], first["thing"], first["level"]) == ("thing.done", 7, "info")
    assert second["level"] == "warning"
    assert CANARY not in written


def test_a_fault_is_written_with_its_trace_and_without_secrets(
    capsys: Captured,
) -> None:
    configure_log(log_format="json", log_level="info", is_for_ever=False)
    try:
        raise ConnectionError(f"postgresql://o:{CANARY}@db/x does not answer")
    except ConnectionError:
        logging.getLogger("aiohttp.server").exception("Error handling request")
    written = capsys.readouterr().err
    (line,) = [json.loads(line) for line in written.splitlines()]
    assert "ConnectionError" in line["exception"]
    assert CANARY not in written
