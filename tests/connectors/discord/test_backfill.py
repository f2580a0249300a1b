"""What was said while nobody listened is read from the history, once, in order."""

import time
from collections.abc import Sequence
from datetime import timedelta

from connectors.discord.intake import SESSION
from connectors.discord.sandbox_settings import Rate
from core.connector import Cursor
from core.messages import AnyInboundEvent, MessageEdited, MessageReceived
from core.testing.sink import RecordingSink, SinkCrashed
from tests.connectors.discord.desk import at_desk, desk_on, end_sessions, say_many
from tests.connectors.discord.sandbox_client import quick, served

HISTORY = "GET /channels/{channel}/messages"


class OnePage(RecordingSink):
    """Commits one page of the history, and crashes in the next one."""

    def __init__(self, before: RecordingSink) -> None:
        super().__init__()
        self.events, self.cursors = before.events, before.cursors
        self._pages = 0

    async def accept(
        self, events: Sequence[AnyInboundEvent], *, cursor: Cursor | None = None
    ) -> None:
        self._pages += bool(events)
        if self._pages > 1:
            raise SinkCrashed("the process ends here, before the commit")
        await super().accept(events, cursor=cursor)

    def without_crash(self) -> RecordingSink:
        whole = RecordingSink()
        whole.events, whole.cursors = self.events, self.cursors
        return whole


async def test_250_missed_messages_in_3_channels_are_read_within_a_minute() -> None:
    async with served() as server:
        guild = server.guild("Harbor")
        places = [guild.text_channel("one"), guild.text_channel("two")]
        config = {"channel_ids": [str(one.id) for one in places]}
        async with desk_on(server, **config) as desk:
            ada = server.person("Ada")
            wheres = [places[0].channel, places[1].channel, ada.dm()]
            async with desk.reading() as reading:
                for where in wheres:
                    say_many(desk, ada, where, [f"known in {where.id}"])
                    await reading.message(f"known in {where.id}")
            await desk.restarts()
            end_sessions(desk)
            missed = {one.id: [f"{one.id} missed {n}" for n in range(250)] for one in wheres}
            for where in wheres:
                say_many(desk, ada, where, missed[where.id])
            desk.clock.slept = 0.0
            began = time.monotonic()
            async with desk.reading():
                await desk.until(lambda: len(desk.texts) == 753)
            assert time.monotonic() - began + desk.clock.slept < 60
            for where in wheres:
                of_this = [one for one in desk.texts if one in set(missed[where.id])]
                assert of_this == missed[where.id]
            keys = [one.event_key for one in desk.all(MessageReceived)]
            assert len(keys) == len(set(keys))
            assert sum(one.status in (401, 403, 429) for one in server.requests) == 0


async def test_history_is_read_at_the_pace_that_discord_allows() -> None:
    settings = quick(rates={HISTORY: Rate(count=5, seconds=5)})
    async with at_desk(settings) as desk:
        desk.server.clock = desk.clock
        desk.server.limits._clock = desk.clock
        grace = desk.server.person("Grace")
        await desk.hears(grace, "known")
        await desk.restarts()
        end_sessions(desk)
        say_many(desk, grace, grace.dm(), [f"missed {n}" for n in range(1100)])
        desk.clock.slept = 0.0
        async with desk.reading():
            await desk.until(lambda: len(desk.texts) == 1101)
        assert desk.texts[1:] == [f"missed {n}" for n in range(1100)]
        assert 5 <= desk.clock.slept <= 20
        refused = [one for one in desk.server.requests if one.status == 429]
        assert len(refused) <= 2


async def test_what_is_said_while_the_history_is_read_comes_after_it() -> None:
    async with at_desk() as desk:
        grace = desk.server.person("Grace")
        await desk.hears(grace, "known")
        await desk.restarts()
        end_sessions(desk)
        say_many(desk, grace, grace.dm(), [f"missed {n}" for n in range(150)])
        async with desk.reading() as reading:
            await grace.writes_dm("live")
            await reading.message("live")
            await grace.writes_dm("later")
            await reading.message("later")
        assert desk.texts == ["known", *[f"missed {n}" for n in range(150)], "live", "later"]


async def test_who_wrote_for_the_first_time_in_an_outage_is_heard_with_their_next_word() -> None:
    async with at_desk() as desk:
        grace, ada = desk.server.person("Grace"), desk.server.person("Ada")
        await desk.hears(grace, "known")
        await desk.restarts()
        end_sessions(desk)
        await ada.writes_dm("is anybody there?")
        async with desk.reading() as reading:
            await ada.writes_dm("hello?")
            await reading.message("hello?")
            await ada.writes_dm("good")
            await reading.message("good")
        assert desk.texts == ["known", "is anybody there?", "hello?", "good"]


async def test_edit_in_an_outage_is_found_beside_what_was_missed() -> None:
    async with at_desk() as desk:
        grace = desk.server.person("Grace")
        async with desk.reading() as reading:
            said = await grace.writes_dm("order 4711")
            await grace.writes_dm("is late")
            await reading.message("is late")
        await desk.restarts()
        end_sessions(desk)
        await grace.edits(said, "order 4712")
        async with desk.reading() as reading:
            edit = await reading.event(MessageEdited)
        assert (edit.text, str(edit.remote_id)) == ("order 4712", str(said.id))
        assert desk.texts == ["order 4711", "is late"]


