"""A good link code beside something else: it is redeemed, and an agent sees what came with it."""

from pathlib import Path
from typing import Any

import pytest

from core.messages import InboundAttachment, ThreadKey
from router.storage.engine import Database
from tests.services.answering_desk import AnsweringDesk, open_desk
from tests.services.linking_desk import LinkingDesk


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AnsweringDesk:
    return await open_desk(database, tmp_path)


@pytest.fixture
async def linking(desk: AnsweringDesk) -> LinkingDesk:
    return LinkingDesk(desk)


@pytest.mark.parametrize(
    ("words", "more"),
    [
        ("", {"attachments": (InboundAttachment(name="torn.txt", content=b"x", size=1),)}),
        ("", {"subject": "My parcel is torn"}),
        ("\nWhere is my money?", {}),
    ],
    ids=["file", "subject", "words"],
)
async def test_good_code_beside_anything_else_is_redeemed_and_waits_for_an_agent(
    linking: LinkingDesk, desk: AnsweringDesk, words: str, more: dict[str, Any]
) -> None:
    made = await linking.code()

    message = await linking.hears("ada", f"{made.code}{words}", **more)

    assert await linking.outcome() == "redeemed"
    assert await desk.value("select state from cases") == "open"
    root = (await linking.identity("ada"))["root_id"]
    assert await desk.value("select last_inbound_id from persons where id = $1", root) == message


async def test_code_under_the_subject_of_the_letter_it_answers_waits_for_nobody(
    linking: LinkingDesk, desk: AnsweringDesk
) -> None:
    made = await linking.code()
    letter = ThreadKey("message_id", "<1@desk.example>")

    await linking.hears("ada", made.code, subject="Re: Your code", answers=(letter,))

    assert await desk.value("select state from cases") == "solved"
