"""What people do on Discord, as the desk gets it."""

from connectors.discord.convert import REALM
from connectors.discord.sandbox_content import SentFile
from connectors.discord.sandbox_permissions import Permission
from core.messages import (
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    PlaceChanged,
    PlaceKind,
    ReactionChanged,
    ThreadKey,
    Typing,
    Unreadable,
)
from core.people import Level
from core.rich_text import Mark
from core.testing.builders import answer_to
from tests.connectors.discord.desk import Desk, at_desk, desk_on
from tests.connectors.discord.sandbox_client import served


async def test_direct_message_comes_in_with_the_number_of_who_wrote_it() -> None:
    async with at_desk() as desk, desk.reading() as reading:
        grace = desk.server.person("Grace")
        said = await grace.writes_dm("**Hello** there")
        event = await reading.message("Hello there")
    assert (event.sender.realm, event.sender.handle) == (REALM, str(grace.id))
    assert event.sender.level is Level.ATTESTED
    assert event.sender.shown_as == "Grace"
    assert event.place.kind is PlaceKind.DIRECT
    assert event.place.remote == str(said.channel.id)
    assert [one.mark for one in event.spans] == [Mark.BOLD]
    assert event.event_key == f"{said.channel.id}/{said.id}"
    assert event.thread_keys == (ThreadKey("discord", f"{said.channel.id}/{said.id}"),)


async def test_listed_channels_are_read_with_their_threads_and_others_are_not() -> None:
    async with served() as server:
        guild = server.guild("Harbor")
        listed, other = guild.text_channel("support"), guild.text_channel("chatter")
        forum = guild.forum("questions")
        config = {"channel_ids": [str(listed.id), str(forum.id)]}
        async with desk_on(server, **config) as desk, desk.reading() as reading:
            ada = server.person("Ada")
            await ada.writes(other, "not for you")
            await ada.writes(listed, "in the channel")
            thread = await listed.thread("Lost key", by=ada)
            await ada.writes(thread, "in the thread")
            private = await listed.thread("Secret", by=ada, is_private=True, has_bot=True)
            await ada.writes(private, "in private")
            post = await forum.post(ada, "How to?", "in the forum")
            events = [
                await reading.message(text)
                for text in ("in the channel", "in the thread", "in private", "in the forum")
            ]
        assert "not for you" not in desk.texts
    places = [(one.place.kind, one.place.title, one.place.parent) for one in events]
    assert places == [
        (PlaceKind.GROUP, "#support", None),
        (PlaceKind.THREAD, "Lost key", str(listed.id)),
        (PlaceKind.DIRECT, "Secret", str(listed.id)),
        (PlaceKind.FORUM_POST, "How to?", str(forum.id)),
    ]
    assert events[3].place.remote == str(post.id)
    starter = post.starter()
    assert starter is not None
    assert events[3].remote_parts[0].remote_id == str(starter.id) == str(post.id)


async def test_every_channel_of_a_listed_server_is_read() -> None:
    async with served() as server:
        guild = server.guild("Harbor")
        channel = guild.text_channel("anything")
        foreign = server.guild("Elsewhere").text_channel("foreign")
        async with desk_on(server, guild_ids=[str(guild.id)]) as desk, desk.reading() as reading:
            ada = server.person("Ada")
            await ada.writes(foreign, "in another server")
            await ada.writes(channel, "in any channel")
            await reading.message("in any channel")
            assert desk.texts == ["in any channel"]


async def test_post_whose_message_overtakes_its_thread_comes_in_once() -> None:
    async with served() as server:
        forum = server.guild("Harbor").forum("questions")
        for precedes in (False, True):
            server.settings.message_precedes_thread = precedes
            config = {"channel_ids": [str(forum.id)]}
            async with desk_on(server, **config) as desk, desk.reading() as reading:
                await forum.post(server.person("Ada"), "Title", f"first {precedes}")
                event = await reading.message(f"first {precedes}")
                assert event.place.kind is PlaceKind.FORUM_POST
                assert desk.texts.count(f"first {precedes}") == 1


