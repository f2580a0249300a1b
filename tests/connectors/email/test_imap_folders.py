"""Several folders: each with its own faults, none starved, none that people never wrote to."""

import asyncio
from collections import Counter

import pytest

from core.connector import HealthState
from core.messages import MessageReceived
from tests.connectors.email.imap_reading import (
    MAIL,
    answering,
    connector,
    eventually,
    mails,
    reading,
    receiving,
    texts,
    until,
)
from tests.connectors.email.scripted_imap import ScriptedImap, Writer
from tests.waiting import PATIENCE


def refusing(server: ScriptedImap, folder: str) -> None:
    async def refuse(tag: str, writer: Writer) -> bool:
        if f'"{folder}"' not in server.commands[-1]:
            return False
        writer.write(tag.encode() + b" NO [NONEXISTENT] no such mailbox\r\n")
        return True

    server.hooks["EXAMINE"] = refuse


async def test_missing_folder_is_its_own_fault_and_the_others_are_read() -> None:
    async with (
        ScriptedImap(mails(1)) as server,
        connector(server, folders=["Nope", "INBOX"]) as made,
    ):
        refusing(server, "Nope")
        async with receiving(made) as (sink, task):
            await until(sink, lambda: texts(sink) == ["mail 1"])
            await eventually(lambda: made.health().state is HealthState.DEGRADED)
            detail = made.health().detail
            assert detail.startswith("Nope: This folder is not read")
            assert "There are: INBOX, Sent Items" in detail
            assert not task.done()


async def test_folder_that_appears_later_is_read_then() -> None:
    async with (
        ScriptedImap(mails(1)) as server,
        connector(server, folders=["Late"], max_connections=1) as made,
    ):
        refusing(server, "Late")
        async with receiving(made) as (sink, _):
            await eventually(lambda: made.health().state is HealthState.DOWN)
            del server.hooks["EXAMINE"]
            await until(sink, lambda: texts(sink) == ["mail 1"])
            await eventually(lambda: made.health().state is HealthState.RUNNING)


async def test_check_names_the_missing_folder_and_those_there_are() -> None:
    async with ScriptedImap() as server, connector(server, folders=["INBOX", "Nope"]) as made:
        refusing(server, "Nope")
        step = (await made.check()).steps[0]
    assert not step.ok
    assert step.detail.startswith("Nope:")
    assert "INBOX, Sent Items" in step.fix


@pytest.mark.parametrize("attribute", ["Sent", "Drafts", "Trash", "All"])
async def test_folder_whose_mails_nobody_wrote_to_us_is_not_read(attribute: str) -> None:
    async with (
        ScriptedImap(mails(1)) as server,
        connector(server, folders=["INBOX", "Own"]) as made,
    ):
        server.folders.append(rf'(\{attribute}) "/" Own')
        async with receiving(made) as (sink, _):
            await eventually(lambda: "Own: This folder is not read" in made.health().detail)
            await until(sink, lambda: bool(sink.events))
            assert set(sink.cursors) == {"INBOX"}


async def test_more_folders_than_connections_are_read_in_turns() -> None:
    folders = ["INBOX", "A", "B", "C"]
    async with (
        ScriptedImap(mails(1)) as server,
        reading(server, folders=folders, max_connections=2) as (sink, _),
    ):
        await until(sink, lambda: len(sink.events) == 4)
        assert set(sink.cursors) == set(folders)
        assert server.connections == 2
        server.add(2, MAIL % (2, 2))
        await until(sink, lambda: len(sink.events) == 8)


async def test_folder_with_a_backlog_leaves_the_next_one_its_turn() -> None:
    async with (
        ScriptedImap(mails(*range(1, 501))) as server,
        reading(server, folders=["A", "B"], max_connections=1) as (sink, _),
    ):
        await until(sink, lambda: len(sink.events) == 1000)
        seen: Counter[str] = Counter()
        most = 0
        for cursor in sink.history:
            seen[cursor.scope] += 1
            most = max(most, abs(seen["A"] - seen["B"]))
        assert most <= 12


async def test_server_that_grants_no_further_connection_is_read_in_turns() -> None:
    async def no_more(tag: str, writer: Writer) -> bool:
        if len(server.asked("LOGIN")) < 2:
            return False
        writer.write(tag.encode() + b" NO [LIMIT] Too many simultaneous connections\r\n")
        return True

    async with ScriptedImap(mails(1)) as server:
        server.hooks["LOGIN"] = no_more
        async with reading(server, folders=["INBOX", "A", "B"]) as (sink, task):
            await until(sink, lambda: len(sink.events) == 3)
            assert not task.done()


