"""What fetches on our behalf reaches the world and nothing inside."""

from ipaddress import ip_address

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from router.runtime.egress import AddressRefused, EgressGuard, is_inside

INSIDE = (
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
    *("0.0.0.0", "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.0.8"),
    *("::1", "::", "fe80::1", "fc00::1", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1"),
    *("2002:7f00:1::", "2002:a00:1::"),
)
OUTSIDE = (
    *("1.1.1.1", "93.184.216.34", "2606:4700::1111"),
    *("64:ff9b::101:101", "2002:101:101::1"),
)


@pytest.mark.parametrize("text", INSIDE)
def test_address_inside_is_known_in_every_disguise(text: str) -> None:
    assert is_inside(ip_address(text))


@pytest.mark.parametrize("text", OUTSIDE)
def test_address_outside_is_allowed(text: str) -> None:
    assert not is_inside(ip_address(text))


async def _hello(_: web.Request) -> web.Response:
    return web.Response(text="hello")


async def test_connecting_inside_is_refused_unless_allowed() -> None:
    app = web.Application()
    app.router.add_get("/", _hello)
    async with TestServer(app) as server:
        async with EgressGuard().session() as session:
            with pytest.raises(aiohttp.ClientConnectorError) as refused:
                await session.get(server.make_url("/"))
        assert isinstance(refused.value.os_error, AddressRefused)
        async with (
            EgressGuard(["127.0.0.0/8"]).session() as session,
            session.get(server.make_url("/")) as answer,
        ):
            assert await answer.text() == "hello"