async def test_webhooks_bots_and_the_desk_itself_are_no_people() -> None:
    async with served() as server:
        channel = server.guild("Harbor").text_channel("support")
        config = {"channel_ids": [str(channel.id)]}
        async with desk_on(server, **config) as desk, desk.reading() as reading:
            await channel.webhook_says("Ada", "from an integration")
            bot = server.person("Other Bot")
            bot.profile.is_bot = True
            await bot.writes(channel, "from another bot")
            first = await server.person("Ada").writes(channel, "from a person")
            event = await reading.message("from a person")
            await desk.connector.send(answer_to(event, "from ourselves"))
            await channel.pins(first)
            await server.person("Ada").writes(channel, "the end")
            await reading.message("the end")
        assert desk.texts == ["from a person", "the end"]
        assert not desk.all(MessageEdited)


async def test_staff_in_a_thread_speaks_for_the_desk_and_chatter_of_theirs_does_not_come() -> None:
    async with served() as server:
        guild = server.guild("Harbor")
        channel = guild.text_channel("support")
        sam, ada = server.person("Sam"), server.person("Ada")
        role = guild.role("staff", sam)
        config = {"channel_ids": [str(channel.id)], "staff_role_ids": [str(role.id)]}
        async with desk_on(server, **config) as desk, desk.reading() as reading:
            thread = await channel.thread("Lost key", by=ada)
            await ada.writes(thread, "I lost it")
            await sam.writes(thread, "we found it")
            asked = await ada.writes(channel, "anybody?")
            await sam.writes(channel, "nice weather")
            await sam.writes(channel, "yes", replies_to=asked)
            answered = await reading.message("yes")
        by_text = {one.text: one for one in desk.all(MessageReceived)}
        assert not by_text["I lost it"].is_from_desk
        assert by_text["we found it"].is_from_desk
        assert answered.is_from_desk
        assert ThreadKey("discord", f"{channel.id}/{asked.id}") in answered.answers
        assert "nice weather" not in by_text


async def test_edit_is_told_once_and_a_found_preview_is_none() -> None:
    async with served() as server:
        channel = server.guild("Harbor").text_channel("support")
        config = {"channel_ids": [str(channel.id)]}
        async with desk_on(server, **config) as desk, desk.reading() as reading:
            ada = server.person("Ada")
            said = await ada.writes(channel, "see https://a.example")
            await channel.shows_embed(said, "https://a.example")
            await ada.edits(said, "look at *this*")
            await channel.shows_embed(said, "https://a.example")
            edit = await reading.event(MessageEdited)
            await ada.writes(channel, "the end")
            await reading.message("the end")
        assert (edit.text, edit.remote_id) == ("look at this", str(said.id))
        assert [one.mark for one in edit.spans] == [Mark.ITALIC]
        assert len({one.event_key for one in desk.all(MessageEdited)}) == 1


async def test_edit_and_deletion_of_what_was_said_before_our_time_come_in() -> None:
    async with at_desk() as desk:
        grace = desk.server.person("Grace")
        old, older = await grace.writes_dm("old"), await grace.writes_dm("older")
        async with desk.reading() as reading:
            await grace.edits(old, "not so old")
            await grace.deletes(older)
            edit, deletion = await reading.event(MessageEdited), await reading.event(MessageDeleted)
    assert (edit.remote_id, edit.text) == (str(old.id), "not so old")
    assert deletion.remote_id == str(older.id)
    assert deletion.place.remote == str(older.channel.id)


