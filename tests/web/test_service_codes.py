"""A08: what a stranger's program writes to the desk reaches no customer, wherever they look.

The trick (2017): sign up at some service with the desk's address, or with the reply address of
one's own thread, and read the mail with the code where the desk shows one's own conversation.
Here the attacker is a signed visitor with a verified address, so that they see as much as any
customer can: the chat, its older pages, its socket, its files, letters, and answers by mail.
"""

import json
from itertools import count
from pathlib import Path

import pytest

from connectors.email.convert import to_events
from connectors.email.reading.envelope import Reading
from connectors.email.sandbox_mail import AUTHSERV_ID, DESK, received
from connectors.email.sending.compose import Desk as Sending
from connectors.email.sending.compose import compose
from core.clock import FakeClock
from router.blobs.disk import DiskBlobs
from router.services.inbound import Incoming, accept
from router.services.outbound import Copy, Reply, reply, to_message
from router.storage.outgoing import load_outgoing
from tests.services.answering_desk import read_address
from tests.services.builders import make_account
from tests.services.mail_desk import MAIL, MOMENT, mail
from tests.web.test_visitor_continuation import MINUTE, Story
from tests.web.visiting import Chat

CODE = "CODE-739104"
ATTACKER = "grace@people.example"
"""The address that the host has verified for the visitor (see `claims_at`)."""
SERVICES = (
    "Slack <no-reply@slack.example>",
    "verify@accounts.example",
    "MAILER-DAEMON@mta.example",
    "Billing <billing@bank.example>",
)
_numbers = count(1)
WITH_FILE = (
    b"From: verify@accounts.example\r\nTo: help@desk.example\r\nSubject: Your code\r\n"
    b"Message-ID: <file-1@accounts.example>\r\nIn-Reply-To: "
)
REST = (
    b'\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\n'
    b"See the file.\r\n--b\r\nContent-Type: text/plain\r\n"
    b'Content-Disposition: attachment; filename="code.txt"\r\n\r\nCODE-739104\r\n--b--\r\n'
)
READING = Reading(own_address=DESK, authserv_ids=(AUTHSERV_ID,))


@pytest.fixture
async def story(chat: Chat, clock: FakeClock, tmp_path: Path) -> Story:
    site = await chat.site(continue_by="mailbox", continue_after_minutes=10)
    page = await chat.visitor(site)
    await page.open(page.sign())
    await page.say("Where is my order?")
    account = await make_account(chat.database, channel="email", label="mailbox")
    return Story(chat, page, clock, account, tmp_path)


async def arrive(story: Story, *raws: bytes, is_proven: bool = True) -> list[int]:
    events = [
        event
        for raw in raws
        for event in to_events(
            received(raw, sender="", recipient=DESK, is_authenticated=is_proven, at=MOMENT), READING
        )
    ]
    incoming = Incoming(account_id=story.mail, fence=None, events=tuple(events))
    [result] = await accept(story.chat.database, DiskBlobs(story.folder), [incoming])
    assert not isinstance(result, BaseException), result
    await story.chat.relay()
    return [one for one in result if one is not None]


async def letters(story: Story) -> list[tuple[str, str]]:
    """(to whom, the whole mail) of everything that ever waited to go out by mail."""
    async with story.chat.database.transaction() as work:
        await work.driver.execute(
            "insert into delivery_attempts (delivery_id, attempt, claim, started_at)"
            " select id, 1, 1, queued_at from deliveries where account_id = $1"
            " on conflict do nothing",
            story.mail,
        )
        ids = await work.driver.fetch(
            "select id from deliveries where account_id = $1 order by id", story.mail
        )
        rows = await load_outgoing(work, [row["id"] for row in ids], threaded=[story.mail])
    made = [compose(to_message(row, story.chat.keyring), Sending(address=DESK)) for row in rows]
    return [(one.recipient, one.raw.decode()) for one in made]


async def answer_by_mail(story: Story, person: int, text: str, *copies: Copy) -> None:
    place = await story.chat.value(
        "select max(m.place_id) from messages m join persons p on p.id = m.person_id"
        " where p.root_id = $1 and m.account_id = $2",
        person,
        story.mail,
    )
    await reply(
        story.chat.database,
        story.chat.keyring,
        lambda _: MAIL,
        story.chat.author,
        Reply(
            person_id=person,
            place_id=place,
            text=text,
            client_key=f"a{next(_numbers)}",
            copies=copies,
        ),
        to_recipient=read_address,
    )


