"""A message passed on to an outsider: it goes out with its files, and the person never sees it."""

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from core.capabilities import Capabilities, FileLimits
from core.messages import InboundAttachment
from core.rich_text import Mark
from router.services.errors import NotFound, Refused
from router.services.outbound import Copy, Written
from router.services.outbound.forwarding import Forward, forward
from router.storage.engine import Database
from tests.runtime.sending_desk import SendingDesk, open_sending_desk
from tests.services.answering_desk import resolve_address
from tests.unit.rich_texts import rich

MAIL = Capabilities(
    copies=True,
    subject=True,
    threads=True,
    can_open_conversation=True,
    files=FileLimits(max_count=3, max_size=1000),
)


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> SendingDesk:
    return await open_sending_desk(database, tmp_path, MAIL)


async def pass_on(desk: SendingDesk, person: int, **changes: Any) -> Written:
    fields: dict[str, Any] = {
        "message_id": await desk.value("select min(id) from messages"),
        "client_key": "forward-1",
        "to": "Bank@outside.example",
        "text": "Please look.",
        **changes,
    }
    return await forward(
        desk.database,
        desk.keyring,
        desk.capabilities.__getitem__,
        resolve_address,
        desk.author,
        Forward(person_id=person, **fields),
    )


async def test_message_goes_to_the_outsider_with_its_files_and_who_said_it(
    desk: SendingDesk,
) -> None:
    file = InboundAttachment(name="proof.txt", media_type="text/plain", content=b"abc", size=3)
    ann = await desk.hear("ann", "Where is my money?", subject="Transfer", attachments=(file,))
    async with desk.sending():
        await pass_on(desk, ann, copies=[Copy(address="bea@outside.example")])
        await desk.until_states("sent", "sent")
    to, copy = sorted(desk.connector.calls, key=lambda one: one.copy_to is not None)
    assert (to.place.remote, to.recipient, to.copy_to) == ("bank@outside.example", None, None)
    assert copy.copy_to is not None
    assert (copy.place.remote, copy.copy_to.handle) == (to.place.remote, "bea@outside.example")
    assert to.subject == "Fwd: Transfer"
    assert to.text.startswith("Please look.\n\n----------")
    assert "Where is my money?" in to.text
    assert "\nFrom: " in to.text
    assert [one.name for one in to.attachments] == ["proof.txt"]


async def test_what_was_said_formatted_is_passed_on_formatted(desk: SendingDesk) -> None:
    text, spans = rich("{b:My} money, {a:here}", b=Mark.BOLD, a=(Mark.LINK, "https://example.org"))
    shows = structs.replace(desk.capabilities[desk.channel], marks=(Mark.BOLD,))
    desk.capabilities[desk.channel] = shows
    ann = await desk.hear("ann", text, spans=spans)

    written = await pass_on(desk, ann)

    row = await desk.row("select text, spans from deliveries")
    assert row["text"].endswith("My money, here (https://example.org)")
    [bold] = row["spans"]
    assert row["text"][bold["start"] : bold["end"]] == "My"
    kept = await desk.value("select spans from messages where id = $1", written.message_id)
    assert [one["mark"] for one in kept] == ["bold", "link"]


async def test_what_was_passed_on_is_a_note_and_nothing_for_the_person(desk: SendingDesk) -> None:
    ann = await desk.hear("ann", "Where is my money?")
    written = await pass_on(desk, ann)
    row = await desk.row("select * from messages where id = $1", written.message_id)
    assert (row["direction"], row["place_id"], row["account_id"]) == ("note", None, None)
    assert await desk.value("select state from cases") == "open"
    assert [one["role"] for one in row["participants"]] == ["to"]


async def test_same_client_key_passes_on_once(desk: SendingDesk) -> None:
    ann = await desk.hear("ann")
    first, again = await pass_on(desk, ann), await pass_on(desk, ann, to="other@outside.example")
    assert (first.message_id, again.is_new) == (again.message_id, False)
    assert len(await desk.deliveries()) == 1


async def test_files_can_be_left_out(desk: SendingDesk) -> None:
    file = InboundAttachment(name="proof.txt", media_type="text/plain", content=b"abc", size=3)
    ann = await desk.hear("ann", attachments=(file,))
    async with desk.sending():
        await pass_on(desk, ann, attachment_ids=())
        await desk.until_states("sent")
    assert desk.connector.calls[0].attachments == ()


async def test_only_the_chosen_files_go_along(desk: SendingDesk) -> None:
    one, other = (
        InboundAttachment(name=name, media_type="text/plain", content=name.encode(), size=5)
        for name in ("1.txt", "2.txt")
    )
    ann = await desk.hear("ann", attachments=(one, other))
    chosen = await desk.value("select id from attachments where name = '2.txt'")
    async with desk.sending():
        await pass_on(desk, ann, attachment_ids=(chosen,))
        await desk.until_states("sent")
    assert [one.name for one in desk.connector.calls[0].attachments] == ["2.txt"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to": "nobody"}, "to"),
        ({"account_id": 404}, "account_id"),
        ({"text": "x" * 200_001}, "text"),
        ({"copies": [Copy(address="x")]}, "copies[0].address"),
        ({"attachment_ids": (404,)}, "attachment_ids[0]"),
    ],
    ids=["address", "account", "length", "copy", "file"],
)
async def test_what_cannot_go_out_is_refused_before_anything_is_stored(
    desk: SendingDesk, changes: dict[str, Any], field: str
) -> None:
    ann = await desk.hear("ann")
    with pytest.raises(Refused) as refusal:
        await pass_on(desk, ann, **changes)
    assert refusal.value.field == field
    assert await desk.deliveries() == []
    assert await desk.value("select count(*) from messages") == 1


async def test_account_that_writes_to_no_addresses_passes_nothing_on(desk: SendingDesk) -> None:
    desk.capabilities[desk.channel] = Capabilities()
    ann = await desk.hear("ann")
    with pytest.raises(Refused) as refusal:
        await pass_on(desk, ann)
    assert refusal.value.field == "account_id"


async def test_message_of_another_conversation_is_not_found(desk: SendingDesk) -> None:
    ann = await desk.hear("ann")
    await desk.hear("bob")
    of_bob = await desk.value("select max(id) from messages")
    with pytest.raises(NotFound):
        await pass_on(desk, ann, message_id=of_bob)