async def test_bulk_deletion_names_each_message() -> None:
    async with served() as server:
        channel = server.guild("Harbor").text_channel("support")
        config = {"channel_ids": [str(channel.id)]}
        async with desk_on(server, **config) as desk, desk.reading() as reading:
            ada = server.person("Ada")
            saids = [await ada.writes(channel, f"spam {n}") for n in range(3)]
            await reading.message("spam 2")
            await channel.loses(saids)
            await desk.until(lambda: len(desk.all(MessageDeleted)) == 3)
        assert [one.remote_id for one in desk.all(MessageDeleted)] == [str(s.id) for s in saids]


async def test_reactions_are_told_as_all_that_are_there() -> None:
    async with at_desk() as desk, desk.reading() as reading:
        grace = desk.server.person("Grace")
        said = await grace.writes_dm("like it?")
        await grace.reacts(said, "👍")
        await grace.reacts(said, "pepe", number=12)
        await grace.takes_back(said, "👍")
        await reading.event(ReactionChanged, lambda one: one.reactions == (":pepe:",))
    changes = desk.all(ReactionChanged)
    assert [one.reactions for one in changes] == [("👍",), ("👍", ":pepe:"), (":pepe:",)]
    assert {one.sender.handle for one in changes} == {str(grace.id)}
    assert len({one.event_key for one in changes}) == 3


async def test_typing_in_a_direct_chat_is_passed_on() -> None:
    async with at_desk() as desk, desk.reading() as reading:
        grace = desk.server.person("Grace")
        await grace.types()
        typing = await reading.event(Typing)
    assert typing.sender.handle == str(grace.id)


async def test_sticker_voice_poll_and_forward_are_seen() -> None:
    async with at_desk() as desk, desk.reading() as reading:
        grace = desk.server.person("Grace")
        said = await grace.writes_dm("the **original**")
        await grace.sends_sticker("Wave")
        await grace.speaks(b"OggS", 67.4)
        await grace.polls("Which?", "one", "two")
        await grace.forwards(said)
        sticker = await reading.message("[Sticker: Wave]")
        voice = await reading.message("[Voice message, 1:07]")
        poll = await reading.message("[Poll] Which?")
        forward = await reading.message("[Forwarded message]")
    assert sticker.text == "[Sticker: Wave]"
    assert [one.content for one in voice.attachments] == [b"OggS"]
    assert poll.text == "[Poll] Which?\n• one\n• two"
    assert forward.text == "[Forwarded message]\nthe original"
    assert [one.mark for one in forward.spans] == [Mark.QUOTE, Mark.BOLD]
    assert not forward.answers


async def test_file_is_fetched_at_once_and_what_is_not_fetched_says_why() -> None:
    async with at_desk(max_file_size=1000) as desk, desk.reading() as reading:
        grace = desk.server.person("Grace")
        small = SentFile(name="note 1.txt", content=b"x" * 1000, media_type="text/plain")
        large = SentFile(name="film.mp4", content=b"x" * 1001, media_type="video/mp4")
        await grace.writes_dm("files", files=[small, large])
        both = await reading.message("files")
        desk.server.cdn.is_down = True
        await grace.writes_dm("down", files=[small])
        lost = await reading.message("down")
    first, second = both.attachments
    assert (first.name, first.content, first.media_type) == (
        "note 1.txt",
        b"x" * 1000,
        "text/plain",
    )
    assert (second.name, second.content) == ("film.mp4", None)
    assert second.refused is not None
    assert "larger" in second.refused
    assert lost.attachments[0].refused == "Discord did not give it out (HTTP 503)."


async def test_channel_whose_content_is_hidden_says_so() -> None:
    async with served() as server:
        channel = server.guild("Harbor").text_channel("support")
        config = {"channel_ids": [str(channel.id)], "reads_message_content": False}
        async with desk_on(server, **config) as desk, desk.reading() as reading:
            await server.person("Ada").writes(channel, "you cannot read this")
            event = await reading.event(MessageReceived)
            await server.person("Ada").writes_dm("but this")
            await reading.message("but this")
            assert len(desk.texts) == 2
    assert event.text == "[Empty message]"
    assert "message content intent" in event.warnings[0]


