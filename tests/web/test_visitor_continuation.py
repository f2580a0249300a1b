"""W6: what stays unread in the chat goes on by another channel, and comes back from it."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from core.capabilities import Capabilities
from core.clock import FakeClock
from core.connector import LocalConnector
from core.ids import RemotePlace
from core.messages import (
    IdentityAddress,
    OutboundNature,
    Place,
    PlaceKind,
    Sender,
    ThreadKey,
)
from core.people import Evidence, EvidenceKind
from core.rich_text import Mark
from router.blobs.disk import DiskBlobs
from router.services.continuations import Target, continue_account, follow, withdraw_seen
from router.services.inbound import Incoming, accept
from router.services.notices import resume, stop, stop_address
from router.services.outbound import to_message
from router.storage.outgoing import load_outgoing
from tests.services.builders import make_account, received
from tests.unit.rich_texts import rich
from tests.web.visiting import Chat, Page

_numbers = count(1)
MINUTE = timedelta(minutes=1)
HTTPS = "https://desk.example"
GRACE = "grace@people.example"
MAIL = Capabilities(subject=True, threads=True, copies=True, can_open_conversation=True)
PROVEN = (Evidence(kind=EvidenceKind.AUTHENTICATED_MAIL),)


def letter_place(typed: str) -> tuple[Place, IdentityAddress]:
    place = Place(remote=RemotePlace(typed), kind=PlaceKind.MAIL_THREAD)
    return place, IdentityAddress(realm="email", handle=typed)


@dataclass
class Story:
    """A signed-in visitor has written; a mailbox stands by."""

    chat: Chat
    page: Page
    clock: FakeClock
    mail: int
    folder: Path

    @property
    def connector(self) -> LocalConnector:
        door = self.chat.doors.find_local(self.page.site.hook)
        assert door is not None
        return door.connector

    @property
    def target(self) -> Target:
        return Target(
            account_id=self.mail,
            channel="email",
            realm="email",
            capabilities=MAIL,
            to_recipient=letter_place,
            to_stop_url=partial(stop_address, self.chat.keyring, HTTPS),
        )

    async def round(self, after: timedelta = timedelta()) -> int:
        """How many letters were queued."""
        self.clock.advance(after)
        database, keyring = self.chat.database, self.chat.keyring
        await withdraw_seen(database)
        await follow(database)
        site = self.page.site
        return await continue_account(database, keyring, site.account, self.connector, self.target)

    async def letters(self) -> list[dict[str, Any]]:
        async with self.chat.database.reading() as work:
            rows = await work.driver.fetch(
                "select m.id, m.subject, m.text, d.text as sent, m.case_id, d.state, i.handle"
                " from messages m join deliveries d on d.message_id = m.id"
                " join identities i on i.id = d.identity_id"
                " where d.account_id = $1 order by m.id",
                self.mail,
            )
        return [dict(row) for row in rows]

    async def state_of(self, message: int) -> Any:
        return await self.chat.value("select state from deliveries where message_id = $1", message)

    async def write_back(self, text: str, *, evidence: tuple[Evidence, ...] = PROVEN) -> int | None:
        """The visitor answers the letter."""
        token = await self.chat.value(
            "select key from thread_keys where account_id = $1", self.mail
        )
        event = received(
            Sender(realm="email", handle=GRACE, shown_as=GRACE, evidence=evidence),
            text,
            key=f"mail-{next(_numbers)}",
            answers=(ThreadKey("reply_token", token),),
        )
        incoming = Incoming(account_id=self.mail, fence=None, events=(event,))
        [result] = await accept(self.chat.database, DiskBlobs(self.folder), [incoming])
        assert not isinstance(result, BaseException)
        await self.chat.relay()
        return result[0]


@pytest.fixture
async def story(chat: Chat, clock: FakeClock, tmp_path: Path) -> Story:
    site = await chat.site(continue_by="mailbox", continue_after_minutes=10)
    page = await chat.visitor(site)
    await page.open(page.sign())
    await page.say("Where is my order?")
    mail = await make_account(chat.database, channel="email", label="mailbox")
    return Story(chat, page, clock, mail, tmp_path)


async def test_answers_unread_for_long_enough_go_out_as_one_letter(story: Story) -> None:
    await story.chat.answer(story.page, "We have found it.")
    await story.chat.answer(story.page, "It comes tomorrow.", offers=["Thanks", "Too late"])

    assert await story.round(9 * MINUTE) == 0
    assert await story.round(1 * MINUTE) == 1

    [letter] = await story.letters()
    assert (letter["handle"], letter["state"]) == (GRACE, "queued")
    assert letter["subject"] == "Your conversation with Support"
    found, tomorrow = letter["text"].index("found"), letter["text"].index("tomorrow")
    assert found < tomorrow
    assert "It comes tomorrow.\n– Thanks\n– Too late" in letter["text"]
    assert letter["case_id"] == await story.chat.value("select min(id) from cases")


async def test_letter_names_the_address_of_a_link(story: Story) -> None:
    text, spans = rich("Read {a:our terms}.", a=(Mark.LINK, "https://example.org/terms"))
    await story.chat.answer(story.page, text, spans=spans)

    await story.round(10 * MINUTE)

    [letter] = await story.letters()
    assert "Read our terms (https://example.org/terms)." in letter["text"]


async def test_letter_says_that_no_human_wrote_it_and_brings_the_answer_back(
    story: Story,
) -> None:
    await story.chat.answer(story.page, "We have found it.")
    await story.round(10 * MINUTE)
    await story.chat.value(
        "insert into delivery_attempts (delivery_id, attempt, claim, started_at)"
        " select id, 1, 1, queued_at from deliveries where account_id = $1",
        story.mail,
    )
    letter = await story.chat.value("select id from deliveries where account_id = $1", story.mail)

    async with story.chat.database.reading() as work:
        [row] = await load_outgoing(work, [letter], threaded=[story.mail])
    message = to_message(row, story.chat.keyring)

    identity = await story.chat.value("select id from identities where handle = $1", GRACE)
    assert message.unsubscribe_url == stop_address(story.chat.keyring, HTTPS, identity)
    assert message.unsubscribe_url in row.text
    assert message.nature is OutboundNature.NOTICE
    assert message.recipient is not None
    assert (message.recipient.handle, message.place.remote) == (GRACE, GRACE)
    assert message.reply_token == await story.chat.value("select key from thread_keys")


async def test_whoever_stops_the_letters_gets_no_further_one_and_none_that_waits(
    story: Story,
) -> None:
    await story.chat.answer(story.page, "We have found it.")
    await story.round(10 * MINUTE)
    identity = await story.chat.value("select id from identities where handle = $1", GRACE)

    await stop(story.chat.database, identity)
    await story.chat.answer(story.page, "It is here.")
    await story.round(60 * MINUTE)

    [letter] = await story.letters()
    assert letter["state"] == "cancelled"
    await resume(story.chat.database, identity)
    assert await story.round() == 1


async def test_letter_of_a_desk_without_https_names_no_button_for_mail_programs(
    story: Story,
) -> None:
    """RFC 8058, 3.1. The address stands in the words alone."""
    await story.chat.answer(story.page, "We have found it.")
    plain = partial(stop_address, story.chat.keyring, "http://127.0.0.1:8080")
    target = replace(story.target, to_stop_url=plain)
    story.clock.advance(10 * MINUTE)

    database, keyring, site = story.chat.database, story.chat.keyring, story.page.site
    await continue_account(database, keyring, site.account, story.connector, target)

    [letter] = await story.letters()
    assert "http://127.0.0.1:8080/notices/" in letter["text"]
    assert await story.chat.value("select context from messages where id = $1", letter["id"]) == (
        {}
    )


async def test_letter_says_nothing_twice(story: Story) -> None:
    await story.chat.answer(story.page, "We have found it.")
    assert await story.round(10 * MINUTE) == 1

    assert await story.round(60 * MINUTE) == 0
    await story.chat.answer(story.page, "It is here.")
    assert await story.round(10 * MINUTE) == 1

    first, second = await story.letters()
    assert "found" in first["text"]
    assert "found" not in second["text"]
    assert "here" in second["text"]


async def test_whoever_is_still_answering_is_let_finish_but_not_for_ever(story: Story) -> None:
    await story.chat.answer(story.page, "one")
    story.clock.advance(10 * MINUTE)
    await story.chat.answer(story.page, "two")

    assert await story.round() == 0
    assert await story.round(MINUTE) == 1

    [letter] = await story.letters()
    assert "one" in letter["text"]
    assert "two" in letter["text"]
    letters = 0
    for _ in range(26):
        await story.chat.answer(story.page, "and")
        letters += await story.round(timedelta(seconds=50))
    assert letters == 1


@pytest.mark.parametrize("state", ["read", "queued", "failed", "held", "cancelled", "unknown"])
async def test_what_was_read_or_has_not_arrived_is_not_mailed(story: Story, state: str) -> None:
    message = await story.chat.answer(story.page, "We have found it.")
    await story.chat.settle(message, state)

    assert await story.round(60 * MINUTE) == 0


async def test_reading_in_time_mails_nothing(story: Story) -> None:
    message = await story.chat.answer(story.page, "We have found it.")
    await story.page.call("POST", "/signals", {"signal": "read", "until": message})

    assert await story.round(60 * MINUTE) == 0


async def test_letter_that_still_waits_is_withdrawn_when_they_read_in_the_chat(
    story: Story,
) -> None:
    message = await story.chat.answer(story.page, "We have found it.")
    await story.round(10 * MINUTE)

    await story.page.call("POST", "/signals", {"signal": "read", "until": message})
    await story.round()

    [letter] = await story.letters()
    assert letter["state"] == "cancelled"


async def test_unknown_visitor_is_not_written_to_whatever_they_typed(
    chat: Chat, clock: FakeClock, tmp_path: Path
) -> None:
    site = await chat.site(continue_by="mailbox")
    page = await chat.visitor(site)
    await page.say("Hello", answers={"email": GRACE})
    mail = await make_account(chat.database, channel="email", label="mailbox")
    story = Story(chat, page, clock, mail, tmp_path)
    await chat.answer(page, "Good day")

    assert await story.round(60 * MINUTE) == 0
    assert await chat.value("select count(*) from identities where realm = 'email'") == 0


@pytest.mark.parametrize(
    "change",
    [
        "update identities set is_reachable = false where realm = 'email'",
        "update identities set is_shared = true where realm = 'email'",
        "update identities set host_account = 'customer-8' where realm = 'email'",
        "update identities set level = 1 where realm = 'email'",
        "update cases set access_class = 'kyc'",
        "update cases set minimum_level = 3",
        """update cases set allowed_channels = '["web"]'""",
        "update messages set deleted_at = received_at where direction = 'out'",
    ],
)
async def test_doubtful_address_or_matter_stays_in_the_chat(story: Story, change: str) -> None:
    await story.chat.answer(story.page, "We have found it.")
    await story.chat.value(change)

    assert await story.round(60 * MINUTE) == 0


async def test_old_news_is_not_mailed_when_it_is_switched_on(story: Story) -> None:
    await story.chat.answer(story.page, "We have found it.")

    assert await story.round(timedelta(hours=13)) == 0


async def test_answer_by_mail_joins_the_case_and_is_seen_in_the_chat(story: Story) -> None:
    answered = await story.chat.answer(story.page, "We have found it.")
    await story.round(10 * MINUTE)
    await story.write_back("Thank you, by mail")

    await story.round()

    assert await story.chat.value("select count(*) from cases") == 1
    shown = (await story.page.read())["messages"]
    assert [(m["text"], m["is_own"], m["is_elsewhere"]) for m in shown] == [
        ("Where is my order?", True, False),
        ("We have found it.", False, False),
        ("Thank you, by mail", True, True),
    ]
    assert await story.state_of(answered) == "read"


async def test_open_page_gets_the_answer_by_mail_live_and_a_resumed_one_too(story: Story) -> None:
    await story.chat.answer(story.page, "We have found it.")
    await story.round(10 * MINUTE)
    async with story.page.socket() as wire:
        before = (await wire.next("replay"))["stream"]["position"]
        await story.write_back("Thank you, by mail")
        await story.round()
        await story.chat.relay()

        while True:
            texts = [m["text"] for m in (await wire.next("messages"))["messages"]]
            if "Thank you, by mail" in texts:
                break

    async with story.page.socket(before) as again:
        stream = (await again.next("replay"))["stream"]
    assert not stream["is_reset"]
    assert "Thank you, by mail" in [m["text"] for m in stream["messages"]]


async def test_unproven_mail_in_their_name_is_not_seen_in_the_chat(story: Story) -> None:
    answered = await story.chat.answer(story.page, "We have found it.")
    await story.round(10 * MINUTE)
    await story.write_back("Send it to me instead", evidence=())

    await story.round()

    assert "Send it to me instead" not in await story.page.texts()
    assert await story.state_of(answered) == "sent"


async def test_next_person_at_the_computer_sees_neither_letter_nor_answer(story: Story) -> None:
    await story.chat.answer(story.page, "We have found it.")
    await story.round(10 * MINUTE)
    await story.write_back("Thank you, by mail")
    await story.round()
    other = await story.chat.visitor(story.page.site)
    await other.open(other.sign("customer-8", email="eve@people.example"))

    assert await other.texts() == []


@pytest.mark.parametrize("step", ["deliveries", "thread_keys", "outbox", "continued_messages"])
async def test_killed_half_way_it_is_said_once_all_the_same(story: Story, step: str) -> None:
    await story.chat.answer(story.page, "We have found it.")
    await story.chat.value(
        "create function die() returns trigger language plpgsql as"
        " $$ begin raise exception 'killed'; end $$"
    )
    await story.chat.value(
        f"create trigger die after insert on {step} for each row execute function die()"
    )
    with pytest.raises(Exception, match="RaiseError"):
        await story.round(10 * MINUTE)
    await story.chat.value(f"drop trigger die on {step}")

    assert await story.letters() == []
    assert await story.round() == 1
    assert len(await story.letters()) == 1


async def test_two_processes_at_once_say_it_once(story: Story) -> None:
    await story.chat.answer(story.page, "We have found it.")
    story.clock.advance(10 * MINUTE)

    made: list[Awaitable[int]] = [story.round() for _ in range(4)]
    assert sum(await asyncio.gather(*made)) == 1
    assert len(await story.letters()) == 1
