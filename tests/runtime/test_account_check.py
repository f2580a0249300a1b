"""The test of an account calls nothing that its connector may not call either."""

import asyncio

import pytest

from core.checking import Endpoint, Steps
from core.clock import FakeClock
from router.runtime.account_check import reach
from router.runtime.egress import EgressGuard


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
async def test_address_that_is_fetched_is_not_called_if_it_leads_inside(
    clock: FakeClock, host: str
) -> None:
    calls: list[asyncio.StreamWriter] = []

    def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append(writer)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    endpoint = Endpoint.of_url(f"http://{host}:{port}")
    refused, let_out = Steps(clock), Steps(clock)

    await reach(endpoint, EgressGuard(), refused)
    await reach(endpoint, EgressGuard(["127.0.0.0/8", "::ffff:127.0.0.1/128"]), let_out)

    assert [(one.name, one.ok) for one in refused] == [("Name", False)]
    assert "127.0.0.1 answers" not in refused[0].detail
    assert [(one.name, one.ok) for one in let_out] == [("Name", True), ("TCP", True)]
    assert len(calls) <= 1
    server.close()


async def test_steps_at_several_places_are_told_apart_by_their_names(clock: FakeClock) -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    steps = Steps(clock)

    await reach(Endpoint(name="IMAP", host="127.0.0.1", port=port), EgressGuard(), steps)
    await reach(Endpoint(name="SMTP", host="127.0.0.1", port=1), EgressGuard(), steps)

    assert [(one.name, one.ok) for one in steps] == [
        ("IMAP: Name", True),
        ("IMAP: TCP", True),
        ("SMTP: Name", True),
        ("SMTP: TCP", False),
    ]
    server.close()
