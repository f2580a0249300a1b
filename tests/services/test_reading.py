"""Looking at one conversation: its solved cases folded, a part of it, the words in it."""

import pytest

from core.messages import InboundAttachment
from router.services import cases, conversations
from router.services.cases import CaseChange
from router.services.conversations import MessagePage
from router.services.errors import NotFound
from router.services.folding import Folding
from router.services.outbound import notes
from router.services.outbound.notes import Note
from router.services.outbound.writing import Author
from router.services.search.within import find_within
from router.services.viewer import Viewer
from router.storage.lenses import Lens
from tests.services.builders import make_account
from tests.stage import NORMAL, Stage

FOLDS = Folding(is_wanted=True)


async def page(stage: Stage, viewer: Viewer, person: int, **options: object) -> MessagePage:
    wanted: dict[str, object] = {"limit": 50, **options}
    return await conversations.load_page(stage.database, viewer, person, **wanted)  # type: ignore[arg-type]  # by name


def said_in(found: MessagePage) -> list[int]:
    return [one.id for one in found.messages if one.direction != "event"]


async def solve(stage: Stage, viewer: Viewer, message: int) -> int:
    """Its case, long enough ago that what follows opens another."""
    case = await stage.case_of(message)
    await cases.change_case(stage.database, viewer, case, CaseChange(state="solved"))
    await stage.run("update cases set solved_at = solved_at - interval '1 year'")
    return case


async def note(stage: Stage, viewer: Viewer, person: int, text: str) -> int:
    wanted = Note(person_id=person, client_key=text, text=text)
    author = Author(agent_id=viewer.agent_id, name="Bo", sight=viewer.sight)
    return (await notes.note(stage.database, author, wanted)).message_id


async def test_solved_cases_are_folded_into_chapters_and_the_newest_stays_open(
    stage: Stage,
) -> None:
    bo = await stage.agent()
    old = [await stage.says("ana", text) for text in ("one", "two")]
    case = await solve(stage, bo, old[0])
    new = await stage.says("ana", "three")
    person = await stage.person_of(new)
    await solve(stage, bo, new)

    found = await page(stage, bo, person, folding=FOLDS)

    assert said_in(found) == [new]
    [chapter] = found.chapters
    assert (chapter.case_id, chapter.count, chapter.is_folded) == (case, 2, True)
    assert (chapter.first_message_id, chapter.last_message_id > old[1]) == (old[0], True)
    assert said_in(await page(stage, bo, person)) == [*old, new]


async def test_a_chapter_that_was_opened_or_holds_what_is_sought_is_not_folded(
    stage: Stage,
) -> None:
    bo = await stage.agent()
    old = await stage.says("ana", "one")
    case = await solve(stage, bo, old)
    new = await stage.says("ana", "two")
    person = await stage.person_of(new)

    opened = await page(stage, bo, person, folding=Folding(is_wanted=True, opened=(case,)))
    sought = await page(stage, bo, person, folding=FOLDS, around=old)
    further = await page(stage, bo, person, folding=Folding(folded=(case,)))

    assert said_in(opened) == said_in(sought) == [old, new]
    assert [one.is_folded for one in (*opened.chapters, *sought.chapters)] == [False, False]
    assert said_in(further) == [new]


async def test_the_case_of_the_newest_line_is_not_folded(stage: Stage) -> None:
    bo = await stage.agent()
    old = await stage.says("ana", "one")
    case = await solve(stage, bo, old)
    new = await stage.says("ana", "two")
    person = await stage.person_of(new)
    await cases.change_case(stage.database, bo, case, CaseChange(priority=1))
    await stage.run("update messages set case_id = $1 where id = $2", case, new)

    assert said_in(await page(stage, bo, person, folding=FOLDS)) == [old, new]


async def test_a_chapter_with_something_unread_is_not_folded(stage: Stage) -> None:
    bo, cy = await stage.agent("Bo"), await stage.agent("Cy")
    first = await stage.says("ana", "one")
    person = await stage.person_of(first)
    await conversations.mark_read(stage.database, bo, person, first)
    second = await stage.says("ana", "two")
    await solve(stage, cy, second)
    third = await stage.says("ana", "three")

    assert said_in(await page(stage, bo, person, folding=FOLDS)) == [first, second, third]
    await conversations.mark_read(stage.database, bo, person, third)
    assert said_in(await page(stage, bo, person, folding=FOLDS)) == [third]


async def test_a_lens_shows_notes_files_or_one_channel_and_pages_meet_in_it(stage: Stage) -> None:
    bo = await stage.agent()
    other = await make_account(stage.database, channel="other", label="Other")
    file = InboundAttachment(name="Invoice 12.pdf", content=b"%PDF-")
    plain = await stage.says("ana", "plain")
    filed = await stage.says("ana", "filed", attachments=(file,))
    person = await stage.person_of(plain)
    noted = [await note(stage, bo, person, text) for text in ("n1", "n2", "n3")]
    elsewhere = await stage.says("ada", "there", account=other)
    await stage.merge(await stage.person_of(elsewhere), person, bo)

    notes_only = Lens(notes=True)
    newest = await page(stage, bo, person, lens=notes_only, limit=2)
    oldest = await page(stage, bo, person, lens=notes_only, limit=2, before=noted[1])

    assert said_in(oldest) + said_in(newest) == noted
    assert (newest.has_before, oldest.has_before) == (True, False)
    assert said_in(await page(stage, bo, person, lens=Lens(files=True))) == [filed]
    assert said_in(await page(stage, bo, person, lens=Lens(channel="other"))) == [elsewhere]
    assert said_in(await page(stage, bo, person, lens=Lens(channel="none"))) == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("REFUND", [4, 0]),
        ("efu", [4, 0]),
        ("退款", [1]),
        ("100%", [2]),
        ("a_b", []),
        ("invoice 12", [3]),
        ("ПрИвет", [5]),
    ],
)
async def test_letters_are_found_wherever_they_stand(
    stage: Stage, words: str, found: list[int]
) -> None:
    bo = await stage.agent()
    file = InboundAttachment(name="Invoice 12.pdf", content=b"%PDF-")
    texts = ("My refund", "我的退款没有到账", "100% sure, axb", "See", "Refunds!", "привет")
    said = [
        await stage.says("ana", text, attachments=(file,) if text == "See" else ())
        for text in texts
    ]
    person = await stage.person_of(said[0])

    answered = await find_within(stage.database, bo, person, words)

    assert answered.message_ids == tuple(said[at] for at in found)
    assert not answered.has_more


async def test_nothing_is_found_in_cases_beyond_sight(stage: Stage) -> None:
    bo, boss = await stage.agent("Bo", sight=NORMAL), await stage.agent("Boss")
    plain = await stage.says("ana", "word one")
    await solve(stage, boss, plain)
    secret = await stage.says("ana", "word two")
    await stage.restrict(await stage.case_of(secret))
    person = await stage.person_of(plain)

    assert (await find_within(stage.database, bo, person, "word")).message_ids == (plain,)
    assert len((await find_within(stage.database, boss, person, "word")).message_ids) == 2
    with pytest.raises(NotFound):
        await find_within(stage.database, bo, 4711, "word")
