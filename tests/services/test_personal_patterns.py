"""What the installation calls personal is said nowhere that others read along."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.messages import PlaceKind
from router.services.errors import Conflict
from router.settings import SettingsError, load_settings
from router.storage.engine import Database
from router.storage.personal import find_wrong_pattern, pattern_settings
from tests.services.answering_desk import open_desk
from tests.services.test_in_private import OPENS, PublicDesk

ORDER = r"\mORD-\d{4,}"
SLOW = r"^(.+)(.+)(.+)\1\2\3!$"


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AsyncIterator[PublicDesk]:
    own = Database(
        database.url, clock=database.clock, session_settings=pattern_settings((ORDER, SLOW))
    )
    made = await open_desk(own, tmp_path)
    made.capabilities[made.channel] = OPENS
    yield PublicDesk(made)
    await own.close()


async def test_what_a_pattern_finds_is_refused_where_others_read_along(desk: PublicDesk) -> None:
    ana = await desk.person(await desk.hear("ana"))

    with pytest.raises(Conflict) as refused:
        await desk.answer(ana, "Your ord-55121 is on its way")

    assert refused.value.facts["reason"] == "personal_content"
    assert await desk.said() == []


async def test_the_same_is_said_where_the_person_is_alone(desk: PublicDesk) -> None:
    ana = await desk.person(await desk.hear("ana", "dm", PlaceKind.DIRECT))

    await desk.answer(ana, "Your ORD-55121 is on its way")

    assert await desk.said() == [("Your ORD-55121 is on its way", "dm")]


async def test_what_no_pattern_finds_is_said_in_public(desk: PublicDesk) -> None:
    ana = await desk.person(await desk.hear("ana"))

    await desk.answer(ana, "Your order is on its way")

    assert await desk.said() == [("Your order is on its way", "team")]


async def test_pattern_that_takes_too_long_refuses_and_holds_up_nobody(desk: PublicDesk) -> None:
    ana = await desk.person(await desk.hear("ana"))

    with pytest.raises(Conflict) as refused:
        await desk.answer(ana, "a" * 2001 + "!")

    assert refused.value.facts["reason"] == "personal_content"
    await desk.answer(ana, "Good day", client_key="another")


async def test_pattern_that_is_none_is_named(database: Database) -> None:
    async with database.reading() as work:
        assert await find_wrong_pattern(work, (ORDER, "(", "[")) == "("
        assert await find_wrong_pattern(work, (ORDER, SLOW)) is None


def test_there_are_bounds_on_patterns() -> None:
    with pytest.raises(SettingsError, match="personal_patterns"):
        load_settings(personal_patterns=["x" * 501])
    with pytest.raises(SettingsError, match="personal_patterns"):
        load_settings(personal_patterns=["x"] * 101)