async def test_mentions_are_shown_by_name() -> None:
    async with served() as server:
        channel = server.guild("Harbor").text_channel("support")
        config = {"channel_ids": [str(channel.id)]}
        async with desk_on(server, **config) as desk, desk.reading() as reading:
            ada, sam = server.person("Ada"), server.person("Sam")
            await ada.writes(channel, f"hi {sam.mention}")
            event = await reading.message("hi @Sam")
            assert desk.texts == ["hi @Sam"]
    assert [(one.mark, one.handle) for one in event.spans] == [(Mark.MENTION, str(sam.id))]


async def test_thread_that_is_renamed_locked_or_deleted_is_told() -> None:
    async with served() as server:
        channel = server.guild("Harbor").text_channel("support")
        config = {"channel_ids": [str(channel.id)]}
        async with desk_on(server, **config) as desk, desk.reading() as reading:
            thread = await channel.thread("Old name", by=server.person("Ada"))
            await thread.renames("New name")
            await thread.locks()
            await thread.unlocks()
            await thread.vanishes()
            await reading.event(PlaceChanged, lambda one: one.event_key.endswith("gone"))
        changes = desk.all(PlaceChanged)
    assert [(one.place.title, one.is_reachable) for one in changes][-4:] == [
        ("New name", True),
        ("New name", False),
        ("New name", True),
        ("New name", False),
    ]


async def test_outage_of_a_server_is_no_removal() -> None:
    async with served() as server:
        guild = server.guild("Harbor")
        channel = guild.text_channel("support")
        config = {"channel_ids": [str(channel.id)]}
        async with desk_on(server, **config) as desk, desk.reading() as reading:
            guild.goes_out()
            guild.comes_back()
            await server.person("Ada").writes(channel, "still there")
            await reading.message("still there")
            assert not desk.all(PlaceChanged)


async def test_unknown_kind_of_message_is_shown_as_such_with_its_source() -> None:
    async with at_desk() as desk, desk.reading() as reading:
        await _show(desk, {"type": 99, "content": "from the future"})
        event = await reading.message("from the future")
    assert "type 99" in event.text
    assert event.raw is not None
    assert b'"type": 99' in event.raw


async def test_frame_that_is_no_event_is_quarantined_and_the_stream_goes_on() -> None:
    async with at_desk() as desk, desk.reading() as reading:
        await _show(desk, {"attachments": "none"})
        await desk.server.person("Grace").writes_dm("after it")
        await reading.message("after it")
        junk = await reading.event(Unreadable)
    assert junk.sender is not None
    assert junk.raw is not None


async def test_hidden_channel_that_opens_up_is_read_with_its_threads() -> None:
    async with served() as server:
        channel = server.guild("Harbor").hidden_channel("support")
        ada = server.person("Ada")
        config = {"channel_ids": [str(channel.id)]}
        async with desk_on(server, **config) as desk, desk.reading() as reading:
            await ada.writes(channel, "can you see me")
            thread = await channel.thread("Lost key", by=ada)
            await ada.writes(thread, "and me")
            await desk.until(lambda: not desk.connector.health().detail)
            assert desk.texts == []
            channel.allows(Permission.VIEW_CHANNEL)
            await reading.message("can you see me")
            await reading.message("and me")
            assert sorted(desk.texts) == ["and me", "can you see me"]


async def _show(desk: Desk, changes: dict[str, object]) -> None:
    """A MESSAGE_CREATE as the network has never sent one."""
    server = desk.server
    grace = server.person("Grace")
    channel = grace.dm()
    body = {
        "id": str(server.world.new_id()),
        "channel_id": str(channel.id),
        "type": 0,
        "content": "",
        "author": server.objects.profile(grace.id),
        "attachments": [],
        **changes,
    }
    for session in server.gateway.sessions.values():
        server.gateway.tell(session, "MESSAGE_CREATE", body)