async def person_of(story: Story, message: int) -> int:
    return int(
        await story.chat.value(
            "select p.root_id from messages m join persons p on p.id = m.person_id where m.id = $1",
            message,
        )
    )


async def test_code_sent_to_the_desk_by_a_service_is_seen_by_no_customer(story: Story) -> None:
    chat, page = story.chat, story.page
    # The attacker has all that a customer can have: an answer in the chat, a letter about it,
    # a thread by mail in which they name the services as participants, and an answer there.
    await chat.answer(page, "We look for it.")
    await story.round(10 * MINUTE)
    named = ", ".join(SERVICES)
    [asked] = await arrive(
        story, mail(ATTACKER, "By mail too.", Cc=named, message_id="<own-1@people.example>")
    )
    attacker = await person_of(story, asked)
    assert attacker == await chat.value(
        "select p.root_id from messages m join persons p on p.id = m.person_id"
        " where m.account_id = $1 and m.direction = 'in'",
        page.site.account,
    )
    await answer_by_mail(story, attacker, "Here you are.", Copy(address="no-reply@slack.example"))
    seen = await letters(story)
    assert {to for to, _ in seen} == {ATTACKER, "no-reply@slack.example"}
    ours = [line.split(" ", 1)[1] for _, one in seen for line in one.splitlines()
            if line.startswith("Message-ID: ")]  # fmt: skip
    tokens = {row for (row,) in await _keys(story)}
    ways: list[dict[str, str]] = [
        {},
        *({"to": f"help+{token}@desk.example"} for token in sorted(tokens)),
        *({"Delivered_To": f"help+{token}@desk.example"} for token in sorted(tokens)),
        {"In_Reply_To": "<own-1@people.example>"},
        *({"References": one} for one in ours),
        {"Cc": ATTACKER},
        {"Reply_To": ATTACKER},
        {"Sender": ATTACKER},
        {"Auto_Submitted": "auto-generated", "References": ours[-1]},
        {"List_Id": "<x.example>", "References": ours[-1]},
    ]

    stored: list[int] = []
    for is_proven in (True, False):
        raws = [
            mail(service, f"Your code is {CODE}.", subject=f"Confirm {CODE}", **way)
            for service in SERVICES
            for way in ways
        ]
        raws += [
            mail(ATTACKER, f"Your code is {CODE}.", subject=f"Confirm {CODE}", **way)
            for way in ways
            if not is_proven
        ]
        stored += await arrive(story, *raws, is_proven=is_proven)
    stored += await arrive(story, WITH_FILE + ours[-1].encode() + REST)
    assert len(stored) >= 100
    # And the desk goes on answering, the attacker as well as a service.
    await answer_by_mail(story, attacker, "Anything else?")
    await answer_by_mail(story, await person_of(story, stored[0]), "Who are you?")
    await chat.answer(page, "It is found.")
    await story.round(10 * MINUTE)
    await story.round(60 * MINUTE)

    shown = json.dumps([await page.read(), await page.read(after=0)])
    earlier = await page.call("GET", "/history?before=999999")
    async with page.socket(after=0) as wire:
        shown += earlier.raw.decode() + json.dumps(await wire.next("replay"))
    [file] = await chat.value(
        "select array_agg(id) from attachments where message_id = any($1)", stored
    )
    assert (await page.call("GET", f"/files/{file}")).status == 404
    assert earlier.status == 200
    assert CODE not in shown
    assert "It is found." in shown
    for to, letter in await letters(story):
        if to not in {"no-reply@slack.example"}:
            assert CODE not in letter, to
    assert not await chat.value(
        "select count(*) from echoes e where e.message_id = any($1)", stored
    )
    theirs = await chat.value(
        "select count(*) from messages m join persons p on p.id = m.person_id"
        " where m.id = any($1) and p.root_id = $2",
        stored,
        attacker,
    )
    assert theirs == 0


async def _keys(story: Story) -> list[tuple[str]]:
    async with story.chat.database.reading() as work:
        rows = await work.driver.fetch("select key from thread_keys where kind = 'reply_token'")
    return [(row["key"],) for row in rows]
