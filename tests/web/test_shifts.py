"""The rota over HTTP: who may change it, and what bad input is answered with."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.clock import FakeClock
from router.services.roles import Role
from router.storage.engine import Database
from tests.web.room import Room, open_room


@pytest.fixture
async def room(database: Database, tmp_path: Path, clock: FakeClock) -> AsyncIterator[Room]:
    clock.advance(datetime(2026, 6, 1, 6, tzinfo=UTC) - clock.now())
    async with open_room(database, tmp_path) as opened:
        yield opened


async def a_rota(room: Room, agent: int) -> dict[str, Any]:
    team = await room.stage.value(
        "insert into teams (name, created_at) values ('All', now()) returning id"
    )
    shift = {
        "key": "day",
        "name": "Day",
        "team_id": team,
        "agent_ids": [agent],
        "time_zone": "Europe/Berlin",
        "starts": "08:00",
        "ends": "08:00",
        "first_day": "2026-05-01",
        "weekdays": "mon-sun",
    }
    return {"shifts": [shift], "rest_hours": 0}


async def test_rota_is_changed_by_supervisors_and_read_by_everybody(room: Room) -> None:
    boss = await room.desk.signed_in(Role.SUPERVISOR)
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    rota = await a_rota(room, bo.me["agent"]["id"])
    body = {"rota": rota, "expect_revision": 0}

    refused = await bo.call("PUT", "/rota", body)
    made = await boss.call("PUT", "/rota", body)
    stale = await boss.call("PUT", "/rota", body)
    span = "since=2026-06-01T00:00:00Z&until=2026-06-03T00:00:00Z"
    duties = await bo.get(f"/rota/duties?{span}")
    now = await bo.get("/rota/on-duty")

    assert (refused.status, made.status, stale.status) == (403, 200, 409)
    assert stale.code == "moved_on"
    assert [one["day"] for one in duties.body["duties"]] == [
        "2026-05-31",
        "2026-06-01",
        "2026-06-02",
    ]
    assert now.body["duties"][0]["agent_ids"] == [bo.me["agent"]["id"]]


async def test_rota_with_holes_is_answered_with_the_first_of_them(room: Room) -> None:
    boss = await room.desk.signed_in(Role.SUPERVISOR)
    rota = await a_rota(room, boss.me["agent"]["id"])
    rota["shifts"][0] |= {"ends": "20:00"}

    checked = await boss.post("/rota/check", rota)
    stopped = await boss.call("PUT", "/rota", {"rota": rota, "expect_revision": 0})
    accepted = await boss.call("PUT", "/rota", {"rota": rota, "expect_revision": 0, "accept": True})

    assert (stopped.status, stopped.code, accepted.status) == (409, "rota_has_faults", 200)
    assert stopped.body["starts"] == checked.body["holes"][0]["starts"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/rota/duties?since=2026-06-01T00:00:00Z&until=2027-06-01T00:00:00Z", 400),
        ("/rota/duties?since=2026-06-01&until=2026-06-02T00:00:00Z", 400),
        ("/rota/on-duty?at=now", 400),
        ("/rota/on-duty?at=0001-01-01T00:00:00Z", 400),
        ("/rota/on-duty?at=9999-12-31T23:59:59Z", 400),
    ],
    ids=["too long", "no time", "no instant", "before time", "after time"],
)
async def test_instants_that_cannot_be_answered_are_refused(
    room: Room, path: str, status: int
) -> None:
    boss = await room.desk.signed_in(Role.SUPERVISOR)
    rota = await a_rota(room, boss.me["agent"]["id"])
    await boss.call("PUT", "/rota", {"rota": rota, "expect_revision": 0})

    assert (await boss.get(path)).status == status


async def test_changes_of_days_are_refused_with_words_where_they_cannot_be(room: Room) -> None:
    boss = await room.desk.signed_in(Role.SUPERVISOR)
    rota = await a_rota(room, boss.me["agent"]["id"])
    await boss.call("PUT", "/rota", {"rota": rota, "expect_revision": 0})

    unknown = await boss.call("PUT", "/rota/duties/none/2026-06-02", {"is_cancelled": True})
    no_day = await boss.call("PUT", "/rota/duties/day/2026-06-32", {"is_cancelled": True})
    far = await boss.call("PUT", "/rota/duties/day/9999-12-31", {"is_cancelled": True})
    hole = await boss.call("PUT", "/rota/duties/day/2026-06-02", {"is_cancelled": True})
    kept = await boss.call(
        "PUT", "/rota/duties/day/2026-06-02", {"is_cancelled": True, "accept": True}
    )

    assert [one.status for one in (unknown, no_day, far, hole, kept)] == [404, 404, 400, 409, 204]


async def test_calendar_feed_is_read_without_signing_in_and_answers_304_by_its_etag(
    room: Room,
) -> None:
    boss = await room.desk.signed_in(Role.SUPERVISOR)
    await boss.call(
        "PUT", "/rota", {"rota": await a_rota(room, boss.me["agent"]["id"]), "expect_revision": 0}
    )
    made = await boss.post("/rota/calendars", {})
    stranger = await room.desk.browser()

    read = await stranger.get(made.body["path"], is_api=False)
    same = await stranger.get(
        made.body["path"], is_api=False, headers={"If-None-Match": read.headers["ETag"]}
    )
    listed = await boss.get("/rota/calendars")
    revoked = await boss.call("DELETE", f"/rota/calendars/{made.body['feed']['id']}")
    gone = await stranger.get(made.body["path"], is_api=False)

    assert (read.status, same.status, revoked.status, gone.status) == (200, 304, 204, 404)
    assert read.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "path" not in str(listed.body)
    assert listed.body["feeds"][0]["read_at"] is not None


async def test_calendar_with_a_fault_is_answered_with_the_line(room: Room) -> None:
    boss = await room.desk.signed_in(Role.SUPERVISOR)
    text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nnonsense\nEND:VEVENT\nEND:VCALENDAR"

    answer = await boss.post("/rota/calendars/read", {"text": text, "kind": "holidays"})
    large = {"text": "x" * (512 * 1024 + 1), "kind": "holidays"}

    assert (answer.status, answer.code, answer.body["line"]) == (400, "bad_calendar", 3)
    assert (await boss.post("/rota/calendars/read", large)).status == 400


async def test_holidays_of_hours_and_unknown_countries_are_refused_with_words(room: Room) -> None:
    boss = await room.desk.signed_in(Role.SUPERVISOR)

    def sketch(**hours: str) -> dict[str, Any]:
        return {"holidays": [{"day": "2026-12-24", **hours}]}

    one_end = await boss.post("/rota/preview", sketch(starts="12:00"))
    backwards = await boss.post("/rota/preview", sketch(starts="12:00", ends="11:00"))
    good = await boss.post("/rota/preview", sketch(starts="12:00", ends="00:00"))
    known = (await boss.get("/rota/countries")).body["countries"]
    regions = await boss.get("/rota/countries/ZZ")

    assert (one_end.status, backwards.status, regions.status) == (400, 400, 404)
    assert (one_end.code, backwards.code) == ("missing", "backwards")
    assert good.body["holidays"][0]["starts"] == "12:00"
    assert {"DE", "CN", "RU"} <= set(known)


async def test_agents_swap_over_http_and_the_page_that_waits_hears_of_it(room: Room) -> None:
    boss = await room.desk.signed_in(Role.SUPERVISOR)
    ana = await room.desk.signed_in(Role.AGENT, "ana@example.com")
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    rota = await a_rota(room, ana.me["agent"]["id"])
    other = rota["shifts"][0] | {"key": "other", "agent_ids": [bo.me["agent"]["id"]]}
    rota["shifts"] = [rota["shifts"][0] | {"ends": "16:00"}, other | {"starts": "16:00"}]
    assert (await boss.call("PUT", "/rota", {"rota": rota, "expect_revision": 0})).status == 200
    to_bo = {"shift": "day", "day": "2026-06-03", "to_id": bo.me["agent"]["id"]}

    made = await ana.post("/rota/exchanges", to_bo)
    [offer] = (await bo.get("/rota/exchanges")).body["exchanges"]
    waits = (await bo.get("/awaiting")).body["exchanges"]
    taken = await bo.post(f"/rota/exchanges/{offer['id']}/answer", {"answer": "accept"})
    late = await bo.post(f"/rota/exchanges/{offer['id']}/answer", {"answer": "accept"})
    to_decide = (await boss.get("/awaiting")).body["exchanges"]
    path = f"/rota/exchanges/{offer['id']}/decision"
    refused = await bo.post(path, {"approve": True})
    approved = await boss.post(path, {"approve": True})
    seen = await ana.post("/rota/exchanges/seen", {})
    half = await ana.post("/rota/exchanges", to_bo | {"day": "2026-06-04", "other_shift": "other"})

    assert (made.status, taken.status, late.status, late.code) == (201, 200, 409, "exchange_taken")
    assert (offer["may"], waits, to_decide) == (["accept", "decline"], [offer["id"]], waits)
    assert (refused.status, approved.status, half.status) == (403, 200, 400)
    assert approved.body["exchanges"][0]["state"] == "done"
    assert (seen.status, (await ana.get("/awaiting")).body["exchanges"]) == (204, [])


async def test_absence_that_leaves_a_hole_needs_a_yes_and_is_noted_once(room: Room) -> None:
    boss = await room.desk.signed_in(Role.SUPERVISOR)
    me = boss.me["agent"]["id"]
    rota = await a_rota(room, me)
    await boss.call("PUT", "/rota", {"rota": rota, "expect_revision": 0})
    gone = {"shift": "day", "day": "2026-06-03", "agent_id": me}

    hole = await boss.post("/rota/absences", gone)
    open_duty = await boss.post("/rota/absences", gone | {"accept": True})
    again = await boss.post("/rota/absences", gone | {"accept": True})
    week = await boss.get("/rota/duties?since=2026-06-01T00:00:00Z&until=2026-06-08T00:00:00Z")

    assert (hole.status, hole.code, open_duty.status) == (409, "rota_has_faults", 204)
    assert (again.status, again.code) == (400, "not_theirs")
    assert [(one["day"], one["agent_id"]) for one in week.body["open"]] == [("2026-06-03", me)]
