"""What the janitor ends, what it must leave alone, and when it dares."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.clock import FakeClock
from router.blobs.disk import DiskBlobs
from router.runtime.janitor import SHELVES, ClockWatch, Janitor
from router.runtime.lease_keeper import LeaseKeeper
from router.services.housekeeping import BATCH, end_what_is_over, sweep_shelf, wake_snoozed
from router.settings import Retention
from router.storage import persons
from router.storage.engine import Database
from router.storage.outbox import extent
from router.storage.outbox_numbering import claim, number
from router.storage.replies import attach
from router.storage.tables import metadata
from router.storage.unit_of_work import Fact
from tests.services.answering_desk import AnsweringDesk, open_desk

KEPT = Retention(outbox_hours=72, upload_hours=24, session_days=30)
DAY = timedelta(days=1)


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AnsweringDesk:
    return await open_desk(database, tmp_path)


@pytest.fixture
def janitor(desk: AnsweringDesk) -> Janitor:
    return Janitor(desk.database, desk.blobs, LeaseKeeper(desk.database, "us"), KEPT)


async def _announce(desk: AnsweringDesk, times: int) -> None:
    async with desk.database.transaction() as work:
        for ref in range(times):
            work.announce(Fact.CASE_CHANGED, person=1, ref=ref)
        await work.flush()
        await claim(work, 1)
        await number(work, 1, limit=10_000)


def _age(blobs: DiskBlobs, key: str, age: timedelta) -> None:
    path = blobs._folder / key[:2] / key[2:4] / key
    then = path.stat().st_mtime - age.total_seconds()
    os.utime(path, (then, then))


async def test_old_facts_are_trimmed_and_the_outbox_says_up_to_where(
    desk: AnsweringDesk, clock: FakeClock
) -> None:
    await _announce(desk, 3)
    clock.advance(timedelta(hours=73))
    await _announce(desk, 2)

    dropped = await end_what_is_over(desk.database, KEPT)

    assert dropped["outbox"] == 3
    async with desk.database.reading() as work:
        found = await extent(work)
    assert (found.trimmed, found.newest) == (3, 5)
    assert await desk.value("select min(position) from outbox") == 4


async def test_facts_that_nobody_was_told_of_yet_are_kept_whatever_their_age(
    desk: AnsweringDesk, clock: FakeClock
) -> None:
    async with desk.database.transaction() as work:
        work.announce(Fact.CASE_CHANGED, person=1, ref=1)
    clock.advance(timedelta(days=9))

    await end_what_is_over(desk.database, KEPT)

    assert await desk.value("select count(*) from outbox") == 1


async def test_outbox_of_many_batches_is_trimmed_in_one_round(
    desk: AnsweringDesk, janitor: Janitor, clock: FakeClock
) -> None:
    await _announce(desk, BATCH + 5)
    clock.advance(timedelta(hours=73))

    await janitor.work()

    assert await desk.value("select count(*) from outbox") == 0


@pytest.mark.parametrize(
    ("table", "insert", "kept_for"),
    [
        (
            "sessions",
            "insert into sessions (agent_id, token_hash, csrf_token, created_at, seen_at,"
            " expires_at) values ($1, 'a', '', $2, $2, $2)",
            timedelta(days=30),
        ),
        (
            "sessions",
            "insert into sessions (agent_id, token_hash, csrf_token, created_at, seen_at,"
            " revoked_at, expires_at)"
            " values ($1, 'a', '', $2::timestamptz, $2, $2, $2::timestamptz + interval '1 year')",
            timedelta(days=30),
        ),
        (
            "visitor_sessions",
            "insert into visitor_sessions (account_id, session, token_hash, created_at, seen_at,"
            " expires_at, ended_at) values ((select min(id) from accounts), 's', 'a',"
            " $2::timestamptz, $2, $2::timestamptz + interval '1 year' + $1 * interval '0 s', $2)",
            timedelta(days=30),
        ),
        (
            "invitations",
            "insert into invitations (token_hash, purpose, role, agent_id, created_at,"
            " expires_at) values ('a', 'invite', 'agent', $1, $2, $2)",
            timedelta(days=30),
        ),
        (
            "spent_tokens",
            "insert into spent_tokens (scope, token_id, expires_at) values"
            " ('a', $1::bigint::text, $2)",
            timedelta(hours=1),
        ),
        (
            "link_codes",
            "insert into link_codes (code_hash, made_by, agent_id, host_account, level, channels,"
            " made_at, expires_at) values ('a', 'host', $1, 'a', 2, '{a}', $2, $2)",
            DAY,
        ),
        (
            "link_guesses",
            "insert into link_guesses (scope, window_at, count) values ($1::bigint::text, $2, 1)",
            DAY,
        ),
        (
            "automatic_lines",
            "with person as (insert into persons (id, root_id, created_at)"
            " values ($1, $1, $2) returning id) insert into automatic_lines"
            " (key, line, person_id, at) select 'a', 'linked', id, $2 from person",
            timedelta(days=30),
        ),
        (
            "macro_runs",
            "with made as (insert into macros (name, reach, agent_id, changed_at)"
            " values ('M', 'personal', $1, $2) returning id) insert into macro_runs"
            " (macro_id, agent_id, at) select id, $1, $2 from made",
            timedelta(days=90),
        ),
        (
            "snippets",
            "insert into snippets (reach, title, agent_id, changed_at, dropped_at)"
            " values ('personal', 'a', $1, $2, $2)",
            DAY,
        ),
        (
            "saved_views",
            "insert into saved_views (name, query, sort, scope, owner_id, created_at, dropped_at)"
            " values ('a', '', 'newest', 'private', $1, $2, $2)",
            DAY,
        ),
        (
            "login_failures",
            "insert into login_failures (subject, at) values ($1::bigint::text, $2)",
            DAY,
        ),
        (
            "visitor_uploads",
            "insert into visitor_uploads (visitor_session_id, key_hash, name, media_type, size,"
            " created_at) values ($1, 'a', 'a', 'text/plain', 1, $2)",
            DAY,
        ),
        (
            "attachments",
            "insert into attachments (name, media_type, uploaded_by_id, created_at)"
            " values ('a', 'text/plain', $1, $2)",
            DAY,
        ),
    ],
)
async def test_row_is_dropped_when_its_time_is_over_and_not_before(
    desk: AnsweringDesk, clock: FakeClock, table: str, insert: str, kept_for: timedelta
) -> None:
    await desk.value(insert, desk.author.agent_id, clock.now())

    clock.advance(kept_for - timedelta(seconds=1))
    await end_what_is_over(desk.database, KEPT)
    assert await desk.value(f"select count(*) from {table}") == 1

    clock.advance(timedelta(seconds=2))
    await end_what_is_over(desk.database, KEPT)
    assert await desk.value(f"select count(*) from {table}") == 0


async def test_file_of_a_message_is_never_dropped(
    desk: AnsweringDesk, janitor: Janitor, clock: FakeClock
) -> None:
    key = await desk.blobs.put(b"sent")
    ann = await desk.hear("ann")
    upload = await desk.upload()
    await desk.value("update attachments set blob_key = $1", key)
    await desk.answer(ann, attachment_ids=[upload])
    _age(desk.blobs, key, 30 * DAY)
    clock.advance(29 * DAY)

    for _ in range(SHELVES):
        await janitor.work()

    assert await desk.blobs.size(key) == 4
    assert await desk.value("select count(*) from attachments") == 1


async def test_upload_that_is_sent_at_the_very_moment_stays(
    desk: AnsweringDesk, clock: FakeClock
) -> None:
    ann = await desk.hear("ann")
    message = (await desk.answer(ann)).message_id
    upload = await desk.upload()
    clock.advance(2 * DAY)
    async with desk.database.transaction() as work:
        await attach(work, message, [upload])
        ending = asyncio.create_task(end_what_is_over(desk.database, KEPT))
        await desk.until_blocked()  # it has chosen the row, and waits for our commit
    await ending

    assert await desk.value("select message_id from attachments") == message


async def test_bytes_that_nothing_names_are_swept_once_they_are_idle(desk: AnsweringDesk) -> None:
    old, fresh = await desk.blobs.put(b"old"), await desk.blobs.put(b"fresh")
    _age(desk.blobs, old, 2 * DAY)

    swept = [await sweep_shelf(desk.database, desk.blobs, n, idle=DAY) for n in range(SHELVES)]

    assert sum(swept) == 1
    assert swept[int(old[:2], 16)] == 1
    assert await desk.blobs.size(fresh) == 5


async def test_bytes_put_again_count_as_fresh(desk: AnsweringDesk) -> None:
    key = await desk.blobs.put(b"again")
    _age(desk.blobs, key, 2 * DAY)
    await desk.blobs.put(b"again")

    assert await sweep_shelf(desk.database, desk.blobs, int(key[:2], 16), idle=DAY) == 0
    assert not await desk.blobs.drop_idle(key, idle=DAY)


@pytest.mark.parametrize(
    "reference",
    [
        "insert into message_sources (message_id, media_type, blob_key)"
        " select max(id), 'text/plain', $1 from messages",
        "insert into quarantine (account_id, event_key, blob_key, reason, first_seen_at,"
        " last_seen_at) select min(id), 'e', $1, '', now(), now() from accounts",
        "insert into kept_pictures (message_id, address_digest, blob_key, size, at)"
        " select max(id), 'a', $1, 6, now() from messages",
    ],
)
async def test_raw_sources_in_blobs_are_kept(desk: AnsweringDesk, reference: str) -> None:
    await desk.hear("ann")
    key = await desk.blobs.put(b"source")
    await desk.value(reference, key)
    _age(desk.blobs, key, 2 * DAY)

    assert await sweep_shelf(desk.database, desk.blobs, int(key[:2], 16), idle=DAY) == 0


def test_every_table_that_names_blobs_is_looked_at_before_one_is_dropped() -> None:
    naming = {
        table.name
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column, sa.Column) and "blob" in column.name
    }

    assert naming == {
        "attachments",
        "kept_pictures",
        "message_sources",
        "quarantine",
        "visitor_upload_chunks",
    }


async def test_snoozed_case_opens_when_its_time_has_come_and_says_so(
    desk: AnsweringDesk, clock: FakeClock
) -> None:
    ann = await desk.hear("ann")
    case = await desk.value(
        "update cases set state = 'snoozed', snoozed_until = $1 returning id",
        clock.now() + timedelta(hours=1),
    )
    assert await wake_snoozed(desk.database) == 0
    before = await desk.newest_fact()
    clock.advance(timedelta(hours=1))

    assert await wake_snoozed(desk.database) == 1

    row = await desk.row("select state, snoozed_until from cases where id = $1", case)
    assert row == {"state": "open", "snoozed_until": None}
    event = await desk.value("select max(id) from messages where direction = 'event'")
    assert await desk.facts(before) == [
        ("message.created", ann, event),
        ("case.changed", ann, case),
    ]
    assert await wake_snoozed(desk.database) == 0


async def test_case_that_is_snoozed_anew_while_it_is_being_woken_stays_snoozed(
    desk: AnsweringDesk, clock: FakeClock
) -> None:
    ann = await desk.hear("ann")
    await desk.value("update cases set state = 'snoozed', snoozed_until = $1", clock.now())
    async with desk.database.transaction() as work:
        await persons.lock_root(work, ann)
        waking = asyncio.create_task(wake_snoozed(desk.database))
        await desk.until_blocked()
        later = clock.now() + timedelta(days=1)
        await work.driver.execute("update cases set snoozed_until = $1", later)

    assert await waking == 0
    assert await desk.value("select state from cases") == "snoozed"


async def test_case_snoozed_without_a_time_stays_so(desk: AnsweringDesk) -> None:
    await desk.hear("ann")
    await desk.value("update cases set state = 'snoozed'")

    assert await wake_snoozed(desk.database) == 0


class _WildClock(FakeClock):
    """Its wall clock can jump while no time passes."""

    def jump(self, duration: timedelta) -> None:
        self._now += duration


@pytest.mark.parametrize("jump", [timedelta(hours=2), timedelta(days=-1)])
def test_clock_that_jumps_is_not_believed_for_a_day(jump: timedelta) -> None:
    clock = _WildClock()
    watch = ClockWatch(clock)
    clock.advance(timedelta(days=3))
    assert watch.is_steady()

    clock.jump(jump)

    assert not watch.is_steady()
    clock.advance(timedelta(hours=23))
    assert not watch.is_steady()
    clock.advance(timedelta(hours=2))
    assert watch.is_steady()


def test_clock_that_jumps_back_to_where_it_was_is_believed_at_once() -> None:
    clock = _WildClock()
    watch = ClockWatch(clock)
    clock.jump(timedelta(days=1))
    assert not watch.is_steady()

    clock.jump(timedelta(days=-1))

    assert watch.is_steady()


async def test_nothing_is_dropped_after_the_clock_has_jumped_ahead(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    clock = _WildClock()
    wild = Database(database_url, clock=clock)
    try:
        desk = await open_desk(wild, tmp_path)
        await desk.upload()
        janitor = Janitor(wild, desk.blobs, LeaseKeeper(wild, "us"), KEPT)
        clock.jump(timedelta(days=40))
        await janitor.work()
        assert await desk.value("select count(*) from attachments") == 1
    finally:
        await wild.close()
