"""The history where it is closed to us, gone, slow, or tells less than the gateway did."""

from collections.abc import Sequence

from connectors.discord.intake import CHANNEL
from connectors.discord.sandbox_content import SentFile
from connectors.discord.sandbox_permissions import Permission
from connectors.discord.sandbox_settings import Rate
from core.connector import Cursor, CursorValue
from core.messages import AnyInboundEvent, HistoryGap, MessageEdited, MessageReceived
from core.testing.sink import RecordingSink
from tests.connectors.discord.desk import at_desk, desk_on, end_sessions, say_many
from tests.connectors.discord.sandbox_client import quick, served


async def test_history_that_the_bot_may_not_read_is_told_as_a_gap() -> None:
    async with served() as server:
        channel = server.guild("Harbor").text_channel("support")
        config = {"channel_ids": [str(channel.id)]}
        async with desk_on(server, **config) as desk:
            ada = server.person("Ada")
            async with desk.reading() as reading:
                await ada.writes(channel, "known")
                await reading.message("known")
            await desk.restarts()
            end_sessions(desk)
            channel.denies(Permission.READ_MESSAGE_HISTORY)
            await ada.writes(channel, "lost")
            async with desk.reading() as reading:
                gap = await reading.event(HistoryGap)
                await ada.writes(channel, "heard again")
                await reading.message("heard again")
            assert desk.texts == ["known", "heard again"]
            assert gap.place is not None
            assert gap.place.remote == str(channel.id)
            assert "permission" in gap.reason
            assert gap.since is not None
            assert gap.since <= server.clock.now()


async def test_message_that_was_edited_before_it_was_read_has_its_new_text_and_the_edit() -> None:
    async with at_desk() as desk:
        grace = desk.server.person("Grace")
        await desk.hears(grace, "known")
        await desk.restarts()
        end_sessions(desk)
        said = await grace.writes_dm("first")
        await grace.edits(said, "second")
        async with desk.reading() as reading:
            await reading.message("second")
            edit = await reading.event(MessageEdited)
    assert edit.remote_id == str(said.id)
    assert f"{said.channel.id}/{said.id}/edited/" in edit.event_key


async def test_cursor_holds_the_last_message_of_its_channel_and_the_server() -> None:
    async with served() as server:
        guild = server.guild("Harbor")
        channel = guild.text_channel("support")
        async with desk_on(server, channel_ids=[str(channel.id)]) as desk:
            async with desk.reading() as reading:
                said = await server.person("Ada").writes(channel, "hello")
                direct = await server.person("Grace").writes_dm("hi")
                await reading.message("hi")
                await reading.message("hello")
            scope = f"{CHANNEL}{channel.id}"
            assert desk.cursors[scope] == Cursor(
                scope=scope, value=CursorValue(f"{said.id}@{guild.id}")
            )
            assert desk.cursors[f"{CHANNEL}{direct.channel.id}"].value == str(direct.id)


async def test_channel_that_is_gone_stops_nothing() -> None:
    async with served() as server:
        guild = server.guild("Harbor")
        channel, other = guild.text_channel("support"), guild.text_channel("sales")
        config = {"channel_ids": [str(channel.id), str(other.id), "123456789012345678"]}
        async with desk_on(server, **config) as desk:
            ada = server.person("Ada")
            async with desk.reading() as reading:
                await ada.writes(channel, "known")
                await reading.message("known")
            await desk.restarts()
            end_sessions(desk)
            await channel.vanishes()
            await ada.writes(other, "missed elsewhere")
            async with desk.reading() as reading:
                await reading.message("missed elsewhere")
                await desk.until(lambda: not desk.connector.health().detail)
            assert sum(one.status == 403 for one in server.requests) <= 3


async def test_archived_thread_that_no_list_shows_is_read_once_it_is_active_again() -> None:
    async with served() as server:
        channel = server.guild("Harbor").text_channel("support")
        ada = server.person("Ada")
        thread = await channel.thread("Secret", by=ada, is_private=True, has_bot=True)
        await ada.writes(thread, "said before")
        await thread.archives()
        config = {"channel_ids": [str(channel.id)]}
        async with desk_on(server, **config) as desk, desk.reading() as reading:
            await ada.writes(channel, "elsewhere")
            await reading.message("elsewhere")
            assert desk.texts == ["elsewhere"]
            await thread.unarchives()
            await reading.message("said before")


