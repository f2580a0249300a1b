"""Answers that an agent offers: where the channel has buttons, and nowhere else."""

from typing import Any

import pytest

from core.capabilities import Capabilities
from router.services.errors import Refused
from router.services.outbound.offering import checked_offers
from tests.web.visiting import Chat

BUTTONS = Capabilities(buttons=True)


async def test_offered_answers_reach_the_visitor_with_the_message(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    await page.say("Where is my order?")
    await chat.answer(page, "Which one?", offers=("Number 7", "Number 8"))
    await chat.answer(page, "Or is it another?")

    offered = [one["offers"] for one in (await page.read())["messages"]]

    assert offered == [[], ["Number 7", "Number 8"], []]


async def test_what_was_taken_back_offers_nothing(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    await page.say("Where is my order?")
    message = await chat.answer(page, "Which one?", offers=("Number 7",))
    statement = "update messages set deleted_at = now() where id = $1 returning id"
    await chat.value(statement, message)

    assert [one["offers"] for one in (await page.read())["messages"]] == [[], []]


@pytest.mark.parametrize(
    ("offers", "capabilities", "code", "field"),
    [
        (["Yes"], Capabilities(), "no_buttons", "offers"),
        (["x"] * 7, BUTTONS, "too_many", "offers"),
        (["Yes", " "], BUTTONS, "refused", "offers[1]"),
        (["x" * 61], BUTTONS, "refused", "offers[0]"),
        (["Yes", " Yes\n"], BUTTONS, "refused", "offers[1]"),
    ],
)
def test_offers_that_nobody_could_press_name_the_field(
    offers: list[str], capabilities: Capabilities, code: str, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        checked_offers(offers, capabilities)

    assert (refused.value.code, refused.value.field) == (code, field)


@pytest.mark.parametrize(("offers", "context"), [([], "{}"), (["  A  b\n"], '{"offers":["A b"]}')])
def test_offers_are_one_line_each(offers: list[str], context: Any) -> None:
    assert checked_offers(offers, BUTTONS) == context
