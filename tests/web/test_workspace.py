"""The desk as a whole: its name and hours, and how a new desk begins."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from core.clock import FakeClock
from router.blobs.disk import DiskBlobs
from router.runtime.registry import Registry
from router.services.roles import Role
from router.storage.engine import Database
from tests.web.desk import Desk, open_desk_of
from tests.web.visiting import Chat, Site

HOURS = [{"days": "mon-fri", "opens": "09:00", "closes": "18:00"}]
WANTED = {"name": "Acme", "language": "ru", "time_zone": "Europe/Berlin", "hours": HOURS}
SUNDAY = datetime(2026, 1, 11, 12, tzinfo=UTC)


@pytest.fixture
async def new_desk(database: Database, tmp_path: Path) -> Any:
    """With the channels that come along."""
    opened = await open_desk_of(database, Registry(), DiskBlobs(tmp_path / "blobs"))
    yield opened
    await opened.close()


async def reception(chat: Chat, site: Site) -> dict[str, Any]:
    """What the widget is told of whether somebody is there."""
    said: dict[str, Any] = (await chat.page(site).call("GET", "/config")).body["reception"]
    return said


async def test_desk_is_named_and_every_page_is_told(desk: Desk) -> None:
    owner = await desk.signed_in(Role.OWNER)
    assert (await owner.get("/workspace")).body["name"] == ""
    assert not (await owner.get("/first-run")).body["has_workspace"]

    changed = await owner.call("PUT", "/workspace", WANTED)

    assert (changed.status, changed.body) == (200, WANTED)
    assert (await owner.get("/workspace")).body == WANTED
    assert (await owner.get("/first-run")).body["has_workspace"]
    entry = (await owner.get("/audit?limit=1")).body["entries"][0]
    assert entry["action"] == "workspace.changed"
    assert sorted(entry["facts"]["fields"]) == ["hours", "language", "name", "time_zone"]
    async with desk.database.reading() as work:
        told = await work.driver.fetchval(
            "select count(*) from outbox where kind = 'workspace.changed'"
        )
    assert told == 1


async def test_colleague_who_is_invited_is_greeted_in_the_language_of_the_desk(desk: Desk) -> None:
    owner = await desk.signed_in(Role.OWNER)
    await owner.call("PUT", "/workspace", WANTED)

    assert not (await owner.get("/first-run")).body["has_colleague"]
    url = (await owner.post("/invitations", {"role": "agent"})).body["url"]
    assert (await owner.get("/first-run")).body["has_colleague"]
    query = parse_qs(urlsplit(url).query)
    form = {"token": query["token"][0], "name": "Eva", "email": "eva@desk.example"}
    joined = await (await desk.browser()).post(
        "/invitations/accept", {**form, "password": "a long enough password"}
    )

    assert query["language"] == ["ru"]
    assert (joined.status, joined.body["agent"]["language"]) == (201, "ru")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"language": "tlh"}, "language"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"hours": [{**HOURS[0], "days": "someday"}]}, "hours.0.days"),
        ({"hours": [{**HOURS[0], "closes": "08:00"}]}, "hours.0"),
        ({"hours": HOURS * 22}, "hours"),
    ],
)
async def test_wrong_setting_of_the_desk_is_named_and_changes_nothing(
    desk: Desk, changes: dict[str, Any], field: str
) -> None:
    owner = await desk.signed_in(Role.OWNER)
    refused = await owner.call("PUT", "/workspace", WANTED | changes)
    assert (refused.status, refused.body["field"]) == (400, field)
    assert (await owner.get("/workspace")).body["name"] == ""


async def test_first_account_can_be_written_to_at_once(new_desk: Desk) -> None:
    owner = await new_desk.signed_in(Role.OWNER)
    await owner.call("PUT", "/workspace", WANTED)

    made = await owner.post("/first-run/account")

    assert made.status == 201, made.raw
    assert made.body["preview_path"].startswith("/widget/help?account=")
    config = (await owner.get(f"/accounts/{made.body['id']}")).body["config"]
    assert (config["site"], config["title"]) == ("acme", "Acme")
    assert (await owner.get("/first-run")).body["has_account"]
    again = await owner.post("/first-run/account")
    assert (again.status, again.code) == (409, "label_taken")


async def test_desk_without_such_a_channel_says_so(desk: Desk) -> None:
    owner = await desk.signed_in(Role.OWNER)
    refused = await owner.post("/first-run/account")
    assert refused.status in (409, 503), refused.raw


async def test_hours_of_the_desk_hold_for_a_chat_without_its_own(
    chat: Chat, clock: FakeClock
) -> None:
    follows = await chat.site("follows")
    own = [{"days": "mon-sun", "opens": "00:00", "closes": "24:00"}]
    apart = await chat.site("apart", hours=own)
    clock.advance(SUNDAY - clock.now())
    assert (await reception(chat, follows))["is_open"]

    owner = await chat.desk.signed_in(Role.OWNER)
    assert (await owner.call("PUT", "/workspace", WANTED)).status == 200
    await chat.doors.refresh()

    closed = await reception(chat, follows)
    assert not closed["is_open"]
    assert datetime.fromisoformat(closed["opens_at"]) == datetime(2026, 1, 12, 8, tzinfo=UTC)
    assert (await reception(chat, apart))["is_open"]
    clock.advance(timedelta(days=1))
    assert (await reception(chat, follows))["is_open"]
