"""Asking the DNS: seldom, never long, and its trouble proves nothing and refutes nothing."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import cast

import dns.asyncresolver
import dns.message
import dns.rcode
import dns.rrset
import pytest

from connectors.email.reading.envelope import Reading
from connectors.email.trust.resolver import (
    LONGEST_KEPT,
    MAX_NAMES,
    MISSING_KEPT,
    SHORTEST_KEPT,
    TROUBLE_KEPT,
    Answer,
    Resolver,
    ask_dns,
)
from connectors.email.worker.reader import MailReader
from core.clock import FakeClock
from core.messages import MessageReceived
from core.people import Level
from tests.connectors.email.signing_domain import signed, zone_of


class Dns:
    """Answers by name; a name that it does not know is silent for ever."""

    def __init__(self, **answers: Answer | Exception) -> None:
        self.answers = answers
        self.asked: list[str] = []

    async def __call__(self, name: str) -> Answer:
        self.asked.append(name)
        answer = self.answers.get(name)
        if answer is None:
            await asyncio.Event().wait()
            raise AssertionError("nobody sets it")
        if isinstance(answer, Exception):
            raise answer
        return answer


def kept(seconds: int, *texts: str) -> Answer:
    return Answer(texts=texts, kept=timedelta(seconds=seconds))


async def test_names_are_asked_at_once_and_each_once_while_its_answer_holds() -> None:
    clock = FakeClock()
    dns = Dns(a=kept(600, "one", "two"), b=kept(600))
    resolver = Resolver(clock, dns)

    assert await resolver.look_up(["A.", "b", "a"]) == {"a": ("one", "two"), "b": ()}
    clock.advance(timedelta(seconds=599))
    await resolver.look_up(["a", "b"])
    assert sorted(dns.asked) == ["a", "b"]
    clock.advance(timedelta(seconds=2))
    await resolver.look_up(["a"])
    assert sorted(dns.asked) == ["a", "a", "b"]


async def test_answers_are_kept_neither_too_short_nor_too_long() -> None:
    clock = FakeClock()
    dns = Dns(short=kept(0, "x"), long=kept(10**6, "x"))
    resolver = Resolver(clock, dns)

    await resolver.look_up(["short", "long"])
    clock.advance(SHORTEST_KEPT - timedelta(seconds=1))
    await resolver.look_up(["short", "long"])
    assert len(dns.asked) == 2
    clock.advance(LONGEST_KEPT)
    await resolver.look_up(["short", "long"])
    assert len(dns.asked) == 4
    assert MISSING_KEPT < LONGEST_KEPT


async def test_silence_and_failure_are_no_answer_and_are_not_asked_again_at_once() -> None:
    clock = FakeClock()
    dns = Dns(good=kept(600, "x"), broken=OSError("refused"), late=TimeoutError())
    resolver = Resolver(clock, dns, deadline=0.05)

    found = await resolver.look_up(["good", "broken", "late", "silent"])
    assert found == {"good": ("x",), "broken": None, "late": None, "silent": None}
    await resolver.look_up(["silent", "broken"])
    assert dns.asked.count("silent") == 1
    clock.advance(TROUBLE_KEPT + timedelta(seconds=1))
    await resolver.look_up(["broken"])
    assert dns.asked.count("broken") == 2


async def test_mail_cannot_make_us_ask_for_more_than_a_few_names() -> None:
    dns = Dns(**{f"n{number}": kept(600, "x") for number in range(500)})
    resolver = Resolver(FakeClock(), dns)

    found = await resolver.look_up(f"n{number}" for number in range(500))
    assert len(dns.asked) == MAX_NAMES
    assert sum(texts is None for texts in found.values()) == 500 - MAX_NAMES


class NameServer(asyncio.DatagramProtocol):
    """A name server on loopback; what it has no answer for it leaves unanswered."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, query_bytes: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(query_bytes)
        name = query.question[0].name
        reply = dns.message.make_response(query)
        match name.labels[0]:
            case b"long":
                text = '"v=DKIM1; p=abc" "def"'
                reply.answer.append(dns.rrset.from_text(name, 120, "IN", "TXT", text))
            case b"missing":
                reply.set_rcode(dns.rcode.NXDOMAIN)
            case b"broken":
                reply.set_rcode(dns.rcode.SERVFAIL)
            case b"silent":
                return
        self.transport.sendto(reply.to_wire(), addr)


@pytest.fixture
async def name_server() -> AsyncIterator[dns.asyncresolver.Resolver]:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        NameServer, local_addr=("127.0.0.1", 0)
    )
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = transport.get_extra_info("sockname")[1]
    yield resolver
    transport.close()


async def test_what_a_name_server_says_is_joined_and_its_troubles_are_told_apart(
    name_server: dns.asyncresolver.Resolver,
) -> None:
    assert await ask_dns("long.example", name_server) == kept(120, "v=DKIM1; p=abcdef")
    assert (await ask_dns("missing.example", name_server)).texts == ()
    assert (await ask_dns("empty.example", name_server)).texts == ()
    with pytest.raises(OSError, match="did not tell"):
        await ask_dns("broken.example", name_server, lifetime=0.3)
    with pytest.raises(TimeoutError):
        await ask_dns("silent.example", name_server, lifetime=0.3)
    with pytest.raises(OSError, match="did not tell"):
        await ask_dns("a" * 70 + ".example", name_server)


async def test_process_that_reads_is_given_the_records_that_the_proof_needs() -> None:
    asked: list[tuple[str, ...]] = []

    async def look_up(names: tuple[str, ...]) -> dict[str, tuple[str, ...] | None]:
        asked.append(names)
        return {name: zone_of().get(name) for name in names}

    reader = MailReader(
        Reading(own_address="help@desk.example", verifies_signatures=True), look_up=look_up
    )
    try:
        [proven] = await reader.read(signed())
        [forged] = await reader.read(signed() + b"more\r\n")
        [plain] = await reader.read(b"From: a@b.example\r\n\r\nhi\r\n")
    finally:
        await reader.close()

    assert isinstance(proven, MessageReceived)
    assert isinstance(forged, MessageReceived)
    assert isinstance(plain, MessageReceived)
    assert proven.sender.level is Level.ATTESTED
    assert (forged.sender.level, plain.sender.level) == (Level.CLAIMED, Level.CLAIMED)
    assert asked == [("s1._domainkey.bank.example", "_dmarc.bank.example")] * 2
