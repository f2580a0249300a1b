"""getUpdates of the sandbox: offsets, long polls, conflicts, kinds, expiry."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from telegram.error import Conflict

from connectors.telegram.sandbox_people import Person
from tests.connectors.telegram.bot_api import Api, bot_of, serving, settle, until

OTHER_POLL = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is "
    "running"
)


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with serving() as made:
        yield made


@pytest.fixture
def ann(api: Api) -> Person:
    return api.server.person("Ann")


async def texts(api: Api, **values: int) -> list[str]:
    # Far enough from the last call that this one is not taken for a hasty repeat.
    api.clock.advance(timedelta(seconds=10))
    return [one["message"]["text"] for one in await api.updates(**values)]


async def polls_noted(api: Api, count: int) -> None:
    await until(lambda: len(api.server.calls("getUpdates")) == count)
    await settle()


async def test_unconfirmed_updates_come_again_and_confirmed_ones_never(
    api: Api, ann: Person
) -> None:
    for text in ("one", "two", "three"):
        await ann.says(text)
    first = await api.updates()
    assert await texts(api) == ["one", "two", "three"]
    assert await texts(api, offset=first[0]["update_id"] + 1) == ["two", "three"]
    assert await texts(api) == ["two", "three"]
    assert await texts(api, offset=first[2]["update_id"] + 1) == []
    assert await texts(api) == []


async def test_negative_offset_counts_from_the_end_and_forgets_all_before(
    api: Api, ann: Person
) -> None:
    for text in ("one", "two", "three"):
        await ann.says(text)
    assert await texts(api, offset=-2) == ["two", "three"]
    assert await texts(api) == ["two", "three"]


async def test_offset_far_from_all_numbers_confirms_nothing(api: Api, ann: Person) -> None:
    await ann.says("one")
    (update,) = await api.updates()
    assert await texts(api, offset=update["update_id"] + 1000) == ["one"]


async def test_limit_is_between_1_and_100(api: Api, ann: Person) -> None:
    for number in range(103):
        await ann.says(str(number))
    assert len(await texts(api)) == 100
    assert len(await texts(api, limit=1000)) == 100
    assert len(await texts(api, limit=0)) == 1
    assert len(await texts(api, limit=7)) == 7


async def test_update_ids_are_positive_and_rise_by_one(api: Api, ann: Person) -> None:
    for text in ("one", "two", "three"):
        await ann.says(text)
    first, *others = [one["update_id"] for one in await api.updates()]
    assert first > 0
    assert others == [first + 1, first + 2]


async def test_after_a_quiet_week_the_next_update_id_may_be_any(api: Api, ann: Person) -> None:
    await ann.says("one")
    (before,) = await api.updates()
    api.clock.advance(timedelta(days=7))
    await ann.says("two")
    (after,) = await api.updates()
    assert after["update_id"] > 0
    assert abs(after["update_id"] - before["update_id"]) > 1000


async def test_numbers_can_be_made_to_start_anew_below_the_last(api: Api, ann: Person) -> None:
    await ann.says("one")
    (update,) = await api.updates()
    with pytest.raises(ValueError, match="no update is waiting"):
        api.server.bot.queue.restart_at(5)
    assert await texts(api, offset=update["update_id"] + 1) == []
    api.server.bot.queue.restart_at(5)
    await ann.says("two")
    # The old offset is far from the new numbers, so it hides nothing.
    assert await texts(api, offset=update["update_id"] + 1) == ["two"]


async def test_update_older_than_24_hours_never_arrives(api: Api, ann: Person) -> None:
    await ann.says("yesterday")
    api.clock.advance(timedelta(hours=23, minutes=59))
    await ann.says("today")
    assert await texts(api) == ["yesterday", "today"]
    api.clock.advance(timedelta(minutes=1))
    assert await texts(api) == ["today"]
    await ann.says("long ago", age=timedelta(hours=25))
    await ann.says("now")
    assert await texts(api) == ["today", "now"]
    numbers = list(api.server.bot.queue.pending)
    assert numbers[1] == numbers[0] + 1


async def test_edited_message_is_kept_from_its_edit_date_on(api: Api, ann: Person) -> None:
    post = await ann.says("one")
    api.clock.advance(timedelta(hours=23))
    await ann.edits(post, "uno")
    api.clock.advance(timedelta(hours=2))
    (update,) = await api.updates()
    assert update["edited_message"]["text"] == "uno"


async def test_long_poll_ends_as_soon_as_something_comes(api: Api, ann: Person) -> None:
    poll = api.polling(timeout=50)
    await until(lambda: api.server.calls("getUpdates"))
    await settle()
    assert not poll.done()
    await ann.says("hi")
    assert [one["message"]["text"] for one in (await poll)["result"]] == ["hi"]


@pytest.mark.parametrize(("asked", "waited"), [(20, 20), (5000, 50)])
async def test_timeout_of_a_poll_is_cut_to_50_seconds(api: Api, asked: int, waited: int) -> None:
    poll = api.polling(timeout=asked)
    await until(lambda: api.server.calls("getUpdates"))
    await settle()
    api.clock.advance(timedelta(seconds=waited - 1))
    await settle()
    assert not poll.done()
    api.clock.advance(timedelta(seconds=1))
    assert (await poll)["result"] == []


async def test_same_offset_within_3_seconds_becomes_a_poll_of_3_seconds(api: Api) -> None:
    assert await api.updates() == []
    api.clock.advance(timedelta(seconds=2))
    poll = api.polling()
    await until(lambda: len(api.server.calls("getUpdates")) == 2)
    await settle()
    assert not poll.done()
    api.clock.advance(timedelta(seconds=3))
    assert (await poll)["result"] == []


async def test_same_offset_within_half_a_second_gets_one_update(api: Api, ann: Person) -> None:
    await ann.says("one")
    await ann.says("two")
    assert len(await api.updates()) == 2
    assert len(await api.updates()) == 1


async def test_second_poll_ends_the_first_with_409(api: Api, ann: Person) -> None:
    first = api.polling(timeout=30)
    await until(lambda: len(api.server.calls("getUpdates")) == 1)
    await settle()
    second = api.polling(timeout=30)
    assert await first == {"ok": False, "error_code": 409, "description": OTHER_POLL}
    await ann.says("hi")
    assert len((await second)["result"]) == 1


async def test_further_409_within_3_seconds_is_answered_only_after_3_seconds(api: Api) -> None:
    polls = []
    for number in range(3):
        polls.append(api.polling(timeout=30))
        await polls_noted(api, number + 1)
    assert (await polls[0])["error_code"] == 409
    await settle()
    assert not polls[1].done()
    api.clock.advance(timedelta(seconds=3))
    assert (await polls[1])["error_code"] == 409
    api.clock.advance(timedelta(seconds=30))
    assert (await polls[2])["ok"]


async def test_set_webhook_ends_the_poll_with_409(api: Api) -> None:
    poll = api.polling(timeout=30)
    await until(lambda: api.server.calls("getUpdates"))
    await settle()
    await api.call("setWebhook", url="http://127.0.0.1:1/hook")
    assert (await poll)["description"] == "Conflict: terminated by setWebhook request"


async def test_with_a_webhook_set_get_updates_is_a_conflict(api: Api) -> None:
    await api.call("setWebhook", url="http://127.0.0.1:1/hook")
    async with bot_of(api.server) as bot:
        with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
            await bot.get_updates()
        await bot.delete_webhook()
        assert await bot.get_updates() == ()


async def test_allowed_updates_are_remembered_until_given_again(api: Api, ann: Person) -> None:
    await api.updates(allowed_updates=["edited_message", "no_such_kind"])
    post = await ann.says("one")
    await ann.edits(post, "uno")
    api.clock.advance(timedelta(seconds=10))
    (update,) = await api.updates()
    assert "edited_message" in update
    api.clock.advance(timedelta(seconds=10))
    await api.updates(offset=update["update_id"] + 1, allowed_updates=[])
    await ann.says("two")
    assert await texts(api) == ["two"]


async def test_allowed_updates_act_when_an_update_arises_so_older_ones_still_come(
    api: Api, ann: Person
) -> None:
    await ann.says("before")
    api.server.bot.queue.allow(["edited_message"])
    assert await texts(api) == ["before"]


async def test_reactions_come_only_if_they_are_asked_for(api: Api, ann: Person) -> None:
    post = await ann.says("one")
    await ann.reacts(post, "👍")
    assert [list(one)[1] for one in await api.updates()] == ["message"]
    api.clock.advance(timedelta(seconds=10))
    await api.updates(allowed_updates=["message_reaction"])
    await ann.reacts(post, "👍", "❤")
    api.clock.advance(timedelta(seconds=10))
    last = (await api.updates())[-1]["message_reaction"]
    assert [one["emoji"] for one in last["old_reaction"]] == ["👍"]
    assert [one["emoji"] for one in last["new_reaction"]] == ["👍", "❤"]


async def test_last_update_can_be_shown_twice(api: Api, ann: Person) -> None:
    await ann.says("one")
    (update,) = await api.updates()
    assert await texts(api, offset=update["update_id"] + 1) == []
    api.server.bot.queue.repeat_last()
    (again,) = await api.updates(offset=update["update_id"] + 1)
    assert again == update
    assert await texts(api, offset=update["update_id"] + 1) == []


async def test_pressed_button_waits_150_seconds(api: Api, ann: Person) -> None:
    await ann.says("hi")
    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    await api.call("sendMessage", chat_id=ann.id, text="?", reply_markup=keyboard)
    await ann.presses(api.server.messages_in(ann)[-1], "Yes")
    assert (await api.updates(offset=-1))[0]["callback_query"]["data"] == "y"
    api.clock.advance(timedelta(seconds=150))
    assert await api.updates() == []
