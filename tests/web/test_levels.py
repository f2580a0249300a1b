"""What cases, topics and identities need and prove, over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from router.services.roles import Role
from router.settings import Settings
from router.storage.engine import Database
from tests.services.builders import signed_sender
from tests.web.desk import Answered, Browser
from tests.web.room import Room, open_room, restricted_agent

PAGE = "https://host.example/prove"


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    settings = Settings.model_validate({"host": {"step_up_url": PAGE}})
    async with open_room(database, tmp_path, settings=settings) as opened:
        yield opened


@pytest.fixture
async def bo(room: Room) -> Browser:
    return await room.desk.signed_in(Role.AGENT, "bo@example.com")


async def begin(room: Room, *, is_linked: bool = False) -> tuple[int, int]:
    """Ana wrote: her conversation and its case."""
    by: Any = signed_sender("ana", host="7", realm="sample") if is_linked else "ana"
    message = await room.stage.says(by)
    return await room.stage.person_of(message), await room.stage.case_of(message)


async def answer(browser: Browser, person: int, **fields: Any) -> Answered:
    body = {"client_key": f"k{fields}", "kind": "reply", "text": "Good day", **fields}
    return await browser.post(f"/conversations/{person}/messages", body)


async def audited(room: Room) -> list[str]:
    async with room.database.reading() as work:
        rows = await work.driver.fetch("select action from audit_log order by id")
    return [
        row["action"] for row in rows if row["action"].split(".")[0] not in ("session", "login")
    ]


@pytest.mark.parametrize("is_program", [False, True], ids=["agent", "token"])
async def test_answer_below_the_level_is_refused_with_what_is_missing(
    room: Room, bo: Browser, is_program: bool
) -> None:
    person, case = await begin(room)
    await bo.post(f"/cases/{case}", {"minimum_level": 2})
    asking = await room.desk.token(Role.AGENT) if is_program else bo
    before = counted()

    refused = await answer(asking, person)

    assert (refused.status, refused.code) == (409, "level_too_low")
    told = {name: refused.body[name] for name in ("needed", "present", "step_up", "reason")}
    assert told == {"needed": 2, "present": 1, "step_up": False, "reason": "not_linked"}
    assert (await audited(room))[-1] == "level.refused"
    assert counted() == before + 1


def counted() -> float:
    """As /metrics has it."""
    labels = {"what": "level", "reason": "not_linked"}
    return REGISTRY.get_sample_value("onethread_refused_total", labels) or 0.0


@pytest.mark.parametrize("way", ["edit", "resend", "forward"])
async def test_other_ways_out_are_refused_and_audited_too(
    room: Room, bo: Browser, way: str
) -> None:
    person, case = await begin(room)
    written = await answer(bo, person)
    message, [delivery] = written.body["id"], written.body["deliveries"]
    await room.stage.run("update deliveries set state = 'failed'")
    await bo.post(f"/cases/{case}", {"minimum_level": 2})

    match way:
        case "edit":
            await room.stage.run("update deliveries set state = 'sent'")
            body = {"client_key": "e", "text": "Better so"}
            refused = await bo.call("PATCH", f"/messages/{message}", body)
        case "resend":
            path = f"/deliveries/{delivery['id']}/decision"
            refused = await bo.post(path, {"action": "resend"})
        case _:
            path = f"/conversations/{person}/messages/{message}/forward"
            refused = await bo.post(path, {"client_key": "f", "to": "person-9"})

    assert (refused.status, refused.code) == (409, "level_too_low")
    assert (await audited(room))[-1] == "level.refused"


async def test_preview_says_it_before(room: Room, bo: Browser) -> None:
    person, case = await begin(room, is_linked=True)
    await bo.post(f"/cases/{case}", {"minimum_level": 3})

    shown = await bo.post(f"/conversations/{person}/preview", {"text": "Good day"})

    [preview] = shown.body["previews"]
    assert [(one["field"], one["code"]) for one in preview["faults"]] == [
        ("place_id", "level_too_low")
    ]
    assert preview["level"] == {
        "needed": 3,
        "present": 2,
        "step_up": True,
        "reason": "no_step_up",
        "allowed_channels": None,
    }


async def test_topic_is_managed_by_admins_named_by_replies_and_shown(
    room: Room, bo: Browser
) -> None:
    boss = await room.desk.signed_in(Role.ADMIN)
    person, _ = await begin(room, is_linked=True)
    body = {"name": "withdrawal", "minimum_level": 2, "allowed_channels": ["sample"]}

    forbidden = await bo.post("/reply-topics", body)
    made = await boss.post("/reply-topics", body)
    twice = await boss.post("/reply-topics", body)
    listed = await bo.get("/reply-topics")
    written = await answer(bo, person, topic_id=made.body["id"])

    assert (forbidden.status, made.status, twice.code) == (403, 201, "name_taken")
    assert listed.body["topics"] == [{"id": made.body["id"], "names": {}, **body}]
    assert written.body["topic"] == {"id": made.body["id"], "name": "withdrawal"}
    assert written.body["level"] == 2
    changed = await boss.call("PATCH", f"/reply-topics/{made.body['id']}", {"minimum_level": 3})
    removed = await boss.call("DELETE", f"/reply-topics/{made.body['id']}")
    unknown = await answer(bo, person, topic_id=made.body["id"], text="And more")
    assert (changed.body["minimum_level"], removed.status, unknown.status) == (3, 204, 404)
    assert [one for one in await audited(room) if one.startswith("topic")] == [
        "topic.added",
        "topic.changed",
        "topic.archived",
    ]


async def test_agents_raise_what_a_case_needs_and_supervisors_lower_it(
    room: Room, bo: Browser
) -> None:
    _, case = await begin(room)
    boss = await room.desk.signed_in(Role.SUPERVISOR)

    raised = await bo.post(f"/cases/{case}", {"minimum_level": 2})
    kept = await bo.post(f"/cases/{case}", {"minimum_level": 1})
    lowered = await boss.post(f"/cases/{case}", {"minimum_level": 1})

    assert (raised.body["minimum_level"], kept.status, kept.code) == (2, 403, "may_not_lower")
    assert lowered.body["minimum_level"] == 1


async def test_restricted_case_tells_nothing_of_its_level_to_who_may_not_see_it(
    room: Room, bo: Browser
) -> None:
    person, case = await begin(room)
    await room.stage.run(
        "update cases set access_class = 'kyc', minimum_level = 2 where id = $1", case
    )
    kyc = await restricted_agent(room, "kyc", email="kyc@example.com")

    blind = await answer(bo, person)
    seeing = await answer(kyc, person)

    assert (blind.status, seeing.code) == (404, "level_too_low")
    assert (await bo.post(f"/cases/{case}", {"minimum_level": 0})).status == 404
    assert (await bo.post(f"/cases/{case}/step-ups", {"identity_id": 1})).status == 404


async def test_shared_address_is_marked_and_told_to_who_listens(room: Room, bo: Browser) -> None:
    person, _ = await begin(room, is_linked=True)
    found = await bo.get(f"/persons/{person}")
    [identity] = [one for one in found.body["identities"] if one["realm"] == "sample"]
    ear = await room.listen(bo)

    marked = await bo.call("PATCH", f"/identities/{identity['id']}", {"is_shared": True})
    await room.tell()

    [shown] = [one for one in marked.body["identities"] if one["id"] == identity["id"]]
    assert (identity["is_shared"], identity["level"]) == (False, 2)
    assert (shown["is_shared"], shown["level"]) == (True, 1)
    told = await ear.event("person.changed")
    assert [
        one["is_shared"] for one in told["person"]["identities"] if one["realm"] == "sample"
    ] == [True]
    auditor = await room.desk.signed_in(Role.AUDITOR)
    forbidden = await auditor.call("PATCH", f"/identities/{identity['id']}", {"is_shared": False})
    assert forbidden.status == 403


async def test_step_up_is_asked_confirmed_by_the_host_and_told_with_its_end(
    room: Room, bo: Browser
) -> None:
    person, case = await begin(room, is_linked=True)
    await bo.post(f"/cases/{case}", {"minimum_level": 3})
    identity = await room.stage.value("select id from identities where handle = 'ana'")
    host = await room.desk.token(Role.HOST)

    asked = await bo.post(f"/cases/{case}/step-ups", {"identity_id": identity})
    text = str(await room.stage.value("select text from deliveries order by id desc limit 1"))
    token = text.partition(f"{PAGE}?step_up=")[2].split()[0]
    ear = await room.listen(bo)
    strange = await host.post(f"/host/step-ups/{token}", {"account": "8"})
    confirmed = await host.post(f"/host/step-ups/{token}", {"account": "7"})
    again = await host.post(f"/host/step-ups/{token}", {"account": "7"})
    await room.tell()

    assert (asked.status, asked.body["state"]) == (201, "asked")
    assert (strange.status, confirmed.status, again.status) == (404, 200, 404)
    assert strange.body == again.body
    told = await ear.event("case.changed")
    [step_up] = told["case"]["step_ups"]
    assert (step_up["state"], step_up["ends_at"]) == ("granted", confirmed.body["granted_until"])
    assert (await answer(bo, person)).status == 201


async def test_step_up_needs_the_setting(database: Database, tmp_path: Path) -> None:
    async with open_room(database, tmp_path) as room:
        bo = await room.desk.signed_in(Role.AGENT)
        _, case = await begin(room, is_linked=True)
        identity = await room.stage.value("select id from identities where handle = 'ana'")

        refused = await bo.post(f"/cases/{case}/step-ups", {"identity_id": identity})

    assert (refused.status, refused.code) == (409, "not_set_up")
