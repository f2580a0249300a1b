"""The live feed: what it tells, to whom, from where on, and when it ends."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import WSServerHandshakeError

from core.clock import FakeClock
from router.bus.signals import TypingSignal, encode
from router.services.roles import Role
from router.storage import deadlines
from router.storage.engine import Database
from router.storage.unit_of_work import Fact
from router.web.feed import HUB, look
from tests.web.room import ORIGIN, PATIENCE, Room, me, open_room, restricted_agent


@pytest.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(database, tmp_path) as opened:
        yield opened


async def test_message_reaches_every_listening_agent_as_the_api_shows_it(room: Room) -> None:
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    cy = await room.desk.signed_in(Role.AGENT, "cy@example.com")
    ears = [await room.listen(bo), await room.listen(cy)]

    message = await room.stage.says("ana", "Where is my order?")
    await room.publish()

    person = await room.stage.person_of(message)
    page = (await bo.get(f"/conversations/{person}/messages")).body
    row = (await bo.get(f"/conversations?ids={person}")).body["rows"][0]
    for ear in ears:
        told = await ear.event("message.created")
        assert told["person_id"] == person
        assert told["message"] == page["messages"][0]
        assert told["row"] == row


async def test_unread_fields_are_each_agents_own(room: Room) -> None:
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    cy = await room.desk.signed_in(Role.AGENT, "cy@example.com")
    first = await room.stage.says("ana", "one")
    person = await room.stage.person_of(first)
    await bo.post(f"/conversations/{person}/read", {"message_id": first})
    after = await room.publish()
    ears = [await room.listen(bo, after), await room.listen(cy, after)]

    await room.stage.says("ana", "two")
    await room.publish()

    counts = [(await ear.event("message.created"))["row"]["unread_count"] for ear in ears]
    assert counts == [1, 2]


async def test_read_mark_is_told_to_the_agent_who_read_only(room: Room) -> None:
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    cy = await room.desk.signed_in(Role.AGENT, "cy@example.com")
    message = await room.stage.says("ana")
    person = await room.stage.person_of(message)
    after = await room.publish()
    own, other = await room.listen(bo, after), await room.listen(cy, after)

    await bo.post(f"/conversations/{person}/read", {"message_id": message})
    await room.publish()

    told = await own.event("read.changed")
    assert told["row"]["unread"] is False
    await other.quiet()
    assert other.events == []


async def test_feed_goes_on_where_the_page_left_off(room: Room) -> None:
    bo = await room.desk.signed_in()
    first = await room.listen(bo)
    await room.stage.says("ana", "one")
    await first.until(await room.publish())
    await first.socket.close()
    await room.stage.says("ana", "missed")
    await room.publish()

    again = await room.listen(bo, first.position)
    missed = next(one for one in again.events if one["kind"] == "message.created")
    await room.stage.says("ana", "live")
    await room.publish()
    live = await again.event("message.created")

    assert [missed["message"]["text"], live["message"]["text"]] == ["missed", "live"]


async def test_page_hears_what_happened_since_it_was_told_who_it_belongs_to(room: Room) -> None:
    """It reads many things after that, and follows the feed once the slowest has come."""
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    await room.stage.says("ana", "one")
    newest = await room.publish()

    me = (await bo.get("/session")).body["me"]
    message = await room.stage.says("ana", "two")
    await room.publish()

    ear = await room.listen(bo, me["position"])
    told = [one["message"]["id"] for one in ear.events if one["kind"] == "message.created"]
    assert (me["position"], told) == (newest, [message])


@pytest.mark.parametrize("after", [-1, "x", 2**70, ""])
async def test_position_that_is_none_is_refused(room: Room, after: object) -> None:
    bo = await room.desk.signed_in()

    answered = await bo.get(f"/feed?after={after}", headers={"Origin": ORIGIN})

    assert (answered.status, answered.body["field"]) == (400, "after")


async def test_position_of_another_database_begins_anew(room: Room) -> None:
    bo = await room.desk.signed_in()
    await room.stage.says("ana")
    newest = await room.publish()

    ear = await room.listen(bo, newest + 1)

    assert ear.frames[1:] == [{"type": "reset", "position": newest}]


async def test_position_that_was_trimmed_begins_anew(room: Room) -> None:
    bo = await room.desk.signed_in()
    await room.stage.says("ana")
    newest = await room.publish()
    await room.stage.run("update relay_state set trimmed = $1", newest)

    ear = await room.listen(bo, newest - 1)

    assert ear.frames[1:] == [{"type": "reset", "position": newest}]
    await room.stage.says("ana", "on it goes")
    await room.publish()
    assert (await ear.event("message.created"))["message"]["text"] == "on it goes"


async def test_position_up_to_which_was_trimmed_still_goes_on(room: Room) -> None:
    bo = await room.desk.signed_in()
    await room.stage.says("ana")
    newest = await room.publish()
    await room.stage.run("update relay_state set trimmed = $1", newest)

    ear = await room.listen(bo, newest)
    await ear.quiet()

    assert [one["type"] for one in ear.frames] == ["hello"]


async def test_feed_of_a_revoked_session_ends(room: Room) -> None:
    bo = await room.desk.signed_in()
    ear = await room.listen(bo)

    await bo.post("/logout")
    await look(room.desk.context, room.desk.server.app[HUB])

    assert await ear.ended() == 4401


async def test_feed_ends_when_the_agents_rights_change(room: Room) -> None:
    bo = await room.desk.signed_in()
    ear = await room.listen(bo)
    await look(room.desk.context, room.desk.server.app[HUB])
    await ear.quiet()

    await room.stage.run("update agents set role = 'auditor' where id = $1", me(bo))
    await look(room.desk.context, room.desk.server.app[HUB])

    assert await ear.ended() == 4401


async def test_feed_ends_when_its_agent_may_see_other_cases_than_before(room: Room) -> None:
    fraud = await restricted_agent(room, "fraud", email="fraud@example.com")
    ear = await room.listen(fraud)

    await room.stage.run("delete from memberships where agent_id = $1", me(fraud))
    await look(room.desk.context, room.desk.server.app[HUB])

    assert await ear.ended() == 4401


async def test_open_feed_keeps_its_session_in_use(room: Room, clock: FakeClock) -> None:
    bo = await room.desk.signed_in()
    await room.listen(bo)

    for _ in range(4):
        clock.advance(timedelta(minutes=20))
        await look(room.desk.context, room.desk.server.app[HUB])

    assert (await bo.get("/me")).status == 200


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {}])
async def test_socket_from_another_page_is_refused(room: Room, headers: dict[str, str]) -> None:
    bo = await room.desk.signed_in()

    with pytest.raises(WSServerHandshakeError) as refused:
        await bo.client.ws_connect("/api/v1/feed", headers=headers)

    assert refused.value.status == 403


async def test_socket_without_a_session_is_refused(room: Room) -> None:
    nobody = await room.desk.browser()

    with pytest.raises(WSServerHandshakeError) as refused:
        await nobody.client.ws_connect("/api/v1/feed", headers={"Origin": ORIGIN})

    assert refused.value.status == 401


async def test_program_listens_with_its_token(room: Room) -> None:
    program = await room.desk.token(Role.AGENT)
    ear = await room.listen(program)

    await room.stage.says("ana", "to a program")
    await room.publish()

    assert (await ear.event("message.created"))["message"]["text"] == "to a program"


async def test_merge_tells_who_is_gone_and_split_brings_them_back(room: Room) -> None:
    bo = await room.desk.signed_in()
    ana, ada = await room.stage.meets("ana"), await room.stage.meets("ada")
    after = await room.publish()
    ear = await room.listen(bo, after)

    merged = await bo.post(f"/persons/{ada}/merge", {"into": ana, "reason": "One person."})
    await room.publish()
    told = await ear.event("person.merged")
    assert (told["gone"], [row["person_id"] for row in told["rows"]]) == ([ada], [ana])
    assert told["merge"] == merged.body

    await bo.post(f"/merges/{merged.body['id']}/undo", {"reason": "Two."})
    await room.publish()
    told = await ear.event("person.split")
    assert (told["gone"], [row["person_id"] for row in told["rows"]]) == ([], [ana, ada])


async def test_account_that_was_paused_is_told_as_the_api_shows_it(room: Room) -> None:
    owner = await room.desk.signed_in(Role.OWNER)
    ear = await room.listen(owner)

    paused = await owner.post(f"/accounts/{room.stage.account}/pause", {"reason": "Moving."})
    await room.publish()

    assert (await ear.event("account.changed"))["account"] == paused.body


async def test_frames_that_make_no_sense_are_passed_over(room: Room) -> None:
    bo = await room.desk.signed_in()
    ear = await room.listen(bo)

    for said in ("{", "[]", '{"type":"what"}', '{"type":"presence","person_id":"x"}', "\ud83d"):
        await ear.socket.send_str(said.encode("utf-8", "replace").decode())
    await ear.socket.send_json({"type": "presence", "person_id": 4711, "activity": "viewing"})
    await ear.socket.send_json({"type": "typing", "place_id": 4711, "is_typing": True})
    await ear.socket.send_bytes(b"\x00")

    await ear.quiet()


async def test_page_that_never_stops_talking_is_cut_off(room: Room) -> None:
    bo = await room.desk.signed_in()
    ear = await room.listen(bo)

    for _ in range(301):
        await ear.socket.send_json({"type": "ping"})

    assert await ear.ended() == 1008


async def test_agents_see_who_else_is_there(room: Room) -> None:
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    cy = await room.desk.signed_in(Role.AGENT, "cy@example.com")
    person = await room.stage.meets("ana")
    own, other = await room.listen(bo), await room.listen(cy)

    await own.socket.send_json(
        {"type": "presence", "person_id": person, "activity": "writing_reply"}
    )

    told = await other.event("presence")
    assert told["agents"] == [
        {"agent_id": me(bo), "name": "Agent", "person_id": person, "activity": "writing_reply"}
    ]
    await own.socket.close()
    assert (await other.event("presence"))["agents"] == []


async def test_presence_that_is_not_said_again_goes_stale(room: Room, clock: FakeClock) -> None:
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    person = await room.stage.meets("ana")
    ear = await room.listen(bo)
    await ear.socket.send_json({"type": "presence", "person_id": person, "activity": "viewing"})
    assert (await ear.event("presence"))["agents"] != []

    clock.advance(timedelta(seconds=21))

    assert (await ear.event("presence"))["agents"] == []


async def test_typing_person_is_shown_in_their_conversation(room: Room) -> None:
    bo = await room.desk.signed_in()
    person = await room.stage.meets("ana")
    ear = await room.listen(bo)

    signal = TypingSignal(
        side="person", account_id=room.stage.account, remote_place="ana", is_typing=True
    )
    await room.bus.say_live(encode(signal))

    told = await ear.event("typing")
    assert (told["type"], told["person_id"], told["name"]) == ("live", person, "Ana")
    assert "position" not in told


async def test_typing_agent_is_passed_on_to_the_place(room: Room) -> None:
    bo = await room.desk.signed_in()
    message = await room.stage.says("ana")
    place = await room.stage.value("select place_id from messages where id = $1", message)
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    room.bus.on_live(heard.put_nowait)
    ear = await room.listen(bo)

    await ear.socket.send_json({"type": "typing", "place_id": place, "is_typing": True})

    async with asyncio.timeout(PATIENCE):
        signal = json.loads(await heard.get())
    assert (signal["side"], signal["remote_place"], signal["name"]) == ("agent", "ana", "Agent")


async def test_restricted_case_is_told_to_its_team_only(room: Room) -> None:
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    fraud = await restricted_agent(room, "fraud", email="fraud@example.com")
    message = await room.stage.says("ana", "I was robbed")
    await room.stage.restrict(await room.stage.case_of(message))
    after = await room.publish()
    blind, sighted = await room.listen(bo, after), await room.listen(fraud, after)

    await room.stage.says("ana", "my account is empty")
    signal = TypingSignal(
        side="person", account_id=room.stage.account, remote_place="ana", is_typing=True
    )
    await room.bus.say_live(encode(signal))
    person = await room.stage.person_of(message)
    await sighted.socket.send_json({"type": "presence", "person_id": person, "activity": "viewing"})
    await room.publish()

    assert (await sighted.event("message.created"))["message"]["text"] == "my account is empty"
    await sighted.event("presence")
    await blind.quiet()
    assert [one["type"] for one in blind.frames] == ["hello"]


async def test_changed_deadline_names_its_case_to_those_who_see_it(room: Room) -> None:
    bo = await room.desk.signed_in(Role.AGENT, "bo@example.com")
    fraud = await restricted_agent(room, "fraud", email="fraud@example.com")
    said = [await room.stage.says(who, "Help") for who in ("ana", "al")]
    people = [await room.stage.person_of(one) for one in said]
    secret, plain = [await room.stage.case_of(one) for one in said]
    await room.stage.restrict(secret)
    after = await room.publish()
    blind, sighted = await room.listen(bo, after), await room.listen(fraud, after)

    async with room.database.transaction() as work:
        deadlines.tell(work, {secret, plain})
        work.announce(Fact.DEADLINES_CHANGED)  # as one of many cases at once
    await room.tell()

    await sighted.quiet()
    await blind.quiet()
    about = [[(one["person_id"], one["case_id"]) for one in ear.events] for ear in (blind, sighted)]
    known = list(zip(people, (secret, plain), strict=True))
    assert about == [[known[1], (None, None)], [*known, (None, None)]]
    assert all("row" not in one for one in sighted.events)
