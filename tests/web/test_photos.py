"""Photos of agents over the API: put by oneself, seen by colleagues, served as pictures alone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.photos import LARGEST
from router.services.roles import Role
from router.storage.engine import Database
from tests.unit.test_photos import EXIF, PLAIN, START
from tests.web.desk import Answered, Browser
from tests.web.room import Room, open_room


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(database, tmp_path) as opened:
        yield opened


async def put(browser: Browser, content: bytes) -> Answered:
    headers = {"X-CSRF-Token": browser.csrf, "Content-Type": "image/jpeg"}
    address = "/api/v1/me/photo"
    async with browser.client.put(address, data=content, headers=headers) as response:
        return Answered(response, await response.read())


async def shown(browser: Browser) -> dict[int, str]:
    listed = (await browser.get("/agent-photos")).body["photos"]
    return {one["agent_id"]: one["version"] for one in listed}


async def test_photo_is_seen_by_colleagues_and_holds_nothing_but_the_picture(room: Room) -> None:
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    eva = await room.desk.signed_in(Role.AUDITOR, "eva@example.com")

    made = await put(bo, START + EXIF + PLAIN[2:])
    agent, version = made.body["agent_id"], made.body["version"]
    found = await eva.get(f"/agents/{agent}/photo/{version}")

    assert await shown(eva) == {agent: version}
    assert (found.status, found.raw) == (200, PLAIN)
    assert found.headers["Content-Type"] == "image/jpeg"
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in found.headers["Content-Security-Policy"]
    assert "private" in found.headers["Cache-Control"]
    assert (await eva.get(f"/agents/{agent}/photo/other")).status == 404


async def test_photo_is_replaced_and_dropped_by_its_agent_alone(room: Room) -> None:
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    eva = await room.desk.signed_in(Role.AGENT, "eva@example.com")
    first, evas = (await put(bo, PLAIN)).body, (await put(eva, PLAIN)).body
    second = (await put(bo, PLAIN.replace(b"\x12", b"\x13"))).body

    assert first["version"] != second["version"]
    assert (await bo.get(f"/agents/{first['agent_id']}/photo/{first['version']}")).status == 404
    assert (await bo.call("DELETE", "/me/photo")).status == 204
    assert await shown(bo) == {evas["agent_id"]: evas["version"]}


async def test_photo_goes_when_its_agent_leaves_or_an_admin_takes_it_away(room: Room) -> None:
    admin = await room.desk.signed_in(Role.ADMIN, "ada@example.com")
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    eva = await room.desk.signed_in(Role.AGENT, "eva@example.com")
    bos, evas = [(await put(one, PLAIN)).body["agent_id"] for one in (bo, eva)]

    denied = await bo.call("DELETE", f"/agents/{evas}/photo")
    taken = await admin.call("DELETE", f"/agents/{evas}/photo")
    still = await shown(admin)
    await admin.call("PATCH", f"/agents/{bos}", {"is_active": False})

    assert (denied.status, taken.status) == (403, 204)
    assert (list(still), await shown(admin)) == ([bos], {})
    audited = "select action, subject from audit_log where action like 'agent.photo%' order by id"
    async with room.desk.database.reading() as work:
        found = [tuple(row) for row in await work.driver.fetch(audited)]
    assert found == [
        ("agent.photo_put", f"agents/{bos}"),
        ("agent.photo_put", f"agents/{evas}"),
        ("agent.photo_dropped", f"agents/{evas}"),
    ]


async def test_what_is_no_small_jpeg_is_refused_and_the_photo_stays(room: Room) -> None:
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    made = (await put(bo, PLAIN)).body

    svg = await put(bo, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
    large = await put(bo, PLAIN + bytes(LARGEST))

    assert (svg.status, svg.code, large.status) == (400, "bad_photo", 413)
    assert await shown(bo) == {made["agent_id"]: made["version"]}
