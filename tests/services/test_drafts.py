"""What is begun on two devices: none overwrites words that the other's writer never saw."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from core.clock import FakeClock
from router.services import drafts, holding
from router.services.drafts import Draft
from router.services.errors import Conflict
from router.services.viewer import Viewer
from router.storage.engine import Database
from tests.services.answering_desk import AnsweringDesk, open_desk
from tests.services.test_holding import HOLD


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AnsweringDesk:
    return await open_desk(database, tmp_path)


def viewer(desk: AnsweringDesk) -> Viewer:
    return Viewer(desk.author.agent_id)


async def save(desk: AnsweringDesk, person: int, text: str, revision: int | None) -> int:
    draft = Draft(text=text, revision=revision)
    return await drafts.save_draft(desk.database, viewer(desk), person, "reply", draft)


async def kept(desk: AnsweringDesk, person: int) -> tuple[str, int]:
    found = await drafts.load_kept(desk.database, viewer(desk), person, "reply")
    return found.text, found.revision


async def test_each_write_has_a_higher_revision(desk: AnsweringDesk) -> None:
    ann = await desk.hear("ann")

    first = await save(desk, ann, "Good", 0)
    second = await save(desk, ann, "Good day", first)

    assert second > first > 0
    assert await kept(desk, ann) == ("Good day", second)


async def test_recalled_words_are_not_overwritten_by_a_device_that_never_saw_them(
    desk: AnsweringDesk,
) -> None:
    ann = await desk.hear("ann")
    sent = await desk.answer(ann, "Recalled.", hold=HOLD)
    seen = await save(desk, ann, "Newer", 0)
    recalled = await holding.recall(desk.database, viewer(desk), sent.message_id, may_decide=False)

    with pytest.raises(Conflict) as refused:
        await save(desk, ann, "Newer words", seen)

    assert refused.value.code == "draft_changed"
    assert refused.value.facts == {"revision": recalled.draft.revision}
    assert (await kept(desk, ann))[0] == "Recalled.\n\nNewer"


async def test_draft_that_was_sent_elsewhere_is_not_brought_back(
    desk: AnsweringDesk, clock: FakeClock
) -> None:
    ann = await desk.hear("ann")
    seen = await save(desk, ann, "Good day", 0)
    await drafts.drop_draft(desk.database, viewer(desk), ann, "reply", revision=seen)
    clock.advance(timedelta(seconds=1))
    again = await save(desk, ann, "Another", 0)

    assert again != seen
    with pytest.raises(Conflict):
        await save(desk, ann, "Good day to you", seen)
    with pytest.raises(Conflict):
        await drafts.drop_draft(desk.database, viewer(desk), ann, "reply", revision=seen)
    assert await kept(desk, ann) == ("Another", again)


async def test_of_two_devices_that_begin_at_once_one_is_told(desk: AnsweringDesk) -> None:
    ann = await desk.hear("ann")

    both = await asyncio.gather(
        *(save(desk, ann, text, 0) for text in ("One", "Other")), return_exceptions=True
    )

    assert {type(one) for one in both} == {int, Conflict}


async def test_writer_who_names_no_revision_wins(desk: AnsweringDesk) -> None:
    ann = await desk.hear("ann")
    await save(desk, ann, "One", 0)

    await save(desk, ann, "Other", None)

    assert (await kept(desk, ann))[0] == "Other"
