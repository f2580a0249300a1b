"""Fetching pictures of letters: by https alone, bounded, and nothing inside."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from router.runtime import remote_pictures
from router.runtime.remote_pictures import AT_ONCE, LARGEST, MOST, RemotePictures
from router.storage.kept_pictures import Late
from tests.connectors.email.test_tls import certificate, server_context
from tests.waiting import PATIENCE


class Site:
    """Pictures over TLS, and somebody beside it without: what they were asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.plain = ""
        self.open = self.most_open = 0
        self.goes_on = asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        match request.path.split("/")[1]:
            case "ok":
                assert "Cookie" not in request.headers
                assert "Referer" not in request.headers
                return web.Response(body=b"picture")
            case "plain":
                return web.Response(body=b"not asked for")
            case "away":
                raise web.HTTPFound(self.plain)
            case "moved":
                raise web.HTTPFound("/ok")
            case "round":
                raise web.HTTPFound("/round")
            case "full":
                return web.Response(body=b"x" * LARGEST)
            case "large":
                return web.Response(body=b"x" * (LARGEST + 1))
            case "packed":
                packed = web.Response(body=b"x" * 10_000)
                packed.enable_compression(web.ContentCoding.gzip)
                return packed
            case "crowd":
                return await self._crowded()
            case "never":
                await self.goes_on.wait()
        return web.Response(status=404)

    async def _crowded(self) -> web.Response:
        """Answers when as many have come as may at once, and others had time to."""
        self.open += 1
        self.most_open = max(self.open, self.most_open)
        if self.open == AT_ONCE:
            for _ in range(100):
                await asyncio.sleep(0)
            self.goes_on.set()
        await self.goes_on.wait()
        self.open -= 1
        return web.Response(body=b"picture")


Elsewhere = tuple[Site, Callable[[str], str], RemotePictures]


@pytest.fixture
async def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Elsewhere]:
    """A site, its addresses, and who trusts it. What is late here is the machine's fault."""
    monkeypatch.setattr(remote_pictures, "PATIENCE", PATIENCE)
    pem = certificate("127.0.0.1")
    site = Site()
    servers = []
    for scheme, context in (("https", server_context(tmp_path, pem)), ("http", None)):
        app = web.Application()
        app.router.add_get("/{path:.*}", site.answer)
        server = TestServer(app, host="127.0.0.1", scheme=scheme)
        await server.start_server(ssl=context)
        servers.append(server)
    site.plain = str(servers[1].make_url("/plain"))
    trusting = ssl.create_default_context(cadata=pem[0])

    def session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting))

    yield site, lambda path: str(servers[0].make_url(path)), RemotePictures(session)
    site.goes_on.set()
    for server in servers:
        await server.close()


async def test_what_answers_well_over_https_is_fetched(elsewhere: Elsewhere) -> None:
    _, at, pictures = elsewhere
    paths = ("/ok", "/moved", "/round", "/large", "/packed", "/gone")

    found = await pictures.fetch([*map(at, paths), "https://[broken"])

    good = {at("/ok"): b"picture", at("/moved"): b"picture"}
    assert found == dict.fromkeys([*map(at, paths), "https://[broken"]) | good


async def test_redirect_to_what_is_not_https_is_not_followed(elsewhere: Elsewhere) -> None:
    site, at, pictures = elsewhere

    assert await pictures.fetch([at("/away"), site.plain]) == {at("/away"): None, site.plain: None}

    assert site.asked == ["/away"]


async def test_pictures_of_a_letter_have_one_bound_together(elsewhere: Elsewhere) -> None:
    _, at, pictures = elsewhere
    addresses = [at(f"/full/{number}") for number in range(MOST // LARGEST + 2)]

    found = await pictures.fetch(addresses)

    assert 0 < sum(len(one) for one in found.values() if isinstance(one, bytes)) <= MOST


async def test_letters_wait_for_each_other(elsewhere: Elsewhere) -> None:
    site, at, pictures = elsewhere
    letters = [
        [at(f"/crowd/{letter}/{number}") for number in range(AT_ONCE)] for letter in range(2)
    ]

    found = await asyncio.gather(*map(pictures.fetch, letters))

    came = [[one for one in letter.values() if isinstance(one, bytes)] for letter in found]
    assert [len(one) for one in came] == [AT_ONCE, AT_ONCE]
    assert site.most_open == AT_ONCE


async def test_letter_shows_what_came_in_time(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_pictures, "PATIENCE", 3.0)
    _, at, pictures = elsewhere

    crowd = [at(f"/never/{number}") for number in range(AT_ONCE)]
    # There is no room for the last one: it was not asked for, so nothing is known of it.
    assert await pictures.fetch([at("/ok"), *crowd, at("/ok/late")]) == {
        at("/ok"): b"picture",
        **dict.fromkeys(crowd, Late.LATE),
    }


async def test_what_is_inside_is_not_reached() -> None:
    reached = []

    def reach(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append(writer.get_extra_info("peername"))
        writer.close()

    async with await asyncio.start_server(reach, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        for host in ("127.0.0.1", "localhost"):
            address = f"https://{host}:{port}/ok"
            assert await RemotePictures().fetch([address]) == {address: None}

    assert reached == []
