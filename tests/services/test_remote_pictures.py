"""Pictures from elsewhere in a letter: off until asked for, or for a trusted proven sender."""

import base64
from collections.abc import Sequence
from datetime import timedelta

import pytest

from core.clock import FakeClock
from router.services import originals, privacy
from router.services.originals import FetchPictures
from router.storage import kept_pictures, person_panel
from router.storage.kept_pictures import Late
from tests.services.builders import sender
from tests.stage import CLAIM, Stage

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PICTURE, SCRIPT = "https://a.example/1.png", "https://a.example/2.png"
HTML = f'<p>Hi</p><img src="{PICTURE}"><img data-remote-src="{SCRIPT}" alt="two">'


class Web:
    """Where the pictures are: what was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def fetch(self, addresses: Sequence[str]) -> dict[str, bytes]:
        self.asked += addresses
        found = {PICTURE: PNG, SCRIPT: b"<script>alert(1)</script>"}
        return {address: found[address] for address in addresses}


async def document(
    stage: Stage, message: int, fetch: FetchPictures, *, shows_remote: bool = False
) -> str:
    return await originals.load_document(
        stage.database,
        stage.blobs,
        await stage.agent(),
        message,
        fetch=fetch,
        shows_remote=shows_remote,
    )


async def allow(stage: Stage, message: int) -> None:
    identity = await stage.value("select identity_id from messages where id = $1", message)
    async with stage.database.transaction() as work:
        assert await person_panel.allow_pictures(work, int(str(identity)), is_allowed=True)


async def test_nothing_is_fetched_until_somebody_asks(stage: Stage) -> None:
    web = Web()
    message = await stage.says("ana", "Hi", html=HTML)

    shown = await document(stage, message, web.fetch)

    assert (web.asked, "a.example" in shown, "data:" in shown) == ([], False, False)


async def test_what_was_asked_for_is_put_in_by_the_desk_if_it_is_a_picture(stage: Stage) -> None:
    web = Web()
    message = await stage.says("ana", "Hi", html=HTML)

    shown = await document(stage, message, web.fetch, shows_remote=True)

    assert web.asked == [PICTURE, SCRIPT]
    assert shown.count('src="data:image/png;base64,') == 1
    assert "a.example" not in shown
    assert "script" not in shown


@pytest.mark.parametrize("is_proven", [True, False])
async def test_of_a_trusted_sender_pictures_are_shown_if_it_is_them(
    stage: Stage, is_proven: bool
) -> None:
    web = Web()
    proven = await stage.says("ana", "Hi", html=HTML)
    await allow(stage, proven)
    forged = await stage.says(sender("ana", evidence=CLAIM), "Hi", html=HTML)

    await document(stage, proven if is_proven else forged, web.fetch)

    assert web.asked == ([PICTURE, SCRIPT] if is_proven else [])


async def test_what_a_letter_shows_is_asked_for_once_whether_it_is_a_picture_or_none(
    stage: Stage,
) -> None:
    web = Web()
    message, other = await stage.says("ana", "Hi", html=HTML), await stage.says("bo", html=HTML)

    first = await document(stage, message, web.fetch, shows_remote=True)
    second = await document(stage, message, web.fetch, shows_remote=True)
    await document(stage, other, web.fetch, shows_remote=True)

    assert first == second
    assert web.asked == [PICTURE, SCRIPT] * 2


async def test_what_gave_no_picture_is_asked_for_after_a_day_if_an_agent_wants_it(
    stage: Stage, clock: FakeClock
) -> None:
    web = Web()
    message = await stage.says("ana", "Hi", html=HTML)
    await allow(stage, message)
    await document(stage, message, web.fetch)
    clock.advance(timedelta(days=1, seconds=1))

    await document(stage, message, web.fetch)
    assert web.asked == [PICTURE, SCRIPT]

    for _ in range(2):
        await document(stage, message, web.fetch, shows_remote=True)
    assert web.asked == [PICTURE, SCRIPT, SCRIPT]


async def test_what_was_too_slow_is_asked_for_again_after_minutes(
    stage: Stage, clock: FakeClock
) -> None:
    asked: list[str] = []

    async def fetch(addresses: Sequence[str]) -> dict[str, bytes | Late]:
        asked.extend(addresses)
        return {one: PNG if len(asked) > 2 else Late.LATE for one in addresses}

    message = await stage.says("ana", "Hi", html=HTML)
    for _ in range(2):
        await document(stage, message, fetch, shows_remote=True)
    at_once = list(asked)
    clock.advance(originals.LATE_HOLDS + timedelta(seconds=1))

    shown = await document(stage, message, fetch, shows_remote=True)

    assert at_once == [PICTURE, SCRIPT]
    assert asked == [PICTURE, SCRIPT] * 2
    assert shown.count("data:image/png") == 2


async def test_picture_that_came_meanwhile_is_kept_by_who_waited_in_vain(stage: Stage) -> None:
    message = await stage.says("ana", "Hi", html=HTML)

    async def quick(addresses: Sequence[str]) -> dict[str, bytes | Late]:
        return dict.fromkeys(addresses, PNG)

    async def slow(addresses: Sequence[str]) -> dict[str, bytes | Late]:
        await document(stage, message, quick, shows_remote=True)
        return dict.fromkeys(addresses, Late.LATE)

    await document(stage, message, slow, shows_remote=True)
    shown = await document(stage, message, slow, shows_remote=True)

    assert shown.count("data:image/png") == 2


async def test_pictures_of_a_letter_have_one_bound_whether_kept_or_fetched_now(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(originals, "MOST_PICTURES", len(PNG))
    other = "https://a.example/3.png"
    message = await stage.says("ana", html=f'<img src="{PICTURE}"><img src="{other}">')
    asked: list[list[str]] = []

    async def fetch(addresses: Sequence[str]) -> dict[str, bytes]:
        asked.append(list(addresses))
        return {addresses[0]: PNG}

    shown = [await document(stage, message, fetch, shows_remote=True) for _ in range(3)]

    assert [one.count("data:image/png") for one in shown] == [1, 1, 1]
    assert asked == [[PICTURE, other], [other]]


async def test_pictures_go_with_their_person_and_with_time(stage: Stage) -> None:
    web = Web()
    message, other = await stage.says("ana", html=HTML), await stage.says("bo", html=HTML)
    for one in (message, other):
        await document(stage, one, web.fetch, shows_remote=True)
    key = str(await stage.value("select max(blob_key) from kept_pictures"))
    count = "select count(*) from kept_pictures"

    person = await stage.person_of(message)
    await privacy.erase_person(stage.database, stage.blobs, "cli", person)
    assert (await stage.value(count), await stage.blobs.size(key)) == (2, len(PNG))
    async with stage.database.transaction() as work:
        # An agent who opened it before the erasure, and whose pictures came after it.
        await kept_pictures.keep(work, message, {PICTURE: (key, len(PNG))}, at=work.now())
    assert await stage.value(count) == 2


@pytest.mark.parametrize(("size", "rows", "left"), [(30, 5, 5), (20, 9, 4), (99, 2, 2), (0, 0, 2)])
async def test_oldest_pictures_go_when_they_are_too_many_or_too_large_and_not_all_at_once(
    stage: Stage, clock: FakeClock, size: int, rows: int, left: int
) -> None:
    message = await stage.says("ana", html=HTML)
    for number, one in enumerate((10, 0, 10, 0, 10)):
        clock.advance(timedelta(seconds=1))
        async with stage.database.transaction() as work:
            key = f"key{number}" if one else None
            found = {f"https://a.example/{number}": (key, one)}
            await kept_pictures.keep(work, message, found, at=work.now())

    async with stage.database.transaction() as work:
        dropped = await kept_pictures.drop_beyond(work, size=size, rows=rows, limit=3)

    kept = await stage.value("select array_agg(size order by at) from kept_pictures")
    assert (dropped, kept) == (5 - left, [10, 0, 10, 0, 10][5 - left :])


async def test_picture_whose_bytes_are_gone_is_fetched_again(stage: Stage) -> None:
    web = Web()
    message = await stage.says("ana", html=HTML)
    await document(stage, message, web.fetch, shows_remote=True)
    await stage.blobs.drop(str(await stage.value("select max(blob_key) from kept_pictures")))

    shown = await document(stage, message, web.fetch, shows_remote=True)

    assert (web.asked, "data:image/png" in shown) == ([PICTURE, SCRIPT, PICTURE], True)
