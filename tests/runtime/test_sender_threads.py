"""What an answer refers to, where a stranger who claims an address stands in its owner's place."""

from pathlib import Path

from core.capabilities import Capabilities
from core.messages import ThreadKey
from core.people import Evidence, EvidenceKind
from router.storage.engine import Database
from tests.runtime.sending_desk import open_sending_desk
from tests.services.builders import sender

CLAIM = (Evidence(kind=EvidenceKind.CLAIM),)


async def test_stranger_in_the_place_chooses_neither_thread_nor_context_of_an_answer(
    database: Database, tmp_path: Path
) -> None:
    desk = await open_sending_desk(database, tmp_path, Capabilities(subject=True, threads=True))
    ann = await desk.hear(
        "ann", thread_keys=(ThreadKey("message_id", "genuine"),), context={"via": "genuine"}
    )
    stranger = await desk.hear(
        sender("ann", evidence=CLAIM),
        thread_keys=(ThreadKey("message_id", "forged"),),
        context={"via": "forged"},
    )
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
