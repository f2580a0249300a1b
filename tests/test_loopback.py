"""The guard lets this machine in, and nothing else."""

from __future__ import annotations

import asyncio
import socket

import pytest

from tests.loopback import BeyondLoopbackError, is_loopback


@pytest.mark.parametrize(
    "address", [("192.0.2.1", 80), ("169.254.169.254", 80), ("2001:db8::1", 80)]
)
async def test_connection_beyond_loopback_raises(address: tuple[str, int]) -> None:
    with pytest.raises(BeyondLoopbackError):
        await asyncio.open_connection(*address)


def test_datagram_beyond_loopback_raises() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
        pytest.raises(BeyondLoopbackError),
    ):
        datagrams.sendto(b"?", ("192.0.2.53", 53))


def test_name_of_another_machine_is_not_looked_up() -> None:
    with pytest.raises(BeyondLoopbackError):
        socket.getaddrinfo("example.com", 443)


def test_invalid_name_is_answered_as_the_dns_would() -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("mail.invalid", 25)


async def test_connection_on_loopback_is_made() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello\n")
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        assert await reader.readline() == b"hello\n"
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "localhost"])
def test_loopback_by_any_name_is_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["127.0.0.1.example.com", "10.0.0.1", "0.0.0.0", "fe80::1%lo"])
def test_what_only_looks_like_loopback_is_not(host: str) -> None:
    assert not is_loopback(host)
