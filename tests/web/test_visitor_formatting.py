"""Formatted answers in a visitor's stream."""

from core.rich_text import Mark, Span
from tests.unit.rich_texts import rich
from tests.web.visiting import Chat


async def test_visitor_gets_an_answer_with_its_formatting(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    await page.say("Where do I read it?")
    text, spans = rich("{b:Here}: {a:terms}", b=Mark.BOLD, a=(Mark.LINK, "https://example.org"))

    await chat.answer(page, text, spans=spans)

    asked, answered = (await page.read())["messages"]
    assert asked["spans"] == []
    assert answered["text"] == "Here: terms"
    assert answered["spans"] == [
        {"mark": "bold", "start": 0, "end": 4},
        {"mark": "link", "start": 6, "end": 11, "url": "https://example.org"},
    ]


async def test_visitor_is_told_nobodys_handle(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    await page.say("Who helps me?")
    mention = Span(mark=Mark.MENTION, start=0, end=3, handle="4711")

    await chat.answer(page, "Ada does.", spans=(mention,))

    assert (await page.read())["messages"][-1]["spans"] == []
    assert "4711" not in str(await page.read())