async def test_history_is_read_on_while_another_channel_is_busy() -> None:
    async with served() as server:
        guild = server.guild("Harbor")
        quiet, busy = guild.text_channel("quiet"), guild.text_channel("busy")
        config = {"channel_ids": [str(quiet.id), str(busy.id)]}
        async with desk_on(server, **config) as desk:
            ada = server.person("Ada")
            say_many(desk, ada, quiet, [f"missed {n}" for n in range(150)])
            async with desk.reading():
                for number in range(1000):
                    await ada.writes(busy, f"busy {number}")
                    if "missed 149" in desk.texts:
                        break
                assert "missed 149" in desk.texts


async def test_staff_that_wrote_while_nobody_listened_speaks_for_the_desk() -> None:
    async with served() as server:
        guild = server.guild("Harbor")
        channel = guild.text_channel("support")
        ada, sam, lee = server.person("Ada"), server.person("Sam"), server.person("Lee")
        role = guild.role("staff", sam, lee)
        thread = await channel.thread("Lost key", by=ada)
        config = {"channel_ids": [str(channel.id)], "staff_role_ids": [str(role.id)]}
        say_to = [(ada, "lost"), (sam, "found"), (lee, "I left since"), (sam, "here it is")]
        for who, text in say_to:
            await who.writes(thread, text)
        guild.leaves(lee)
        async with desk_on(server, **config) as desk, desk.reading():
            await desk.until(lambda: len(desk.texts) == 4)
            spoken = {one.text: one.is_from_desk for one in desk.all(MessageReceived)}
            asked = [one for one in server.requests if "/members/" in one.path]
        assert spoken == {"lost": False, "found": True, "I left since": False, "here it is": True}
        assert len(asked) == 3


async def test_whoever_is_asked_for_at_discords_pace_is_asked_for_once() -> None:
    rates = {"GET /guilds/{guild}/members/{person}": Rate(count=2, seconds=5)}
    async with served(quick(rates=rates)) as server:
        guild = server.guild("Harbor")
        channel = guild.text_channel("support")
        people = [server.person(f"Person {number}") for number in range(7)]
        role = guild.role("staff")
        for person in people:
            await person.writes(channel, f"from {person.profile.global_name}")
        config = {"channel_ids": [str(channel.id)], "staff_role_ids": [str(role.id)]}
        async with desk_on(server, **config) as desk:
            server.limits._clock = desk.clock
            async with desk.reading():
                await desk.until(lambda: len(desk.texts) == 7)
            assert 10 <= desk.clock.slept < 60
        asked = [one for one in server.requests if "/members/" in one.path and one.status == 200]
        assert len(asked) == 7


class CountingSink(RecordingSink):
    """Knows how many bytes of files came at once."""

    heaviest = 0

    async def accept(
        self, events: Sequence[AnyInboundEvent], *, cursor: Cursor | None = None
    ) -> None:
        messages = [one for one in events if isinstance(one, MessageReceived)]
        files = [file for one in messages for file in one.attachments]
        self.heaviest = max(self.heaviest, sum(len(file.content or b"") for file in files))
        await super().accept(events, cursor=cursor)


async def test_large_files_of_the_history_are_not_held_all_at_once() -> None:
    async with at_desk() as desk:
        sink = CountingSink()
        desk.sink = sink
        grace = desk.server.person("Grace")
        await desk.hears(grace, "known")
        await desk.restarts()
        end_sessions(desk)
        film = SentFile(name="film.mp4", content=bytes(17 * 1024 * 1024), media_type="video/mp4")
        for number in range(4):
            await grace.writes_dm(f"film {number}", files=[film])
        async with desk.reading():
            await desk.until(lambda: len(desk.texts) == 5)
        assert sink.heaviest == 2 * len(film.content)
