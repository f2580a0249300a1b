"""What leaves: one request, once, to nobody's alarm; and what Discord's refusals mean."""

from datetime import timedelta

import pytest

from connectors.discord.config import Config
from connectors.discord.convert import NONCE_LENGTH, nonce_of
from connectors.discord.places import place_of_person
from connectors.discord.sandbox_faults import Answer
from connectors.discord.sandbox_permissions import Permission
from connectors.discord.sandbox_places import Said
from connectors.discord.sandbox_settings import Rate
from core.capabilities import TextLimit
from core.errors import (
    AuthRefused,
    ConnectorError,
    ContentRejected,
    OutcomeUnknown,
    PermanentError,
    PlaceGone,
    RateLimited,
    RecipientGone,
    TransientError,
)
from core.ids import RemoteId, RemotePlace
from core.messages import MessageReceived, OutboundMessage, Place, PlaceKind, Sent
from core.rich_text import Mark, Span
from core.splitting import split_rich
from core.testing.builders import answer_to, outbound_message
from tests.connectors.discord.desk import Desk, at_desk, desk_on
from tests.connectors.discord.sandbox_client import quick, served

SEND = "POST /channels/{channel}/messages"
OPEN = "POST /users/@me/channels"


async def said_by_grace(desk: Desk, text: str = "hello") -> MessageReceived:
    async with desk.reading() as reading:
        await desk.server.person("Grace", number=4242).writes_dm(text)
        return await reading.message(text)


def tries(desk: Desk, route: str = SEND) -> int:
    return sum(one.route == route for one in desk.server.requests)


async def refused(desk: Desk, message: OutboundMessage) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        await desk.connector.send(message)
    return caught.value


async def to_channel(desk: Desk, channel_id: int) -> OutboundMessage:
    await desk.connector.open()
    place = Place(remote=RemotePlace(str(channel_id)), kind=PlaceKind.THREAD)
    return outbound_message("to the thread", place=place)


async def test_message_goes_out_with_a_stable_nonce_and_pings_nobody() -> None:
    async with at_desk() as desk:
        event = await said_by_grace(desk)
        message = answer_to(event, "@everyone look, <@4242>")
        sent = await desk.connector.send(message)
        again = await desk.connector.send(message)
        (request, _) = [one for one in desk.server.requests if one.route == SEND]
    assert sent == again
    assert request.body["nonce"] == nonce_of(message.key)
    assert len(request.body["nonce"]) <= NONCE_LENGTH == 25
    assert request.body["enforce_nonce"] is True
    assert request.body["allowed_mentions"] == {"parse": [], "replied_user": False}
    assert request.body["content"] == "@everyone look, \\<@4242>"
    assert request.body["message_reference"]["message_id"] == event.remote_parts[0].remote_id
    assert sent.remote_place == event.place.remote


async def test_further_parts_of_an_answer_do_not_quote_again() -> None:
    async with at_desk() as desk:
        event = await said_by_grace(desk)
        await desk.connector.send(answer_to(event, "second half", part=1, part_count=2))
        (request,) = [one for one in desk.server.requests if one.route == SEND]
        assert "message_reference" not in request.body


async def test_we_do_not_quote_ourselves_and_an_answer_to_us_names_our_message() -> None:
    async with at_desk() as desk:
        event = await said_by_grace(desk)
        sent = await desk.connector.send(answer_to(event, "one moment"))
        keys = (*sent.thread_keys, *event.thread_keys)
        await desk.connector.send(answer_to(event, "here it is", in_reply_to=keys))
        *_, request = [one for one in desk.server.requests if one.route == SEND]
        quoted = request.body["message_reference"]["message_id"]
        assert quoted == event.remote_parts[0].remote_id
        grace = desk.server.find_person(4242)
        ours = Said(grace.dm(), desk.server.said_by_bot(grace)[-1])
        async with desk.reading() as reading:
            await grace.writes_dm("thanks", replies_to=ours)
            thanks = await reading.message("thanks")
        (again,) = [one for one in thanks.answers if one.key.endswith(f"/{ours.id}")][1:]
        assert again.kind == sent.thread_keys[0].kind


async def test_answer_to_a_message_that_was_deleted_arrives_without_it() -> None:
    async with at_desk() as desk:
        event = await said_by_grace(desk)
        grace = desk.server.find_person(4242)
        (said,) = desk.server.messages_in(grace)
        desk.server.messages.remove(grace.dm(), said)
        await desk.connector.send(answer_to(event, "still here"))
        assert [one.content for one in desk.server.said_by_bot(grace)] == ["still here"]


async def test_direct_chat_is_opened_once_and_kept() -> None:
    async with at_desk() as desk:
        stranger = desk.server.person("Ada")
        await desk.connector.open()
        place = place_of_person(str(stranger.id))
        sent = [
            await desk.connector.send(outbound_message(text, place=place)) for text in ("a", "b")
        ]
        assert tries(desk, OPEN) == 1
        assert {one.remote_place for one in sent} == {str(stranger.dm().id)}
        assert [one.content for one in desk.server.said_by_bot(stranger)] == ["a", "b"]


