"""Formatting through the desk: what came in, what goes out, what becomes of it."""

from pathlib import Path

import msgspec
import pytest

from core.capabilities import Capabilities, FileLimits, TextLimit
from core.ids import RemoteId
from core.messages import MessageEdited, OutboundMessage
from core.rich_text import Mark, Span
from router.services.errors import Refused
from router.services.outbound import Reply, reply, to_message
from router.services.outbound.leveling import Judged
from router.services.outbound.preview import to_preview
from router.services.privacy import erase_person
from router.services.shown.messages import load_message
from router.storage.engine import Database
from router.storage.outgoing import load_outgoing
from tests.services.answering_desk import AnsweringDesk, open_desk
from tests.services.builders import received
from tests.unit.rich_texts import rich

LINK = (Mark.LINK, "https://example.org/a")
TEXT, SPANS = rich("{b:Dear} Ana, {a:read} this", b=Mark.BOLD, a=LINK)

FREE = Judged(needed=0, present=0, channels=None, refusal=None)


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AnsweringDesk:
    return await open_desk(database, tmp_path)


async def _spans(desk: AnsweringDesk, message: int) -> tuple[Span, ...]:
    async with desk.database.reading() as work:
        shown = await load_message(work, message)
    assert shown is not None
    return shown.spans


async def test_message_comes_in_with_its_formatting_made_normal(desk: AnsweringDesk) -> None:
    said = (
        Span(mark=Mark.ITALIC, start=3, end=99),
        Span(mark=Mark.BOLD, start=0, end=5),
        Span(mark=Mark.LINK, start=0, end=4, url="javascript:alert(1)"),
    )

    message = await desk.take_in(received("ann", "abcdefgh", spans=said))

    assert message is not None
    assert await _spans(desk, message) == (
        Span(mark=Mark.BOLD, start=0, end=5),
        Span(mark=Mark.ITALIC, start=3, end=5),
        Span(mark=Mark.ITALIC, start=5, end=8),
    )


async def test_plain_message_keeps_no_formatting_at_all(desk: AnsweringDesk) -> None:
    await desk.hear("ann", "plain")
    assert await desk.value("select spans is null from messages")


async def test_edit_that_only_formats_is_a_revision(desk: AnsweringDesk) -> None:
    event = received("ann", TEXT, key="m1", spans=SPANS)
    message = await desk.take_in(event)
    assert message is not None
    edit = MessageEdited(
        event_key="e1", place=event.place, remote_id=RemoteId("m1"), text=TEXT, spans=SPANS[:1]
    )
    await desk.take_in(msgspec.structs.replace(edit, event_key="e0", spans=SPANS))
    assert await desk.value("select revision from messages") == 0

    await desk.take_in(edit)

    assert await _spans(desk, message) == SPANS[:1]
    kept = await desk.rows("select revision, spans from message_revisions order by revision")
    assert [row["revision"] for row in kept] == [0, 1]
    assert [len(row["spans"]) for row in kept] == [2, 1]


async def test_reply_goes_out_with_what_the_channel_shows(desk: AnsweringDesk) -> None:
    desk.capabilities[desk.channel] = Capabilities(marks=(Mark.BOLD,))
    ann = await desk.hear("ann")

    written = await desk.answer(ann, f"  {TEXT} ", spans=_moved(SPANS, 2))

    assert await _spans(desk, written.message_id) == SPANS
    [row] = await desk.deliveries()
    assert row["text"] == "Dear Ana, read (https://example.org/a) this"
    [message] = await _outgoing(desk)
    assert message.spans == SPANS[:1]


async def test_parts_are_cut_where_the_wire_is_full(desk: AnsweringDesk) -> None:
    desk.capabilities[desk.channel] = Capabilities(text=TextLimit(length=12), marks=(Mark.BOLD,))
    ann = await desk.hear("ann")
    text, spans = rich("one {b:two} three", b=Mark.BOLD)

    await reply(
        desk.database,
        desk.keyring,
        desk.capabilities.__getitem__,
        desk.author,
        Reply(person_id=ann, client_key="k", text=text, spans=spans),
        wire_of=lambda channel: lambda text, spans: text + "****" * len(spans),
    )

    assert [(one.text, one.spans) for one in await _outgoing(desk)] == [
        ("one two", spans),
        ("three", ()),
    ]


