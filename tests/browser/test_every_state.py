"""What holds in every state of the inbox: no fault of access, no word cut or untranslated."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.browser import pseudo
from tests.browser.desk import PlayedDesk
from tests.browser.looks import NARROW, access_faults, waiting_faults, word_faults
from tests.browser.populated import populate

NewPage = Callable[..., Awaitable[Page]]


@pytest.fixture
async def new_page(chromium: Browser, desk: PlayedDesk) -> AsyncIterator[NewPage]:
    """A page of the same agent in a profile of its own. axe-core may run in it."""
    contexts = []

    async def open_one(*, speaks_longer: bool = False, **profile: Any) -> Page:
        context = await chromium.new_context(
            timezone_id="UTC",
            reduced_motion="reduce",
            bypass_csp=True,
            storage_state=await desk.context.storage_state(),
            **profile,
        )
        contexts.append(context)
        if speaks_longer:
            await pseudo.speak(context)
        return await context.new_page()

    yield open_one
    for context in contexts:
        await context.close()


async def test_no_state_has_a_fault_of_access_by_day_or_by_night(
    new_page: NewPage, desk: PlayedDesk
) -> None:
    """Every other one by night; each by both, in three languages, is `make bench-ui ARGS=u13`."""
    ids = await populate(desk)
    page = await new_page(viewport={"width": 1440, "height": 900}, locale="en-GB")

    assert await access_faults(page, desk, ids, themes=("light", "dark")) == {}


async def test_page_that_waits_for_its_answer_has_no_fault_of_access(
    new_page: NewPage, desk: PlayedDesk
) -> None:
    ids = await populate(desk)
    page = await new_page(viewport={"width": 1440, "height": 900}, locale="en-GB")

    assert await waiting_faults(page, desk, ids) == {}


async def test_words_two_fifths_longer_are_cut_in_no_state_and_all_of_them_are_translated(
    new_page: NewPage, desk: PlayedDesk
) -> None:
    """At 320 pixels; at 1280 and 200 % by `make bench-ui ARGS=u15`."""
    width, scale = NARROW[0]
    ids = await populate(desk)
    await desk.patch("/me", {"language": "ru"})
    page = await new_page(
        speaks_longer=True,
        viewport={"width": width, "height": 700},
        device_scale_factor=scale,
        locale="ru-RU",
    )

    assert await word_faults(page, desk, ids, width) == {}