async def test_junk_is_read_only_if_wanted_and_marked_as_such() -> None:
    async with ScriptedImap(mails(1)) as server:
        server.folders.append(r'(\Junk) "/" Verdacht')
        async with reading(server) as (sink, _):
            async with asyncio.timeout(PATIENCE):
                await server.idling.wait()
            assert set(sink.cursors) == {"INBOX"}
        async with reading(server, folders=["Own"], read_junk=True) as (sink, _):
            await until(sink, lambda: len(sink.events) == 2)
            assert set(sink.cursors) == {"Own", "Verdacht"}
            warned = [
                "junk" in warning
                for event in sink.events
                if isinstance(event, MessageReceived)
                for warning in event.warnings
            ]
            assert warned.count(True) == 1


async def test_junk_folder_that_is_wanted_and_missing_is_seen() -> None:
    async with ScriptedImap() as server, connector(server, read_junk=True) as made:
        refusing(server, "Junk")
        async with receiving(made):
            await eventually(lambda: "Junk: This folder is not read" in made.health().detail)


async def test_foreign_folder_name_goes_over_the_wire_as_it_must() -> None:
    async with ScriptedImap(mails(1)) as server:
        server.folders.append('() "/" "&BB8EPgQ0BDQENQRABDYEOgQw-"')
        async with reading(server, folders=["Поддержка"]) as (sink, _):
            await until(sink, lambda: bool(sink.events))
            assert set(sink.cursors) == {"Поддержка"}
        assert server.asked("EXAMINE") == ['EXAMINE "&BB8EPgQ0BDQENQRABDYEOgQw-"']


async def test_folder_that_is_not_listed_is_tried_by_its_name() -> None:
    async with ScriptedImap(mails(1)) as server:
        server.hooks["LIST"] = answering(b"TAG NO not allowed\r\n")
        async with reading(server, folders=["Shared/Desk"]) as (sink, _):
            await until(sink, lambda: bool(sink.events))
        assert server.asked("EXAMINE") == ['EXAMINE "Shared/Desk"']


async def test_mails_are_marked_only_if_wanted_and_only_when_they_are_stored() -> None:
    async with ScriptedImap(mails(1, 2)) as server:
        async with reading(server, mark_seen=True) as (sink, _):
            await eventually(lambda: bool(server.asked("UID STORE")))
            assert len(sink.events) == 2
        assert server.asked("UID STORE") == [r"UID STORE 1,2 +FLAGS.SILENT (\Seen)"]


async def test_mails_that_could_not_be_stored_are_not_marked() -> None:
    async with ScriptedImap(mails(1)) as server, connector(server, mark_seen=True) as made:

        class Refusing:
            async def accept(self, events: object, *, cursor: object = None) -> None:
                if events:
                    raise ConnectionError("the database is away")

        with pytest.raises(ConnectionError):
            await made.receive(Refusing(), {})
        assert not server.asked("UID STORE")


async def test_mails_are_moved_if_wanted() -> None:
    async with ScriptedImap(mails(1, 2)) as server:
        server.capabilities += " MOVE"
        async with reading(server, move_to="Done") as (sink, _):
            await eventually(lambda: not server.mails)
            assert len(sink.events) == 2
        assert server.asked("UID MOVE") == ['UID MOVE 1,2 "Done"']
        assert server.asked("SELECT")


async def test_without_move_nothing_else_is_expunged() -> None:
    async with ScriptedImap(mails(1)) as server:
        async with reading(server, move_to="Done"):
            await eventually(lambda: bool(server.asked("UID EXPUNGE")))
        assert server.asked("UID COPY") == ['UID COPY 1 "Done"']
        assert server.asked("UID EXPUNGE") == ["UID EXPUNGE 1"]
        assert not server.asked("EXPUNGE")


async def test_move_that_is_refused_is_said_and_the_mails_are_read() -> None:
    async with ScriptedImap(mails(1)) as server, connector(server, move_to="Done") as made:
        server.capabilities += " MOVE"
        server.hooks["UID MOVE"] = answering(b"TAG NO [TRYCREATE] no such folder\r\n")
        async with receiving(made) as (sink, task):
            await until(sink, lambda: texts(sink) == ["mail 1"])
            await eventually(lambda: "not marked or moved" in made.health().detail)
            assert made.health().state is HealthState.DEGRADED
            assert not task.done()