@pytest.mark.parametrize("act", ["closes_dms", "blocks_bot", "removes_app"])
async def test_person_who_takes_no_direct_messages_is_gone_and_is_not_asked_for_ever(
    act: str,
) -> None:
    async with at_desk() as desk:
        ada = desk.server.person("Ada")
        getattr(ada, act)()
        await desk.connector.open()
        place = place_of_person(str(ada.id))
        for _ in range(10):
            message = outbound_message("hello", place=place)
            assert isinstance(await refused(desk, message), RecipientGone)
        assert tries(desk) == 3


async def test_direct_chats_opened_too_fast_wait() -> None:
    async with at_desk(quick(dm_opens=Rate(count=1, seconds=600))) as desk:
        await desk.connector.open()
        for name, expected in (("Ada", Sent), ("Bob", RateLimited)):
            person = desk.server.person(name)
            message = outbound_message("hello", place=place_of_person(str(person.id)))
            try:
                found: object = await desk.connector.send(message)
            except ConnectorError as error:
                found = error
            assert isinstance(found, expected)
        assert isinstance(found, RateLimited)
        assert found.retry_after.total_seconds() >= 60


async def test_thread_opens_again_by_writing_is_final_when_locked_or_gone() -> None:
    async with served() as server:
        channel = server.guild("Harbor").text_channel("support")
        async with desk_on(server, channel_ids=[str(channel.id)]) as desk:
            thread = await channel.thread("Lost key", by=server.person("Ada"))
            await thread.archives()
            sent = await desk.connector.send(await to_channel(desk, thread.id))
            assert not thread.state.is_archived
            await thread.archives()
            (part,) = sent.remote_parts
            edited = await to_channel(desk, thread.id)
            with pytest.raises(PermanentError) as caught:
                await desk.connector.edit(edited, part.remote_id)
            assert not isinstance(caught.value, PlaceGone)
            await thread.locks()
            assert isinstance(await refused(desk, await to_channel(desk, thread.id)), PlaceGone)
            await thread.unlocks()
            await thread.vanishes()
            assert isinstance(await refused(desk, await to_channel(desk, thread.id)), PlaceGone)


async def test_channel_without_permission_is_refused_without_asking_for_ever() -> None:
    async with served() as server:
        channel = server.guild("Harbor").text_channel("support")
        channel.denies(Permission.SEND_MESSAGES)
        async with desk_on(server) as desk:
            for _ in range(10):
                error = await refused(desk, await to_channel(desk, channel.id))
                assert type(error) is PermanentError
                assert "permission" in str(error)
            assert sum(one.status == 403 for one in server.requests) == 3
            channel.allows(Permission.SEND_MESSAGES)
            desk.clock.advance(timedelta(minutes=11))
            await desk.connector.send(await to_channel(desk, channel.id))


async def test_forum_itself_takes_no_message() -> None:
    async with served() as server:
        forum = server.guild("Harbor").forum("questions")
        async with desk_on(server) as desk:
            assert isinstance(await refused(desk, await to_channel(desk, forum.id)), PlaceGone)


@pytest.mark.parametrize("has_via", [True, False])
async def test_429_is_told_at_once_with_and_without_the_proxys_mark(has_via: bool) -> None:
    async with at_desk(quick(has_via=has_via)) as desk:
        event = await said_by_grace(desk)
        desk.server.faults.rate_limit(12.5, route=SEND)
        error = await refused(desk, answer_to(event, "hello"))
        assert isinstance(error, RateLimited)
        assert (error.retry_after.total_seconds(), error.scope) == (12.5, "place")
        assert tries(desk) == 1
        assert desk.clock.slept == 0


async def test_global_429_holds_back_everything_without_a_request() -> None:
    async with at_desk() as desk:
        event = await said_by_grace(desk)
        desk.server.faults.rate_limit(3.0, scope="global", route=SEND)
        first = await refused(desk, answer_to(event, "one"))
        second = await refused(desk, answer_to(event, "two"))
        assert isinstance(first, RateLimited)
        assert isinstance(second, RateLimited)
        assert first.scope == second.scope == "account"
        assert tries(desk) == 1
        desk.clock.advance(timedelta(seconds=3.1))
        await desk.connector.send(answer_to(event, "three"))


async def test_ban_by_the_proxy_stops_every_request_for_as_long() -> None:
    async with at_desk() as desk:
        event = await said_by_grace(desk)
        desk.server.faults.add(status=429, body="error code: 1015", route=SEND)
        before = len(desk.server.requests)
        for _ in range(5):
            error = await refused(desk, answer_to(event, "hello"))
            assert isinstance(error, RateLimited)
            assert error.scope == "account"
            assert error.retry_after.total_seconds() > 3000
        assert len(desk.server.requests) == before + 1


async def test_known_limit_is_kept_without_asking() -> None:
    async with at_desk(quick(rates={SEND: Rate(count=2, seconds=30)})) as desk:
        event = await said_by_grace(desk)
        for text in ("one", "two"):
            await desk.connector.send(answer_to(event, text))
        error = await refused(desk, answer_to(event, "three"))
        assert isinstance(error, RateLimited)
        assert 0 < error.retry_after.total_seconds() <= 30
        assert tries(desk) == 2


