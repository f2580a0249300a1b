"""What an answer refers to, where a stranger who claims an address stands in its owner's place."""

from pathlib import Path

import msgspec
import pytest

from core.capabilities import Capabilities
from core.errors import PlaceGone
from core.ids import RemotePlace
from core.messages import MessageReceived, Place, PlaceKind, Sender, Sent, ThreadKey
from core.people import Evidence, EvidenceKind
from router.services.errors import Conflict
from router.storage.engine import Database
from tests.runtime.sending_desk import SendingDesk, open_sending_desk
from tests.services.builders import received, sender

CLAIM = (Evidence(kind=EvidenceKind.CLAIM),)


@pytest.mark.parametrize("kind", [PlaceKind.DIRECT, PlaceKind.MAIL_THREAD])
async def test_stranger_in_the_place_chooses_neither_thread_nor_context_of_an_answer(
    database: Database, tmp_path: Path, kind: PlaceKind
) -> None:
    desk = await open_sending_desk(database, tmp_path, Capabilities(subject=True, threads=True))
    ann = await person_of(desk, await desk.take_in(written(sender("ann"), "genuine", kind)))
    forged = written(sender("ann", evidence=CLAIM), "forged", kind)
    stranger = await person_of(desk, await desk.take_in(forged))
    assert stranger != ann

    async with desk.sending():
        await desk.answer(ann, "to Ann")
        await desk.answer(stranger, "to the stranger")
        await desk.until_states("sent", "sent")

    seen = {call.text: (call.in_reply_to, call.context) for call in desk.connector.calls}
    assert [key.key for key in seen["to Ann"][0]] == ["genuine"]
    assert seen["to Ann"][1] == {"via": "genuine"}
    assert [key.key for key in seen["to the stranger"][0]] == ["forged"]
    assert seen["to the stranger"][1] == {"via": "forged"}


def written(by: Sender, key: str, kind: PlaceKind) -> MessageReceived:
    """A message in Ann's place, whoever wrote it."""
    event = received(by, thread_keys=(ThreadKey("message_id", key),), context={"via": key})
    return msgspec.structs.replace(event, place=Place(remote=RemotePlace("ann"), kind=kind))


async def person_of(desk: SendingDesk, message: int | None) -> int:
    statement = "select p.root_id from messages m join persons p on p.id = m.person_id"
    return int(await desk.value(f"{statement} where m.id = $1", message))


async def test_answer_in_a_group_is_put_to_the_words_of_whom_it_is_for(
    database: Database, tmp_path: Path
) -> None:
    desk = await open_sending_desk(database, tmp_path, Capabilities(threads=True))
    ann = await person_of(desk, await desk.take_in(written(sender("ann"), "a1", PlaceKind.GROUP)))
    await desk.take_in(written(sender("bob"), "b1", PlaceKind.GROUP))

    ours = (ThreadKey("message_id", "ours"),)
    desk.connector.says("first", Sent(thread_keys=ours))
    async with desk.sending():
        await desk.answer(ann, "first")
        await desk.until_states("sent")
        await desk.answer(ann, "second")
        await desk.until_states("sent", "sent")

    assert [(call.in_reply_to[0].key, call.context) for call in desk.connector.calls] == [
        ("a1", {"via": "a1"}),
        ("a1", {"via": "a1"}),
    ]


async def test_place_that_is_gone_takes_no_further_answer_until_somebody_is_heard_there(
    database: Database, tmp_path: Path
) -> None:
    desk = await open_sending_desk(database, tmp_path, Capabilities())
    ann = await person_of(desk, await desk.take_in(written(sender("ann"), "a1", PlaceKind.GROUP)))
    desk.connector.says("into the void", PlaceGone("The thread was deleted."))
    async with desk.sending():
        await desk.answer(ann, "into the void")
        await desk.until_states("failed")

        with pytest.raises(Conflict, match=r"The thread was deleted\.") as refused:
            await desk.answer(ann, "again")
        await desk.take_in(written(sender("bob"), "b1", PlaceKind.GROUP))
        await desk.answer(ann, "open again")
        await desk.until_states("failed", "sent")

    assert refused.value.code == "place_unavailable"
