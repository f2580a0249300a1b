"""Pictures from elsewhere in a letter: off until asked for, or for a trusted proven sender."""

import base64
from collections.abc import Sequence

import pytest

from router.services import originals
from router.services.originals import FetchPictures
from router.storage import person_panel
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
