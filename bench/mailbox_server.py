"""An IMAP server in a process of its own: `python -m bench.mailbox_server COUNT`. Prints its port.

It holds COUNT mails as people send them, text and HTML of a few KiB, and ends with its input.
"""

import asyncio
import sys
from email.message import EmailMessage
from email.policy import SMTP

from tests.connectors.email.scripted_imap import ScriptedImap

PEOPLE = 500
SENTENCE = "My withdrawal of yesterday evening has not arrived, please look at it. "


def mail(number: int) -> bytes:
    made = EmailMessage(policy=SMTP)
    address = f"p{number % PEOPLE}@people.example"
    made["Authentication-Results"] = "mx.desk.example; dmarc=pass header.from=people.example"
    made["From"] = f"Person {number % PEOPLE} <{address}>"
    made["To"] = "help@desk.example"
    made["Subject"] = f"Where is it? {number}"
    made["Date"] = "Mon, 05 Jan 2026 10:00:00 +0000"
    made["Message-ID"] = f"<{number}@people.example>"
    made.set_content(SENTENCE * 20 + f"\n\n> {SENTENCE}\n" * 5)
    made.add_alternative(f"<p>{SENTENCE * 20}</p><blockquote>{SENTENCE}</blockquote>", "html")
    return made.as_bytes()


async def serve(count: int) -> None:
    async with ScriptedImap({uid: mail(uid) for uid in range(1, count + 1)}) as server:
        print(server.port, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
