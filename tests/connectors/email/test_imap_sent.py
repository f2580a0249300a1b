"""What went out is found in the Sent folder, and a copy is filed there once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

import pytest

from connectors.email.errors import FolderRefused, ImapRefused
from connectors.email.imap.sent import LOOKED_THROUGH, SentFolder
from tests.connectors.email.imap_reading import answering, connect
from tests.connectors.email.scripted_imap import ScriptedImap

ID = "onethread.0123@desk.example"
MAIL = f"From: help@desk.example\r\nMessage-ID: <{ID}>\r\n\r\nour answer\r\n".encode()
OTHER = b"From: help@desk.example\r\nMessage-ID: <other@desk.example>\r\n\r\nhi\r\n"
TODAY = date(2026, 1, 5)


@asynccontextmanager
async def sent_folder() -> AsyncIterator[tuple[ScriptedImap, SentFolder]]:
    async with ScriptedImap() as server:
        yield server, SentFolder(lambda: connect(server))


async def test_mail_that_went_out_is_found_by_its_id() -> None:
    async with sent_folder() as (server, folder):
        server.sent = {1: OTHER, 2: MAIL}
        assert await folder.holds(ID, since=TODAY)
        assert server.asked("EXAMINE") == ['EXAMINE "Sent Items"']
        assert server.asked("UID SEARCH") == [
            f'UID SEARCH SINCE 4-Jan-2026 HEADER Message-ID "<{ID}>"'
        ]
        assert server.asked("LOGOUT")


async def test_mail_that_did_not_go_out_is_not_found() -> None:
    async with sent_folder() as (server, folder):
        server.sent = {1: OTHER}
        assert not await folder.holds(ID, since=TODAY)


@pytest.mark.parametrize("answer", [b"* SEARCH\r\nTAG OK\r\n", b"TAG BAD no such criterion\r\n"])
async def test_server_that_cannot_search_by_id_has_its_newest_headers_looked_through(
    answer: bytes,
) -> None:
    async with sent_folder() as (server, folder):
        server.sent = {number: OTHER for number in range(1, 200)} | {200: MAIL}
        reply = answering(answer)

        async def by_id(tag: str, writer: object) -> bool:
            if "HEADER" not in server.commands[-1]:
                return False
            return await reply(tag, writer)  # type: ignore[arg-type]  # passed on

        server.hooks["UID SEARCH"] = by_id
        assert await folder.holds(ID, since=TODAY)
        (fetched,) = server.asked("UID FETCH")
        assert fetched.count(",") == LOOKED_THROUGH - 1


async def test_gmail_is_asked_in_its_own_words() -> None:
    async with sent_folder() as (server, folder):
        server.capabilities += " X-GM-EXT-1"
        server.sent = {2: MAIL}
        assert await folder.holds(ID, since=TODAY)
        assert f'X-GM-RAW "rfc822msgid:{ID}"' in server.asked("UID SEARCH")[0]


async def test_copy_is_filed_as_it_is() -> None:
    async with sent_folder() as (server, folder):
        assert await folder.file_copy(MAIL, ID, since=TODAY)
        assert server.sent == {1: MAIL}
        assert server.asked("APPEND") == [rf'APPEND "Sent Items" (\Seen) {{{len(MAIL)}}}']


async def test_copy_that_the_provider_filed_is_not_filed_again() -> None:
    async with sent_folder() as (server, folder):
        assert await folder.file_copy(MAIL, ID, since=TODAY)
        assert not await folder.file_copy(MAIL, ID, since=TODAY)
        assert len(server.sent) == 1


async def test_refused_copy_is_said() -> None:
    async with sent_folder() as (server, folder):
        server.hooks["APPEND"] = answering(b"TAG NO [OVERQUOTA] full\r\n")
        with pytest.raises(ImapRefused, match="OVERQUOTA"):
            await folder.file_copy(MAIL, ID, since=TODAY)


async def test_mailbox_without_a_sent_folder_says_so() -> None:
    async with sent_folder() as (server, folder):
        server.folders = [r'() "/" INBOX']
        with pytest.raises(FolderRefused, match="no folder of sent mails"):
            await folder.holds(ID, since=TODAY)
