"""The ladder over real connectors and stand-in networks: blocked there, it arrives here."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from connectors.email.sandbox import EmailSandbox
from connectors.telegram.sandbox import TelegramSandbox
from core.clock import SystemClock
from core.sandbox import SandboxLine
from router.blobs.disk import DiskBlobs
from router.bootstrap import LOOPBACK
from router.bus.local import LocalBus
from router.runtime.account import AccountParts
from router.runtime.committer import Committer
from router.runtime.connectors import ConnectorFactory
from router.runtime.egress import EgressGuard
from router.runtime.ladder import Ladder
from router.runtime.lease_keeper import LeaseKeeper
from router.runtime.registry import Registry
from router.runtime.sandboxes import Sandboxes
from router.runtime.sender import Sender
from router.runtime.supervisor import Supervisor
from router.runtime.turns import Turns
from router.services.identity.merging import merge
from router.services.keyring import Keyring
from router.services.outbound import Author, Reply, reply
from router.storage.engine import Database
from router.storage.sight import FULL_SIGHT
from tests.services.answering_desk import make_agent
from tests.waiting import until

GRACE = "grace@people.example"
NUMBER = "5000000001"
SENTENCE = "We could not deliver this where you wrote before:"
PATIENCE = 30.0


class Nets:
    """A desk with a mailbox and a bot that really run, and Grace on both networks."""

    mail: EmailSandbox
    telegram: TelegramSandbox

    def __init__(self, database: Database, registry: Registry, ladder: Ladder) -> None:
        self.database, self.registry, self.ladder = database, registry, ladder
        self.keyring = Keyring("k" * 40)

    async def value(self, statement: str, *values: object) -> Any:
        async with self.database.transaction() as work:
            return await work.driver.fetchval(statement, *values)

    async def says(self, by: EmailSandbox | TelegramSandbox, address: str, text: str) -> int:
        """Grace's message; whose conversation it is in."""
        await by.say(SandboxLine(person="Grace Hopper", address=address, text=text, subject="Hi"))
        root: int = await until(
            lambda: self.value(
                "select p.root_id from messages m join persons p on p.id = m.person_id"
                " where m.text = $1",
                text,
            ),
            seconds=PATIENCE,
        )
        return root

    async def meet(self) -> int:
        """She writes by mail and to the bot, and an agent joins the two."""
        by_mail = await self.says(self.mail, GRACE, "By mail")
        by_bot = await self.says(self.telegram, NUMBER, "By Telegram")
        await merge(
            self.database, loser_id=by_bot, winner_id=by_mail, agent_id=None, reason="Both hers."
        )
        return by_mail

    async def answer(self, person: int, text: str, channel: str) -> int:
        place = await self.value(
            "select p.id from places p join accounts a on a.id = p.account_id"
            " where a.channel = $1 limit 1",
            channel,
        )
        agent = await make_agent(self.database)
        written = await reply(
            self.database,
            self.keyring,
            lambda name: self.registry.load(name).capabilities,
            Author(agent_id=agent, name="Ada", sight=FULL_SIGHT),
            Reply(person_id=person, client_key="k", text=text, place_id=place),
            wire_of=lambda name: self.registry.load(name).to_wire,
        )
        return written.message_id

    async def until_way(self, message: int, *wanted: tuple[str, str]) -> None:
        """The message's deliveries are on these channels in these states, while the ladder runs."""

        async def look() -> bool:
            await self.ladder.work()
            async with self.database.reading() as work:
                rows = await work.driver.fetch(
                    "select a.channel, d.state from deliveries d"
                    " join accounts a on a.id = d.account_id where message_id = $1 order by d.id",
                    message,
                )
            return [(row["channel"], row["state"]) for row in rows] == list(wanted)

        await until(look, seconds=PATIENCE)


@pytest.fixture
async def nets(database_url: str, tmp_path: Path) -> AsyncIterator[Nets]:
    known = [one for one in Registry().channels() if one.channel in ("email", "telegram")]
    registry = Registry(known)
    database = Database(database_url, clock=SystemClock())
    blobs, bus = DiskBlobs(tmp_path / "blobs"), LocalBus()
    leases = LeaseKeeper(database, "here")
    nets = Nets(database, registry, Ladder(database, Keyring("k" * 40), registry, leases))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        http = await stack.enter_async_context(EgressGuard(LOOPBACK).session())
        sandboxes = Sandboxes(database, nets.keyring, registry, tmp_path / "networks")
        await sandboxes.start(desk_url="http://127.0.0.1:9")
        stack.push_async_callback(sandboxes.stop)
        for one in sandboxes.running.values():
            match one:
                case EmailSandbox():
                    nets.mail = one
                case TelegramSandbox():
                    nets.telegram = one
        committer, turns = Committer(database, blobs, bus), Turns(database)
        factory = ConnectorFactory(
            registry=registry,
            keyring=nets.keyring,
            clock=database.clock,
            blobs=blobs,
            http=http,
            public_url="http://127.0.0.1:9",
        )
        parts = AccountParts(
            database=database,
            factory=factory,
            make_sink=lambda account, fence: committer.sink(account, fence=fence),
            make_sender=lambda account, connector, fence: Sender(
                database, turns, nets.keyring, connector, account.id, fence
            ),
        )
        supervisor = Supervisor(parts, leases, bus)
        tasks = [
            asyncio.create_task(run())
            for run in (committer.run, turns.run, leases.run, supervisor.run)
        ]
        try:
            yield nets
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def test_answer_to_who_left_telegram_arrives_by_mail_and_is_answered_in_the_same_case(
    nets: Nets,
) -> None:
    grace = await nets.meet()
    await nets.telegram.person(NUMBER).deactivates()

    message = await nets.answer(grace, "Here is your answer", "telegram")
    await nets.until_way(message, ("telegram", "cancelled"), ("email", "sent"))

    [letter] = await nets.mail.heard(GRACE)
    assert letter.text.startswith(f"{SENTENCE}\n\nHere is your answer")
    await nets.mail.say(SandboxLine(person="Grace Hopper", address=GRACE, text="Thank you"))
    case = "select case_id from messages where text = $1"
    answered = await until(lambda: nets.value(case, "Thank you"), seconds=PATIENCE)
    assert answered == await nets.value(case, "Here is your answer")


async def test_mail_that_bounces_hard_arrives_in_the_chat_with_the_bot(nets: Nets) -> None:
    grace = await nets.meet()
    message = await nets.answer(grace, "Here is your answer", "email")
    await nets.until_way(message, ("email", "sent"))
    remote = await nets.value("select remote_id from remote_refs where message_id = $1", message)

    await nets.mail.deliver(_bounce(remote), sender="", is_authenticated=False)
    await nets.until_way(message, ("email", "cancelled"), ("telegram", "sent"))

    [heard] = [one for one in await nets.telegram.heard(NUMBER) if SENTENCE in one.text]
    assert heard.text == f"{SENTENCE}\n\nHere is your answer"


def _bounce(message_id: str) -> bytes:
    """RFC 3464: no such mailbox."""
    return (
        "From: MAILER-DAEMON@relay.example\r\nTo: desk@desk.example\r\nSubject: Undelivered\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\n\r\nYour mail could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; relay.example\r\n\r\n"
        f"Final-Recipient: rfc822; {GRACE}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: <{message_id.strip('<>')}>\r\nTo: {GRACE}\r\n\r\n--b--\r\n"
    ).encode()
