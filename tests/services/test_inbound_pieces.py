"""Messages that come in pieces: an album's photos, one by one, late, and again."""

from pathlib import Path

import msgspec
import pytest

from core.ids import RemoteId
from core.messages import InboundAttachment, MessageEdited, MessageReceived, RemotePart
from core.rich_text import Mark, Span
from router.blobs.disk import DiskBlobs
from router.services.inbound import Incoming, accept
from router.storage.engine import Database
from router.storage.unit_of_work import Fact
from tests.services.builders import make_account, received

ALBUM = RemoteId("album:7")


def photo(number: int, text: str = "", *, part: int = 0) -> InboundAttachment:
    return InboundAttachment(name=f"{number}.jpg", content=b"photo %d" % number, part=part)


def piece(*numbers: int, text: str = "") -> MessageReceived:
    """What one event brings of the album: these of its photos."""
    parts = [RemotePart(remote_id=RemoteId(str(n)), part=at) for at, n in enumerate(numbers)]
    return msgspec.structs.replace(
        received("grace", text),
        event_key=f"photo:{numbers[0]}",
        remote_parts=(*parts, RemotePart(remote_id=ALBUM)),
        joins=ALBUM,
        attachments=tuple(photo(n, part=at) for at, n in enumerate(numbers)),
    )


class Desk:
    def __init__(self, database: Database, blobs: DiskBlobs, account: int) -> None:
        self.database, self.blobs, self.account = database, blobs, account

    async def accept(self, *events: MessageReceived | MessageEdited) -> list[int | None]:
        incoming = Incoming(account_id=self.account, fence=None, events=events)
        [result] = await accept(self.database, self.blobs, [incoming])
        assert not isinstance(result, BaseException)
        return result

    async def shown(self) -> list[tuple[str, list[str]]]:
        """(text, names of its files) of each message."""
        async with self.database.reading() as work:
            rows = await work.driver.fetch(
                """
                select m.text, array(select a.name from attachments a where a.message_id = m.id
                    order by a.position) as names
                from messages m order by m.id
                """
            )
        return [(row["text"], row["names"]) for row in rows]


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> Desk:
    return Desk(database, DiskBlobs(tmp_path / "blobs"), await make_account(database))


async def test_late_piece_joins_the_message_with_its_file_and_its_text(desk: Desk) -> None:
    [first] = await desk.accept(piece(1))
    [late] = await desk.accept(piece(2, text="at sea"))

    assert late == first
    assert await desk.shown() == [("at sea", ["1.jpg", "2.jpg"])]


async def test_text_that_is_there_is_not_replaced_by_that_of_a_late_piece(desk: Desk) -> None:
    await desk.accept(piece(1, text="at sea"))
    await desk.accept(piece(2, text="again"))

    assert [text for text, _ in await desk.shown()] == ["at sea"]


async def test_pieces_that_come_again_in_another_grouping_are_there_once(desk: Desk) -> None:
    await desk.accept(piece(1, 2))
    await desk.accept(piece(1))
    await desk.accept(piece(2, 3))
    await desk.accept(piece(1, 2, 3))

    assert await desk.shown() == [("", ["1.jpg", "2.jpg", "3.jpg"])]


async def test_pieces_of_one_batch_are_one_message_before_what_was_said_after(desk: Desk) -> None:
    await desk.accept(piece(1, text="look"), piece(2), received("grace", "see?"))

    assert await desk.shown() == [("look", ["1.jpg", "2.jpg"]), ("see?", [])]


async def test_same_album_id_elsewhere_is_another_message(desk: Desk) -> None:
    await desk.accept(piece(1))
    elsewhere = received("bea", "")
    await desk.accept(
        msgspec.structs.replace(piece(2), place=elsewhere.place, sender=elsewhere.sender)
    )

    assert [names for _, names in await desk.shown()] == [["1.jpg"], ["2.jpg"]]


async def test_edit_of_a_late_piece_that_came_before_it_is_applied(desk: Desk) -> None:
    first = piece(1)
    await desk.accept(first)
    await desk.accept(
        MessageEdited(event_key="edit:2", place=first.place, remote_id=RemoteId("2"), text="at sea")
    )
    await desk.accept(piece(2))

    assert await desk.shown() == [("at sea", ["1.jpg", "2.jpg"])]


async def test_late_piece_tells_who_looks_that_the_message_has_changed(desk: Desk) -> None:
    [message] = await desk.accept(piece(1))
    await desk.accept(piece(2))

    async with desk.database.reading() as work:
        facts = await work.driver.fetch("select kind, ref from outbox order by id")
    assert (Fact.MESSAGE_CHANGED.value, message) in [(row["kind"], row["ref"]) for row in facts]


async def test_formatting_comes_with_the_text_of_a_late_piece(desk: Desk) -> None:
    await desk.accept(piece(1))
    bold = Span(mark=Mark.BOLD, start=0, end=2)
    await desk.accept(msgspec.structs.replace(piece(2, text="at sea"), spans=(bold,)))

    async with desk.database.reading() as work:
        spans = await work.driver.fetchval("select spans::text from messages")
    assert msgspec.json.decode(spans, type=tuple[Span, ...]) == (bold,)
