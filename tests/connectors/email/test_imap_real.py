"""Reading on a real Dovecot: what the scripted server only plays."""

import asyncio
import imaplib
from collections.abc import Callable
from typing import Any

from connectors.email.imap.names import quoted, to_wire
from connectors.email.imap.sent import SentFolder
from core.clock import SystemClock
from core.connector import HealthState
from core.messages import MessageReceived
from tests.connectors.email.imap_reading import eventually
from tests.connectors.email.test_real_servers import (
    a_mail,
    connector,
    event,
    message,
    reading,
)
from tests.rig.mail_servers import DESK, MailServers
from tests.waiting import until


async def on_the_server(mail: MailServers, act: Callable[[imaplib.IMAP4], Any]) -> Any:
    """What another mail program does to the desk's mailbox."""

    def run() -> Any:
        with mail._log_in(DESK) as client:
            return act(client)

    return await asyncio.to_thread(run)


def make(client: imaplib.IMAP4, folder: str) -> None:
    client.create(quoted(to_wire(folder)))


def put(client: imaplib.IMAP4, folder: str, *texts: str) -> None:
    for text in texts:
        client.append(quoted(to_wire(folder)), "", None, a_mail(text).as_bytes())


def counted(client: imaplib.IMAP4, folder: str, criteria: str) -> int:
    client.select(quoted(to_wire(folder)), readonly=True)
    _, found = client.search(None, criteria)
    return len(found[0].split())


async def until_none(mail: MailServers, criteria: str) -> None:
    """Of the inbox. Looked at again and again: the server tells us nothing."""

    async def is_none() -> bool:
        return not await on_the_server(mail, lambda client: counted(client, "INBOX", criteria))

    await until(is_none)


async def test_folders_with_foreign_names_are_read_beside_the_inbox(mail: MailServers) -> None:
    def lay(client: imaplib.IMAP4) -> None:
        make(client, "客服/Поддержка & Co")
        put(client, "客服/Поддержка & Co", "in the folder")
        put(client, "INBOX", "in the inbox")

    await on_the_server(mail, lay)
    folders = ["INBOX", "客服/Поддержка & Co", "Missing"]
    async with connector(mail, folders=folders) as made, reading(made) as sink:
        await message(sink, "in the folder")
        await message(sink, "in the inbox")
        assert set(sink.cursors) == set(folders[:2])
        await eventually(lambda: made.health().state is HealthState.DEGRADED)
        assert "Missing: This folder is not read" in made.health().detail


async def test_folder_of_sent_mails_is_found_and_not_read(mail: MailServers) -> None:
    await on_the_server(mail, lambda client: put(client, "Sent", "from us"))
    async with connector(mail, folders=["INBOX", "Sent"]) as made, reading(made) as sink:
        await eventually(lambda: "it holds what was sent" in made.health().detail)
        await on_the_server(mail, lambda client: put(client, "INBOX", "to us"))
        await message(sink, "to us")
        assert len(sink.events) == 1


async def test_copy_of_a_sent_mail_is_filed_once_and_found(mail: MailServers) -> None:
    outgoing = a_mail("our answer", DESK.address)
    message_id = str(outgoing["Message-ID"]).strip("<>")
    today = SystemClock().now().date()
    async with connector(mail) as made:
        sent = SentFolder(made._connect)
        assert not await sent.holds(message_id, since=today)
        assert await sent.file_copy(outgoing.as_bytes(), message_id, since=today)
        assert not await sent.file_copy(outgoing.as_bytes(), message_id, since=today)
        assert await sent.holds(message_id, since=today)
    assert await on_the_server(mail, lambda client: counted(client, "Sent", "SEEN")) == 1


async def test_mails_are_marked_as_read_if_ops_want_it(mail: MailServers) -> None:
    await on_the_server(mail, lambda client: put(client, "INBOX", "one", "two"))
    async with connector(mail, mark_seen=True) as made, reading(made) as sink:
        await message(sink, "two")
        await until_none(mail, "UNSEEN")


async def test_mails_are_moved_if_ops_want_it_and_come_once(mail: MailServers) -> None:
    def lay(client: imaplib.IMAP4) -> None:
        make(client, "Erledigt für heute")
        put(client, "INBOX", "one", "two")

    await on_the_server(mail, lay)
    async with connector(mail, move_to="Erledigt für heute") as made, reading(made) as sink:
        await message(sink, "two")
        await until_none(mail, "ALL")
        await on_the_server(mail, lambda client: put(client, "INBOX", "three"))
        await message(sink, "three")
        assert len(sink.events) == 3
    moved = await on_the_server(mail, lambda client: counted(client, "Erledigt für heute", "ALL"))
    assert moved >= 2


async def test_others_who_expunge_while_we_read_hide_no_mail_that_stays(mail: MailServers) -> None:
    def lay(client: imaplib.IMAP4) -> None:
        put(client, "INBOX", *(f"mail number {n}." for n in range(200)))

    def expunge_every_other(client: imaplib.IMAP4) -> None:
        client.select("INBOX")
        _, found = client.uid("SEARCH", "ALL")
        for uid in found[0].split()[1::2]:
            client.uid("STORE", uid.decode(), "+FLAGS.SILENT", r"(\Deleted)")
            client.expunge()

    await on_the_server(mail, lay)
    async with connector(mail) as made, reading(made) as sink:
        await event(sink)
        await on_the_server(mail, expunge_every_other)
        await on_the_server(mail, lambda client: put(client, "INBOX", "the last"))
        await message(sink, "the last")
        texts = {one.text for one in sink.events if isinstance(one, MessageReceived)}
        assert {f"mail number {n}." for n in range(0, 200, 2)} <= texts
        assert len(sink.events) == len(texts)


async def test_server_that_goes_away_and_comes_back_loses_nothing(mail: MailServers) -> None:
    await on_the_server(mail, lambda client: put(client, "INBOX", "before"))
    async with connector(mail) as made:
        async with reading(made) as sink:
            await message(sink, "before")
            await asyncio.to_thread(mail.dovecot.stop)
        await asyncio.to_thread(mail.dovecot.start)
        await on_the_server(mail, lambda client: put(client, "INBOX", "after"))
        async with reading(made, dict(sink.cursors)) as again:
            await message(again, "after")
            assert len(again.events) == 1