async def test_process_that_dies_while_it_reads_the_history_reads_the_rest_later() -> None:
    async with at_desk() as desk:
        grace = desk.server.person("Grace")
        await desk.hears(grace, "known")
        await desk.restarts()
        end_sessions(desk)
        say_many(desk, grace, grace.dm(), [f"missed {n}" for n in range(250)])
        one_page = OnePage(desk.sink)
        desk.sink = one_page
        async with desk.reading(is_awaited=False) as reading:
            assert isinstance(await reading.ended(), SinkCrashed)
        desk.sink = one_page.without_crash()
        assert len(desk.texts) == 101
        await desk.restarts()
        async with desk.reading():
            await desk.until(lambda: len(desk.texts) == 251)
        assert desk.texts[1:] == [f"missed {n}" for n in range(250)]


async def test_session_is_not_kept_for_a_restart_while_the_history_has_gaps() -> None:
    async with at_desk() as desk:
        grace = desk.server.person("Grace")
        await desk.hears(grace, "known")
        before = desk.cursors[SESSION]
        await desk.restarts()
        end_sessions(desk)
        await grace.writes_dm("missed")
        desk.server.faults.add(status=503, route=HISTORY, times=1000)
        async with desk.reading(is_awaited=False) as reading:
            await reading.ended()
        assert desk.cursors[SESSION] == before
        desk.server.faults.clear()
        async with desk.reading() as reading:
            await reading.message("missed")
            await desk.until(lambda: desk.cursors[SESSION] != before)


async def test_thread_that_comes_back_from_the_archive_is_joined_and_read() -> None:
    async with served() as server:
        channel = server.guild("Harbor").text_channel("support")
        config = {"channel_ids": [str(channel.id)]}
        async with desk_on(server, **config) as desk:
            ada = server.person("Ada")
            async with desk.reading() as reading:
                thread = await channel.thread("Lost key", by=ada)
                await ada.writes(thread, "known")
                await reading.message("known")
            await thread.archives()
            await thread.removes_bot()
            await desk.restarts()
            end_sessions(desk)
            async with desk.reading() as reading:
                say_many(desk, ada, thread, ["while archived"])
                server.gateway.sessions.clear()
            await desk.restarts()
            async with desk.reading() as reading:
                await thread.unarchives()
                await ada.writes(thread, "back again")
                await reading.message("back again")
                await desk.until(lambda: server.bot_id in thread.state.members)
            assert desk.texts == ["known", "while archived", "back again"]


async def test_threads_that_began_while_nobody_listened_are_found() -> None:
    async with served() as server:
        guild = server.guild("Harbor")
        channel, forum = guild.text_channel("support"), guild.forum("questions")
        config = {"channel_ids": [str(channel.id), str(forum.id)]}
        async with desk_on(server, **config) as desk:
            ada = server.person("Ada")
            async with desk.reading():
                pass
            await desk.restarts()
            end_sessions(desk)
            active = await channel.thread("Active", by=ada)
            await ada.writes(active, "in an active thread")
            await forum.post(ada, "Title", "in a post")
            closed = await channel.thread("Closed", by=ada)
            await ada.writes(closed, "in a thread that is archived again")
            await closed.archives()
            async with desk.reading():
                await desk.until(lambda: len(desk.texts) == 3)
            assert sorted(desk.texts) == [
                "in a post",
                "in a thread that is archived again",
                "in an active thread",
            ]


async def test_first_start_reads_a_day_back_and_not_the_whole_history() -> None:
    async with served() as server:
        channel = server.guild("Harbor").text_channel("support")
        ada = server.person("Ada")
        await ada.writes(channel, "long ago")
        config = {"channel_ids": [str(channel.id)], "look_back_hours": 0}
        async with desk_on(server, **config) as desk:
            desk.clock.advance(server.clock.now() - desk.clock.now() + timedelta(seconds=1))
            async with desk.reading() as reading:
                server.world._last_id += 10_000 << 22
                await ada.writes(channel, "new")
                await reading.message("new")
            assert desk.texts == ["new"]
        async with desk_on(server, **{**config, "look_back_hours": 24}) as desk:
            desk.clock.advance(server.clock.now() - desk.clock.now())
            async with desk.reading():
                await desk.until(lambda: len(desk.texts) == 2)
            assert desk.texts == ["long ago", "new"]


async def test_channel_that_says_it_has_nothing_new_is_not_asked() -> None:
    async with served() as server:
        channel = server.guild("Harbor").text_channel("support")
        config = {"channel_ids": [str(channel.id)]}
        async with desk_on(server, **config) as desk:
            async with desk.reading() as reading:
                await server.person("Ada").writes(channel, "known")
                await reading.message("known")
            await desk.restarts()
            end_sessions(desk)
            before = sum(one.route == HISTORY for one in server.requests)
            async with desk.reading() as reading:
                await server.person("Ada").writes(channel, "new")
                await reading.message("new")
            assert sum(one.route == HISTORY for one in server.requests) - before <= 1
