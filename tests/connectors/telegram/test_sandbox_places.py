"""Where things are said on the sandbox's network: groups, topics, channels, business accounts."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from connectors.telegram.sandbox_people import Person
from tests.connectors.telegram.bot_api import Api, bot_of, serving


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with serving() as made:
        yield made


@pytest.fixture
def ann(api: Api) -> Person:
    return api.server.person("Ann", language="ru", username="ann_a")


async def told(api: Api) -> list[dict[str, Any]]:
    """The updates so far, without their numbers."""
    api.clock.advance(timedelta(seconds=10))
    found = await api.updates()
    return [{name: one[name] for name in one if name != "update_id"} for one in found]


async def texts(api: Api) -> list[str]:
    return [one["message"].get("text", "") for one in await told(api) if "message" in one]


async def test_message_id_is_unique_in_its_chat_only(api: Api, ann: Person) -> None:
    bob = api.server.person("Bob")
    assert (await ann.says("a")).message_id == (await bob.says("b")).message_id


async def test_name_and_username_may_change_and_the_number_stays(api: Api, ann: Person) -> None:
    await ann.says("one")
    await ann.renames("Anna", username="someone_else")
    await ann.says("two")
    first, second = [one["message"]["from"] for one in await told(api)]
    assert first["id"] == second["id"]
    assert (first["username"], second["username"]) == ("ann_a", "someone_else")


async def test_in_groups_a_bot_gets_only_what_privacy_mode_allows(api: Api, ann: Person) -> None:
    group = api.server.group("Traders", ann)
    sent = await api.call("sendMessage", chat_id=group.id, text="hello all")
    await ann.says("just talking", where=group)
    await ann.says("@desk_bot help", where=group)
    await ann.says("/help@desk_bot", where=group)
    await ann.says("/help@other_bot", where=group)
    await ann.says("and to you", where=group, reply_to=group.chat.post(sent["message_id"]))
    assert await texts(api) == ["@desk_bot help", "/help@desk_bot", "and to you"]


async def test_without_privacy_mode_or_as_administrator_it_gets_everything(
    api: Api, ann: Person
) -> None:
    group = api.server.group("Traders", ann)
    api.server.bot.reads_all = True
    await ann.says("one", where=group)
    api.server.bot.reads_all = False
    await ann.says("unheard", where=group)
    await group.promotes_bot(ann)
    await ann.says("two", where=group)
    assert await texts(api) == ["one", "two"]


async def test_bot_that_was_removed_hears_nothing_any_more(api: Api, ann: Person) -> None:
    group = api.server.group("Traders", ann)
    await ann.says("@desk_bot one", where=group)
    await group.removes_bot(ann)
    await ann.says("@desk_bot two", where=group)
    assert await texts(api) == ["@desk_bot one"]


async def test_bots_get_no_messages_of_other_bots(api: Api, ann: Person) -> None:
    other = api.server.add_bot("Other", "other_bot")
    group = api.server.supergroup("Bots", ann)
    await group.promotes_bot(ann)
    group.chat.members[other.id] = "administrator"
    await told(api)
    await api.call("sendMessage", chat_id=group.id, text="from a bot")
    assert [one.kind for one in other.queue.waiting()] == []


async def test_bot_is_not_shown_its_own_messages(api: Api, ann: Person) -> None:
    await ann.says("hi")
    await api.call("sendMessage", chat_id=ann.id, text="hello")
    assert await texts(api) == ["hi"]


async def test_membership_of_the_bot_is_told_with_old_and_new_status(api: Api, ann: Person) -> None:
    group = api.server.group("Traders", ann)
    await group.kicks_bot(ann)
    (change,) = [one["my_chat_member"] for one in await told(api)]
    assert change["old_chat_member"]["status"] == "member"
    assert change["new_chat_member"]["status"] == "kicked"
    assert change["from"]["id"] == ann.id


async def test_who_is_not_in_a_group_cannot_write_there(api: Api, ann: Person) -> None:
    group = api.server.group("Traders", ann)
    bob = api.server.person("Bob")
    with pytest.raises(PermissionError):
        await bob.says("let me in", where=group)
    await group.joins(bob)
    await bob.says("/thanks@desk_bot", where=group)
    assert (await told(api))[-1]["message"]["text"] == "/thanks@desk_bot"


async def test_topic_is_named_in_its_messages_and_answered_there(api: Api, ann: Person) -> None:
    forum = api.server.supergroup("Forum", ann, is_forum=True)
    await forum.promotes_bot(ann)
    topic = await forum.topic("Fees", ann)
    await ann.says("why?", where=topic)
    said = (await told(api))[-1]["message"]
    assert (said["message_thread_id"], said["is_topic_message"]) == (topic.id, True)
    async with bot_of(api.server) as bot:
        answer = await bot.send_message(forum.id, "because", message_thread_id=topic.id)
    assert (answer.message_thread_id, answer.is_topic_message) == (topic.id, True)
    await topic.closes()
    closed = await api.refused(
        "sendMessage", chat_id=forum.id, text="x", message_thread_id=topic.id
    )
    assert closed == "Bad Request: TOPIC_CLOSED"


async def test_answers_in_a_supergroup_make_a_thread_that_is_no_topic(
    api: Api, ann: Person
) -> None:
    group = api.server.supergroup("Traders", ann)
    await group.promotes_bot(ann)
    first = await ann.says("one", where=group)
    await ann.says("two", where=group, reply_to=first)
    said = (await told(api))[-1]["message"]
    assert said["message_thread_id"] == first.message_id
    assert "is_topic_message" not in said
    assert said["reply_to_message"]["text"] == "one"


async def test_readers_of_a_channel_write_to_it_in_topics_of_their_own(
    api: Api, ann: Person
) -> None:
    channel = api.server.channel("News")
    await channel.posts("big news")
    direct = await channel.direct_messages()
    await ann.says("tell me more", where=direct)
    post, said = await told(api)
    assert post["channel_post"]["sender_chat"]["title"] == "News"
    assert said["message"]["direct_messages_topic"]["topic_id"] == ann.id
    assert said["message"]["chat"]["is_direct_messages"] is True
    parent = (await api.call("getChat", chat_id=direct.id))["parent_chat"]
    assert parent["id"] == channel.id
    async with bot_of(api.server) as bot:
        answer = await bot.send_message(direct.id, "more", direct_messages_topic_id=ann.id)
        assert answer.direct_messages_topic is not None
        assert answer.direct_messages_topic.topic_id == ann.id
    assert await api.refused("sendMessage", chat_id=direct.id, text="to whom?")


async def test_business_messages_carry_their_connection_both_ways(api: Api, ann: Person) -> None:
    owner = api.server.person("Olga")
    shop = api.server.business(owner)
    first = await ann.says("is it open?", where=shop)
    await owner.says("yes", where=shop.to(ann))
    await ann.edits(first, "is it open today?", where=shop)
    connection, asked, answered, edited = await told(api)
    assert connection["business_connection"]["rights"]["can_reply"] is True
    assert asked["business_message"]["business_connection_id"] == shop.id
    assert asked["business_message"]["chat"]["id"] == ann.id
    assert answered["business_message"]["from"]["id"] == owner.id
    assert edited["edited_business_message"]["text"] == "is it open today?"
    sent = await api.call(
        "sendMessage", chat_id=ann.id, text="until six", business_connection_id=shop.id
    )
    assert (sent["from"]["id"], sent["sender_business_bot"]["id"]) == (owner.id, api.server.bot.id)


async def test_business_bot_is_told_what_was_deleted(api: Api, ann: Person) -> None:
    shop = api.server.business(api.server.person("Olga"))
    posts = [await ann.says(text, where=shop) for text in ("one", "two")]
    await shop.deletes(ann, posts)
    deleted = (await told(api))[-1]["deleted_business_messages"]
    assert deleted["message_ids"] == [one.message_id for one in posts]
    assert deleted["chat"]["id"] == ann.id


async def test_business_bot_answers_only_with_the_right_and_within_24_hours(
    api: Api, ann: Person
) -> None:
    shop = api.server.business(api.server.person("Olga"))
    asked = {"chat_id": ann.id, "text": "hello", "business_connection_id": shop.id}
    missing = "Bad Request: BUSINESS_PEER_USAGE_MISSING"
    assert await api.refused("sendMessage", **asked) == missing
    await ann.says("hi", where=shop)
    assert await api.call("sendMessage", **asked)
    api.clock.advance(timedelta(hours=25))
    assert await api.refused("sendMessage", **asked) == missing
    await ann.says("hi again", where=shop)
    await shop.changes(can_reply=False)
    refusal = await api.refused("sendMessage", **asked)
    assert refusal == "Bad Request: BUSINESS_CONNECTION_NOT_ALLOWED"
    await shop.changes(is_enabled=False, can_reply=True)
    refusal = await api.refused("sendMessage", **asked)
    assert refusal == "Bad Request: BUSINESS_CONNECTION_INVALID"
    state = (await api.call("getBusinessConnection", business_connection_id=shop.id))["is_enabled"]
    assert state is False


async def test_business_message_can_be_marked_as_read(api: Api, ann: Person) -> None:
    shop = api.server.business(api.server.person("Olga"))
    post = await ann.says("hi", where=shop)
    async with bot_of(api.server) as bot:
        assert await bot.read_business_message(shop.id, ann.id, post.message_id)
    assert api.server.network.signs == [(ann.id, "read")]


async def test_business_messages_are_deleted_by_ids_that_are_unique_in_the_account(
    api: Api, ann: Person
) -> None:
    shop = api.server.business(api.server.person("Olga"))
    bob = api.server.person("Bob")
    theirs = await ann.says("hi", where=shop)
    other = await bob.says("hi", where=shop)
    assert theirs.message_id != other.message_id
    connection = {"business_connection_id": shop.id}
    sent = await api.call("sendMessage", chat_id=ann.id, text="hello", **connection)
    ids = [sent["message_id"]]
    assert await api.call("deleteBusinessMessages", message_ids=ids, **connection) is True
    assert api.server.messages_in(shop.chat_of(ann)) == []
    gone = await api.refused("deleteBusinessMessages", message_ids=ids, **connection)
    assert gone == "Bad Request: MESSAGE_ID_INVALID"
    ids = [theirs.message_id]
    refusal = await api.refused("deleteBusinessMessages", message_ids=ids, **connection)
    assert refusal == "Bad Request: BUSINESS_CONNECTION_NOT_ALLOWED"
    await shop.changes(can_delete_all_messages=True)
    assert await api.call("deleteBusinessMessages", message_ids=ids, **connection) is True


async def test_start_link_brings_its_parameter(api: Api, ann: Person) -> None:
    await ann.starts("A1b2-C3")
    (update,) = await told(api)
    assert update["message"]["text"] == "/start A1b2-C3"
    assert update["message"]["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]


async def test_profile_and_members_can_be_looked_up(api: Api, ann: Person) -> None:
    await ann.says("hi")
    group = api.server.group("Traders", ann)
    assert (await api.call("getChat", chat_id=ann.id))["username"] == "ann_a"
    member = await api.call("getChatMember", chat_id=group.id, user_id=ann.id)
    assert member["status"] == "creator"
    await api.call("setMyCommands", commands=[{"command": "link", "description": "Link"}])
    assert (await api.call("getMyCommands"))[0]["command"] == "link"
    bad = [{"command": "No Spaces", "description": "x"}]
    assert await api.refused("setMyCommands", commands=bad) == "Bad Request: BOT_COMMAND_INVALID"
    assert await api.call("getMyName") == {"name": "Help Desk"}


async def test_public_group_is_known_by_its_name_too(api: Api, ann: Person) -> None:
    group = api.server.supergroup("Traders", ann, username="traders")
    sent = await api.call("sendMessage", chat_id="@traders", text="hello")
    assert sent["chat"]["id"] == group.id


async def test_whatever_else_a_message_can_be_is_told_as_it_is(api: Api, ann: Person) -> None:
    await ann.sends({"dice": {"emoji": "🎲", "value": 4}})
    await ann.sends_location(52.5, 13.4)
    await ann.sends_sticker(b"RIFF", emoji="👋")
    dice, place, sticker = [one["message"] for one in await told(api)]
    assert dice["dice"]["value"] == 4
    assert place["location"] == {"latitude": 52.5, "longitude": 13.4}
    assert sticker["sticker"]["emoji"] == "👋"


async def test_administrator_learns_who_joins_if_it_asked(api: Api, ann: Person) -> None:
    group = api.server.supergroup("Traders", ann)
    await group.promotes_bot(ann)
    await group.joins(api.server.person("Bob"))
    await api.updates(allowed_updates=["chat_member"])
    sid = api.server.person("Sid")
    await group.joins(sid)
    await group.leaves(sid)
    changes = [one["chat_member"] for one in await told(api) if "chat_member" in one]
    assert [one["new_chat_member"]["status"] for one in changes] == ["member", "left"]


async def test_reactions_in_a_group_are_told_to_administrators_only(api: Api, ann: Person) -> None:
    group = api.server.group("Traders", ann)
    api.server.bot.queue.allow(["message_reaction"])
    post = await ann.says("nice", where=group)
    await ann.reacts(post, "👍", where=group)
    assert await told(api) == []
    await group.promotes_bot(ann)
    await ann.reacts(post, where=group)
    (update,) = await told(api)
    assert update["message_reaction"]["new_reaction"] == []


async def test_quote_must_be_in_what_is_answered(api: Api, ann: Person) -> None:
    post = await ann.says("ж 🙂 quoted")
    reply = {"message_id": post.message_id, "quote": "quoted"}
    sent = await api.call("sendMessage", chat_id=ann.id, text="x", reply_parameters=reply)
    assert sent["quote"] == {"text": "quoted", "position": 5, "is_manual": True}
    reply["quote"] = "never said"
    asked = {"chat_id": ann.id, "text": "x", "reply_parameters": reply}
    assert await api.refused("sendMessage", **asked) == "Bad Request: QUOTE_TEXT_INVALID"


async def test_business_bot_can_be_shown_its_own_words(api: Api, ann: Person) -> None:
    shop = api.server.business(api.server.person("Olga"))
    await ann.says("hi", where=shop)
    asked = {"chat_id": ann.id, "text": "hello", "business_connection_id": shop.id}
    await api.call("sendMessage", **asked)
    (post,) = api.server.messages_in(shop.chat_of(ann))
    await shop.echoes(ann, post)
    echo = (await told(api))[-1]["business_message"]
    assert echo["sender_business_bot"]["id"] == api.server.bot.id


async def test_forum_takes_messages_only_in_topics_that_there_are(api: Api, ann: Person) -> None:
    forum = api.server.supergroup("Forum", ann, is_forum=True)
    refusal = await api.refused("sendMessage", chat_id=forum.id, text="x", message_thread_id=77)
    assert refusal == "Bad Request: message thread not found"
    with pytest.raises(PermissionError):
        await api.server.group("Traders", ann).topic("Fees", ann)