async def test_invalid_requests_stay_below_100_in_10_minutes() -> None:
    async with at_desk() as desk:
        await desk.connector.open()
        desk.server.faults.add(status=403, body={"code": 50001}, times=10_000)
        errors = [
            await refused(desk, await to_channel(desk, 10_000 + number)) for number in range(300)
        ]
        assert sum(one.status == 403 for one in desk.server.requests) < 100
        assert isinstance(errors[0], PlaceGone)
        last = errors[-1]
        assert isinstance(last, RateLimited)
        assert last.scope == "account"
        assert last.retry_after.total_seconds() <= 601


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"status": 500}, OutcomeUnknown),
        ({"status": 502}, OutcomeUnknown),
        ({"status": 504}, OutcomeUnknown),
        ({"status": 503}, TransientError),
        ({"status": 401}, AuthRefused),
        ({"status": 403, "body": {"code": 50278}}, RecipientGone),
        ({"status": 403, "body": {"code": 50013}}, PermanentError),
        ({"status": 404, "body": {"code": 10003}}, PlaceGone),
        ({"status": 403, "body": {"code": 50001}}, PlaceGone),
        ({"status": 400, "body": {"code": 160005}}, PlaceGone),
        ({"status": 400, "body": {"code": 50035}}, ContentRejected),
        ({"status": 413, "body": {"code": 40005}}, ContentRejected),
        ({"status": 400, "body": {"code": 200000}}, ContentRejected),
        ({"status": 400, "body": {"code": 20028}}, RateLimited),
        ({"status": 429, "body": {"code": 20016, "retry_after": 4.0}}, RateLimited),
        ({"status": 400, "body": {"code": 99999}}, PermanentError),
        ({"answer": Answer.CUT}, OutcomeUnknown),
    ],
)
async def test_refusal_is_told_truthfully_after_one_request(
    fault: dict[str, object], expected: type[ConnectorError]
) -> None:
    async with at_desk() as desk:
        event = await said_by_grace(desk)
        desk.server.faults.add(route=SEND, **fault)
        error = await refused(desk, answer_to(event, "hello"))
        assert type(error) is expected
        assert str(error)
        assert tries(desk) == 1
        assert desk.clock.slept == 0


async def test_outcome_unknown_sent_again_is_there_once() -> None:
    async with at_desk() as desk:
        event = await said_by_grace(desk)
        desk.server.faults.add(answer=Answer.CUT, takes_effect=True, route=SEND)
        message = answer_to(event, "only once")
        assert isinstance(await refused(desk, message), OutcomeUnknown)
        await desk.restarts()
        await desk.connector.open()
        await desk.connector.send(message)
        said = desk.server.said_by_bot(desk.server.find_person(4242))
        assert [one.content for one in said] == ["only once"]


async def test_text_is_counted_as_it_is_written_and_cut_outside_code() -> None:
    code = "\n".join(f"line({n})  # *not bold*" for n in range(200))
    text = f"Look at this:\n{code}\nThat is all."
    spans = (Span(mark=Mark.PRE, start=14, end=14 + len(code), language="py"),)
    async with at_desk() as desk:
        event = await said_by_grace(desk)
        connector = desk.connector
        limit = TextLimit(length=2000)
        parts = split_rich(text, spans, limit, connector.to_wire)
        assert len(parts) > 2
        for number, part in enumerate(parts):
            await connector.send(answer_to(event, part.text, spans=part.spans, part=number))
        said = desk.server.said_by_bot(desk.server.find_person(4242))
        assert all(one.content.count("```") in (0, 2) for one in said)
        assert sum(one.content.count("line(") for one in said) == 200
        stars = answer_to(event, "*a " * 600)
        assert len(stars.text) < 2000
        assert isinstance(await refused(desk, stars), ContentRejected)


async def test_deleting_what_is_gone_is_no_error_and_editing_it_is_final() -> None:
    async with at_desk() as desk:
        event = await said_by_grace(desk)
        message = answer_to(event, "oops")
        (part,) = (await desk.connector.send(message)).remote_parts
        for _ in range(2):
            await desk.connector.delete(event.place, part.remote_id)
        with pytest.raises(PermanentError):
            await desk.connector.edit(message, part.remote_id)
        with pytest.raises(PermanentError):
            await desk.connector.edit(message, RemoteId("1"))


async def test_settings_that_cannot_be_are_refused() -> None:
    good = {"token": "a-token-of-a-bot"}
    assert Config.model_validate(good).api_base_url == "https://discord.com/api/v10"
    for wrong in (
        {"channel_ids": ["#support"]},
        {"gateway_url": "https://gateway"},
        {"api_base_url": "https://discord.com/api/v10/"},
        {"look_back_hours": -1},
        {"token": "short"},
        {"chanel_ids": ["1"]},
    ):
        with pytest.raises(ValueError, match="validation error"):
            Config.model_validate({**good, **wrong})
