"""A desk behind a mailbox: mails come in as our server delivers them, answers go out as mails."""

from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from connectors.email.convert import to_events
from connectors.email.reading.envelope import Reading
from connectors.email.sandbox_mail import AUTHSERV_ID, DESK, received
from connectors.email.sending.compose import Desk as Sending
from connectors.email.sending.compose import compose
from connectors.email.thread_keys import MESSAGE_ID
from core.capabilities import Capabilities
from core.messages import AnyInboundEvent
from router.services.inbound import Incoming, accept
from router.services.outbound import to_message
from router.storage.engine import Database
from router.storage.inbound import insert_thread_keys
from router.storage.outgoing import load_outgoing
from tests.services.answering_desk import AnsweringDesk, open_desk

MAIL = Capabilities(copies=True, threads=True, subject=True, can_open_conversation=True)
READING = Reading(own_address=DESK, authserv_ids=(AUTHSERV_ID,))
MOMENT = datetime(2026, 1, 5, 10, tzinfo=UTC)
_numbers = count(1)


def mail(author: str, text: str = "Hello", *, to: str = DESK, **headers: str) -> bytes:
    """A plain mail; `in_reply_to` is the header In-Reply-To. Written by hand: the standard
    generator turns long ids into encoded words.
    """
    lines = {
        "From": author,
        "To": to,
        "Subject": headers.pop("subject", "A question"),
        "Message-ID": headers.pop("message_id", f"<{next(_numbers)}@made.example>"),
        **{name.replace("_", "-"): value for name, value in headers.items()},
        "Content-Type": "text/plain; charset=utf-8",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{head}\r\n{text}\r\n".encode()


class MailDesk:
    def __init__(self, desk: AnsweringDesk) -> None:
        self.desk = desk

    async def arrive(self, *raws: bytes, is_proven: bool = True) -> list[int]:
        """The ids of the messages that they became, in one batch."""
        events = [event for raw in raws for event in _events(raw, is_proven=is_proven)]
        incoming = Incoming(account_id=self.desk.account, fence=None, events=tuple(events))
        [result] = await accept(self.desk.database, self.desk.blobs, [incoming])
        if isinstance(result, BaseException):
            raise result
        return [one for one in result if one is not None]

    async def person_of(self, message: int) -> int:
        return int(
            await self.desk.value(
                "select p.root_id from messages m join persons p on p.id = m.person_id"
                " where m.id = $1",
                message,
            )
        )

    async def case_of(self, message: int) -> int:
        return int(await self.desk.value("select case_id from messages where id = $1", message))

    async def warned(self, messages: list[int]) -> list[int]:
        """Those of these that are said to answer somebody else's conversation."""
        rows = await self.desk.rows(
            "select id from messages where id = any($1) and warnings::text like '%somebody else%'"
            " order by id",
            messages,
        )
        return [int(row["id"]) for row in rows]

    async def hear(self, raw: bytes, *, is_proven: bool = True) -> tuple[int, int]:
        """(message, the person who stands for its author)."""
        [message] = await self.arrive(raw, is_proven=is_proven)
        return message, await self.person_of(message)

    async def send_out(self) -> list[tuple[str, bytes]]:
        """Everything that waits goes out: (to whom, the mail). Its ids are known from then on."""
        database, account = self.desk.database, self.desk.account
        sent = []
        async with database.transaction() as work:
            await work.driver.execute(
                "insert into delivery_attempts (delivery_id, attempt, claim, started_at)"
                " select id, 1, 1, queued_at from deliveries where state = 'queued'"
            )
            waiting = [
                row["id"]
                for row in await work.driver.fetch(
                    "update deliveries set state = 'sent' where state = 'queued' returning id"
                )
            ]
            for row in await load_outgoing(work, sorted(waiting), threaded=[account]):
                made = compose(to_message(row, self.desk.keyring), Sending(address=DESK))
                sent.append((made.recipient, made.raw))
                await insert_thread_keys(
                    work, [(account, MESSAGE_ID, made.message_id, row.case_id or 0, row.message_id)]
                )
        return sent

    async def answer(self, person: int, text: str, **fields: object) -> list[tuple[str, bytes]]:
        await self.desk.answer(person, text, **fields)
        return await self.send_out()

    async def outgoing(self) -> list[str]:
        """What the desk is shown to have said, and by whom."""
        rows = await self.desk.rows(
            "select text from messages where direction = 'out' or agent_id is not null order by id"
        )
        return [str(row["text"]) for row in rows]


def _events(raw: bytes, *, is_proven: bool) -> tuple[AnyInboundEvent, ...]:
    """What our server's word makes of it."""
    taken = received(raw, sender="", recipient=DESK, is_authenticated=is_proven, at=MOMENT)
    return to_events(taken, READING)


async def open_mail_desk(database: Database, folder: Path) -> MailDesk:
    desk = await open_desk(database, folder, channel="email")
    desk.capabilities["email"] = MAIL
    return MailDesk(desk)