async def test_note_keeps_its_formatting(desk: AnsweringDesk) -> None:
    ann = await desk.hear("ann")
    written = await desk.note(ann, TEXT, spans=SPANS)
    assert await _spans(desk, written.message_id) == SPANS


@pytest.mark.parametrize(
    ("span", "field"),
    [
        (Span(mark=Mark.BOLD, start=0, end=99), "spans[1].end"),
        (Span(mark=Mark.BOLD, start=3, end=3), "spans[1].end"),
        (Span(mark=Mark.BOLD, start=-1, end=3), "spans[1].end"),
        (Span(mark=Mark.LINK, start=0, end=3, url="javascript:alert(1)"), "spans[1].url"),
    ],
)
async def test_span_that_makes_no_sense_is_named(
    desk: AnsweringDesk, span: Span, field: str
) -> None:
    ann = await desk.hear("ann")
    with pytest.raises(Refused) as refused:
        await desk.answer(ann, TEXT, spans=(*SPANS[:1], span))
    assert refused.value.field == field
    assert await desk.deliveries() == []


async def test_erased_person_leaves_no_formatting(desk: AnsweringDesk) -> None:
    desk.capabilities[desk.channel] = Capabilities(marks=tuple(Mark))
    ann = await desk.hear("ann", TEXT, spans=SPANS)
    await desk.answer(ann, TEXT, spans=SPANS)
    await erase_person(desk.database, desk.blobs, "cli", ann)
    assert await desk.value("select count(*) from messages where spans is not null") == 0
    assert await desk.value("select count(*) from deliveries where spans is not null") == 0


async def _outgoing(desk: AnsweringDesk) -> list[OutboundMessage]:
    """As a connector gets them at their first attempt."""
    async with desk.database.transaction() as work:
        await work.driver.execute(
            """
            insert into delivery_attempts (delivery_id, attempt, claim, started_at)
            select id, 1, 1, $1 from deliveries
            """,
            work.now(),
        )
        ids = [row["id"] for row in await work.driver.fetch("select id from deliveries")]
        rows = await load_outgoing(work, ids, threaded=())
    return [to_message(row, desk.keyring) for row in rows]


def test_preview_says_what_a_channel_makes_of_it() -> None:
    whole = rich("{u:one} two\n{b:three}", u=Mark.UNDERLINE, b=Mark.BOLD)
    narrow = Capabilities(text=TextLimit(length=9), marks=(Mark.BOLD,))

    got = to_preview(
        whole, [], narrow, lambda text, spans: text, place_id=1, channel="sample", judged=FREE
    )

    assert [(one.text, one.length) for one in got.parts] == [("one two", 7), ("three", 5)]
    assert got.parts[1].spans == (Span(mark=Mark.BOLD, start=0, end=5),)
    assert (got.part_count, got.over, got.lost, got.faults) == (2, 4, (Mark.UNDERLINE,), ())


def test_preview_names_everything_that_would_be_refused() -> None:
    narrow = Capabilities(text=TextLimit(length=2))

    got = to_preview(
        rich("word " * 30),
        [_File()],
        narrow,
        lambda text, spans: text,
        place_id=1,
        channel="sample",
        judged=FREE,
    )

    assert len(got.parts) == 20
    assert got.part_count > 20
    assert [(one.field, one.code) for one in got.faults] == [
        ("attachment_ids", "too_many_files"),
        ("text", "too_long"),
    ]


def test_preview_shows_files_behind_a_text_that_cannot_stand_beside_them() -> None:
    narrow = Capabilities(files=FileLimits(max_count=1, text_length=3))

    got = to_preview(
        rich("see this"),
        [_File()],
        narrow,
        lambda text, spans: text,
        place_id=1,
        channel="sample",
        judged=FREE,
    )

    assert [one.text for one in got.parts] == ["see this", ""]


class _File:
    media_type = "image/png"
    size = 10


def _moved(spans: tuple[Span, ...], by: int) -> tuple[Span, ...]:
    return tuple(
        msgspec.structs.replace(one, start=one.start + by, end=one.end + by) for one in spans
    )
