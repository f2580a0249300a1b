"""A mail of the account to itself: found again, taken away, and shown to nobody."""

import asyncio

import pytest

from connectors.email.config import Config
from connectors.email.round_trip import FOUND_STEP, PATIENCE, RoundTrips, travel
from connectors.email.sending.compose import Outgoing
from core.clock import FakeClock
from tests.connectors.email.imap_reading import connect
from tests.connectors.email.scripted_imap import SENT, ScriptedImap


def config(port: int = 1, password: str = "right") -> Config:
    return Config.model_validate(
        {
            "address": "help@desk.example",
            "imap_host": "127.0.0.1",
            "imap_port": port,
            "imap_security": "none",
            "smtp_host": "127.0.0.1",
            "smtp_port": 1,
            "smtp_security": "none",
            "password": password,
        }
    )


def test_only_who_knows_the_secret_writes_a_mail_that_is_passed_over() -> None:
    ours = RoundTrips(config())
    raw = ours.write(FakeClock().now()).raw
    assert ours.is_one(raw)
    assert not RoundTrips(config(password="another")).is_one(raw)
    assert not ours.is_one(raw.replace(b"<onethread.trip.", b"<onethread.trip.0"))
    # The id in a text, or in what a mail answers, is nobody's Message-ID.
    assert not ours.is_one(b"Message-ID: <a@b.example>\r\n\r\n" + raw)
    assert not ours.is_one(raw.replace(b"Message-ID:", b"In-Reply-To:"))


@pytest.mark.parametrize("folder", ["inbox", "junk"])
async def test_mail_is_found_where_it_came_and_junk_is_named(folder: str) -> None:
    async with ScriptedImap() as server:
        # Its second folder stands for the junk.
        server.folders[0] = rf'(\HasNoChildren \Junk) "/" "{SENT}"'

        async def send(mail: Outgoing) -> None:
            (server.mails if folder == "inbox" else server.sent)[7] = mail.raw

        settings = config(server.port)
        steps = await travel(
            RoundTrips(settings).write(FakeClock().now()),
            send=send,
            connect=lambda: connect(server),
            config=settings,
            clock=FakeClock(),
        )
        assert [step.ok for step in steps] == [True, folder == "inbox"]
        assert ("junk folder" in steps[1].detail) == (folder == "junk")
        assert server.asked("UID EXPUNGE") == ["UID EXPUNGE 7"]


@pytest.mark.parametrize("comes", [True, False])
async def test_other_mails_stay_whatever_the_search_answers(comes: bool) -> None:
    async with ScriptedImap() as server:
        for uid in range(1, 31):
            server.add(uid, b"Message-ID: <%d@customer.example>\r\n\r\nHello\r\n" % uid)

        async def name_all(tag: str, writer: asyncio.StreamWriter) -> bool:
            listed = " ".join(map(str, sorted(server.mails)))
            writer.write(f"* SEARCH {listed}\r\n{tag} OK done\r\n".encode())
            return True

        server.hooks["UID SEARCH"] = name_all
        clock = FakeClock()
        settings = config(server.port)

        async def send(mail: Outgoing) -> None:
            quotes = b"References: <%b>\r\n\r\n" % mail.message_id.encode()
            server.add(31, b"Message-ID: <31@customer.example>\r\n" + quotes)
            if comes:
                server.add(32, mail.raw)

        steps = await travel(
            RoundTrips(settings).write(clock.now()),
            send=send,
            connect=lambda: connect(server),
            config=settings,
            clock=clock,
        )
        assert steps[-1].ok == comes
        assert server.asked("UID STORE") == (
            [r"UID STORE 32 +FLAGS.SILENT (\Seen \Deleted)"] if comes else []
        )
        assert server.asked("UID EXPUNGE") == (["UID EXPUNGE 32"] if comes else [])


async def test_mail_that_never_comes_is_a_step_that_failed() -> None:
    async with ScriptedImap() as server:
        clock = FakeClock()
        settings = config(server.port)

        async def send(mail: Outgoing) -> None:
            assert mail.recipient == "help@desk.example"

        steps = await travel(
            RoundTrips(settings).write(clock.now()),
            send=send,
            connect=lambda: connect(server),
            config=settings,
            clock=clock,
        )
        assert steps[-1].name == FOUND_STEP
        assert not steps[-1].ok
        assert steps[-1].fix
        assert f"{PATIENCE:.0f} s" in steps[-1].detail
