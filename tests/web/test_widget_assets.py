"""The widget's files: for every page, kept as long as their names allow, nothing beside them."""

import aiohttp
import pytest

from router.web.widget_assets import FOLDER
from tests.real import missing
from tests.web.desk import Desk
from tests.web.visiting import Chat


@pytest.fixture
def parts() -> list[str]:
    found = sorted(path.name for path in (FOLDER / "widget").glob("*.js"))
    if not found:
        missing("the widget was not built; `make web` builds it")
    return found


async def test_loader_is_asked_for_again_and_its_parts_are_not(
    desk: Desk, parts: list[str]
) -> None:
    browser = await desk.browser()

    loader = await browser.get("/widget.js", is_api=False)
    rest = [await browser.get(f"/widget/{name}", is_api=False) for name in parts]

    assert loader.headers["Cache-Control"] == "public, max-age=300"
    for part in rest:
        assert part.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for one in (loader, *rest):
        assert one.status == 200
        assert one.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert one.headers["Access-Control-Allow-Origin"] == "*"
        assert one.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "Set-Cookie" not in one.headers


async def test_parts_named_by_the_loader_are_there(desk: Desk, parts: list[str]) -> None:
    browser = await desk.browser()
    loader = (await browser.get("/widget.js", is_api=False)).raw.decode()

    named = [name for name in parts if name in loader]

    # The chat in the page itself, and the one in a frame.
    assert sorted(name.partition("-")[0] for name in named) == ["embed", "widget"]
    assert all(f"/widget/{name}" in loader for name in named)


async def test_browser_gets_them_compressed(chat: Chat, parts: list[str]) -> None:
    async with aiohttp.ClientSession(auto_decompress=False) as browser:
        for accepted in ("br", "gzip"):
            headers = {"Accept-Encoding": accepted}
            async with browser.get(chat.url("/widget.js"), headers=headers) as answered:
                assert answered.status == 200
                assert answered.headers["Content-Encoding"] == accepted
                assert "Accept-Encoding" in answered.headers["Vary"]


@pytest.mark.parametrize(
    "name",
    ["missing.js", "..%2f..%2fassets.py", "%2e%2e%2fwidget.js", "widget.css", ".js", "a%00.js"],
)
async def test_nothing_else_is_served(desk: Desk, name: str) -> None:
    browser = await desk.browser()

    assert (await browser.get(f"/widget/{name}", is_api=False)).status == 404


async def test_frame_says_who_may_embed_it_and_runs_nothing_else(
    chat: Chat, parts: list[str]
) -> None:
    site = await chat.site(allowed_origins=["https://shop.example", "https://*.bank.example"])
    page = chat.page(site)

    url = chat.url(f"/widget/frame/{site.hook}")
    async with chat.http.get(url) as answer:
        text, headers = await answer.text(), answer.headers

    policy = dict(
        one.split(maxsplit=1)
        for one in headers["Content-Security-Policy"].split("; ")
        if " " in one
    )
    assert policy["frame-ancestors"] == "'self' https://shop.example https://*.bank.example"
    assert (policy["default-src"], policy["script-src"]) == ("'none'", "'self'")
    assert "X-Frame-Options" not in headers
    [script] = [name for name in parts if f"/widget/{name}" in text]
    assert script.startswith("frame-")
    assert "Set-Cookie" not in headers
    assert page.token is None


async def test_frame_of_nobody_is_not_found(chat: Chat) -> None:
    async with chat.http.get(chat.url("/widget/frame/nobody")) as answer:
        assert answer.status == 404
