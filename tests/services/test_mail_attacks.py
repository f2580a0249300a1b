"""A12 to A15: strangers write mails, from raw bytes to rows, that want into other people's threads.

A12 mail as an agent with guessed, stolen and replayed ids; A13 a copy for oneself, and an answer
from it; A14 a stranger uses a Message-ID first; A15 References to a stranger's thread.
"""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from prometheus_client import REGISTRY

from connectors.email.reading.addresses import read_addresses
from connectors.email.reading.headers import read_headers
from connectors.email.sandbox_mail import DESK
from connectors.email.thread_keys import message_id_for
from router.services.outbound import Copy
from router.storage.engine import Database
from tests.services.mail_desk import MailDesk, mail, open_mail_desk

ANN = "ann@people.example"
EVE = "eve@evil.example"
SECRET = "IBAN-739104"


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> MailDesk:
    return await open_mail_desk(database, tmp_path)


async def test_each_sender_whom_a_check_does_not_bear_out_is_counted_by_what_was_found(
    desk: MailDesk,
) -> None:
    def counted(reason: str) -> float:
        labels = {"what": "sender", "reason": reason}
        return REGISTRY.get_sample_value("onethread_refused_total", labels) or 0.0

    before = {reason: counted(reason) for reason in ("server", "from")}
    await desk.hear(mail(f"Ann <{ANN}>", "It is me"), is_proven=False)
    await desk.hear(mail(f"Ann <{ANN}>, Eve <{EVE}>", "It is us"))
    await desk.hear(mail(f"Ann <{ANN}>", "It is really me"))

    assert {reason: counted(reason) - n for reason, n in before.items()} == {"server": 1, "from": 1}


class Thread(NamedTuple):
    """Ann's, in which the desk has answered her."""

    person: int
    case: int
    asked: str
    """Message-IDs, without brackets."""
    answered: str
    reply_to: str
    letter: bytes

    @property
    def token(self) -> str:
        found = re.search(r"\+([^@]+)@", self.reply_to)
        assert found is not None
        return found[1]


async def anns_thread(desk: MailDesk, *copies: Copy) -> Thread:
    asked = "ann-1@people.example"
    message, ann = await desk.hear(
        mail(f"Ann <{ANN}>", f"My account is {SECRET}.", message_id=f"<{asked}>")
    )
    letters = await desk.answer(ann, f"We see {SECRET}.", copies=copies)
    [letter] = [raw for to, raw in letters if to == ANN]
    headers = read_headers(letter)
    return Thread(
        person=ann,
        case=await desk.case_of(message),
        asked=asked,
        answered=headers.first("message-id").strip("<>"),
        reply_to=read_addresses(headers.raw_first("reply-to")).mailboxes[0].address,
        letter=letter,
    )


async def words_of(desk: MailDesk, person: int) -> list[str]:
    rows = await desk.desk.rows(
        "select m.text from messages m join persons p on p.id = m.person_id"
        " where p.root_id = $1 and m.direction in ('in', 'out') order by m.id",
        person,
    )
    return [str(row["text"]).strip() for row in rows]


async def test_nobody_posts_as_an_agent_by_mail(desk: MailDesk) -> None:
    """A12: there is no answering by mail for agents, whatever a mail names or claims."""
    thread = await anns_thread(desk)
    [agent] = await desk.desk.rows("select email, name from agents")
    guessed = [f"c{thread.case}.{sign}" for sign in ("", "x" * 16, "0" * 26, thread.token[-4:])]
    before = await desk.outgoing()
    forged: dict[bool, list[bytes]] = {True: [], False: []}
    for author, is_proven in (
        (f"{agent['name']} <{agent['email']}>", True),
        (f"{agent['name']} <{agent['email']}>", False),
        (f"Help <{DESK}>", False),
        (f"Help <{thread.reply_to}>", False),
        (EVE, True),
        (ANN, False),
    ):
        for token in (thread.token, *guessed):
            to = f"help+{token}@desk.example, {ANN}" if token else DESK
            raw = mail(
                author,
                "As your agent I say: pay here.",
                to=to,
                in_reply_to=f"<{thread.answered}>",
                references=f"<{thread.asked}> <{thread.answered}>",
                x_agent=str(agent["email"]),
            )
            forged[is_proven].append(raw)
    taken = [len(await desk.arrive(*raws, is_proven=how)) for how, raws in forged.items()]

    assert sum(taken) == 30
    assert await desk.outgoing() == before
    assert "pay here" not in str(await desk.send_out())
    assert await words_of(desk, thread.person) == [f"My account is {SECRET}.", f"We see {SECRET}."]


async def test_our_own_mail_sent_back_is_no_second_word_of_ours(desk: MailDesk) -> None:
    """A12, replayed: whoever got our mail has a valid signature of ours, and may send it on."""
    thread = await anns_thread(desk)
    before = await desk.outgoing()
    line = f"Received: from a.evil.example by {DESK.partition('@')[2]}; x\r\n".encode()

    for raw in (thread.letter, line + thread.letter, line + line + thread.letter):
        await desk.arrive(raw)

    assert await desk.outgoing() == before


async def test_colleagues_mail_sent_again_by_others_is_shown_once(desk: MailDesk) -> None:
    """A12, replayed: written in another program, so that it is not one of those that we know."""
    thread = await anns_thread(desk)
    raw = mail(
        f"Help <{DESK}>", "From my desk.", to=f"{ANN}, {DESK}", message_id="<o-1@desk.example>"
    )
    await desk.arrive(raw)

    for number in range(3):
        await desk.arrive(f"X-Way: {number}\r\n".encode() + raw)

    assert (await words_of(desk, thread.person)).count("From my desk.") == 1


@pytest.mark.parametrize(
    "covered", ["From:Subject:Date:Message-ID", "from:to:subject", "from:message-id"]
)
async def test_colleagues_mail_that_anybody_may_address_anew_is_not_believed_to_be_to_them(
    desk: MailDesk, covered: str
) -> None:
    """A12, stolen: Microsoft 365 signs neither To nor Cc, so that Eve can send on to Ann's thread
    what a colleague wrote to Eve, and our server finds the signature valid.
    """
    thread = await anns_thread(desk)
    signature = f"v=1; a=rsa-sha256; d=desk.example; s=s1; h={covered}; bh=eA==; b=eA=="

    await desk.arrive(
        mail(f"Help <{DESK}>", "Your money is gone.", to=ANN, DKIM_Signature=signature, Cc=DESK)
    )

    assert "Your money is gone." not in await words_of(desk, thread.person)
    assert "Your money is gone." not in "".join(await desk.outgoing())


async def test_whoever_copies_themselves_in_or_answers_from_a_copy_gets_no_history(
    desk: MailDesk,
) -> None:
    """A13."""
    thread = await anns_thread(desk)
    sent: list[tuple[str, bytes]] = []
    for name, raw, is_proven in (
        ("in Ann's name", mail(f"Ann <{ANN}>", "Send it all, please.", Cc=EVE), False),
        ("into the thread", mail(EVE, "Me too.", Cc=f"{EVE}, {ANN}"), True),
        ("as a sender for her", mail(f"Ann <{ANN}>", "Again.", Sender=EVE, Reply_To=EVE), False),
        ("from a copy", mail(EVE, "Re: what did you say?", Cc=ANN), True),
    ):
        answered = raw.replace(
            b"Subject:",
            f"In-Reply-To: <{thread.answered}>\r\nReferences: <{thread.asked}>\r\n"
            f"X-Original-To: {thread.reply_to}\r\nSubject:".encode(),
            1,
        )
        _, person = await desk.hear(answered, is_proven=is_proven)
        assert person != thread.person, name
        sent += await desk.answer(person, "What is it about?")
    sent += await desk.answer(thread.person, "All is well, Ann.")

    for to, raw in sent:
        if to != ANN:
            assert SECRET.encode() not in raw
            assert thread.asked.encode() not in raw.partition(b"\r\n\r\n")[0]
            assert b"All is well" not in raw
    assert [to for to, raw in sent if b"All is well" in raw] == [ANN]
    assert await words_of(desk, thread.person) == [
        f"My account is {SECRET}.",
        f"We see {SECRET}.",
        "All is well, Ann.",
    ]


async def test_real_copy_gets_what_was_sent_to_it_and_nothing_from_before_or_after(
    desk: MailDesk,
) -> None:
    """A13: whom we copied in ourselves may answer; the answer to that is theirs alone."""
    bea = "bea@partner.example"
    thread = await anns_thread(desk)
    await desk.answer(thread.person, "Bea helps you.", copies=[Copy(address=bea)])
    await desk.answer(thread.person, f"Only for you: {SECRET}.")

    _, person = await desk.hear(
        mail(
            bea, "What did she say before?", to=thread.reply_to, in_reply_to=f"<{thread.answered}>"
        )
    )
    [(to, raw)] = await desk.answer(person, "Ask her, please.")

    assert person != thread.person
    assert to == bea
    assert SECRET.encode() not in raw


async def test_genuine_mail_is_kept_whatever_a_stranger_sent_under_its_id_before(
    desk: MailDesk,
) -> None:
    """A14."""
    ids = [f"guess-{number}@people.example" for number in range(20)]
    await desk.arrive(*(mail(EVE, "First!", message_id=f"<{one}>") for one in ids))

    stored = await desk.arrive(*(mail(ANN, f"Mine {one}", message_id=f"<{one}>") for one in ids))

    ann = await desk.person_of(stored[0])
    assert await words_of(desk, ann) == [f"Mine {one}" for one in ids]
    assert await desk.warned(stored) == []


async def test_answer_to_ones_own_mail_stays_ones_own_whoever_used_its_id_before(
    desk: MailDesk,
) -> None:
    """A14: neither goes to whoever was first, nor do they get what is answered."""
    _, eve = await desk.hear(mail(EVE, "First!", message_id="<guess@people.example>"))
    first, ann = await desk.hear(mail(ANN, "Mine", message_id="<guess@people.example>"))

    message, again = await desk.hear(
        mail(ANN, "One more thing", in_reply_to="<guess@people.example>")
    )
    letters = await desk.answer(ann, "Yes?")

    assert again == ann != eve
    assert await desk.case_of(message) == await desk.case_of(first)
    assert [to for to, _ in letters] == [ANN]
    assert await desk.warned([message]) == []
    _, third = await desk.hear(mail(EVE, "Me too", in_reply_to="<guess@people.example>"))
    assert third == eve


async def test_nobody_can_use_the_ids_of_our_mails_before_us(desk: MailDesk) -> None:
    """A14: they hold the token that only we sign; one of ours from outside is our own echo."""
    _, ann = await desk.hear(mail(ANN))
    guesses = [message_id_for(f"{number}", DESK) for number in range(1, 20)]
    await desk.arrive(*(mail(EVE, "First!", message_id=f"<{one}>") for one in guesses))

    [(_, letter)] = await desk.answer(ann, "Good day")
    answered = read_headers(letter).first("message-id")
    message, again = await desk.hear(mail(ANN, "Thank you", in_reply_to=answered))

    assert again == ann
    assert await desk.warned([message]) == []


def ways_into(thread: Thread) -> dict[str, dict[str, str]]:
    """Headers by which a mail says that it belongs to a thread."""
    to = thread.reply_to
    answered, asked = f"<{thread.answered}>", f"<{thread.asked}>"
    return {
        "In-Reply-To our answer": {"In_Reply_To": answered},
        "In-Reply-To their mail": {"In_Reply_To": asked},
        "In-Reply-To both": {"In_Reply_To": f"{asked} {answered}"},
        "References": {"References": f"{asked} {answered}"},
        "References among others": {"References": f"<a@b.example> {answered} <c@d.example>"},
        "References in prose": {"In_Reply_To": thread.answered},
        "their id with a comment": {"In_Reply_To": f"(x) {asked}"},
        "the reply address": {"to": to},
        "the reply address in Cc": {"Cc": to},
        "the reply address in upper case": {"to": to.replace("help", "HELP")},
        "the reply address with a name": {"to": f"Ann <{to}>"},
        "Delivered-To": {"Delivered_To": to},
        "X-Original-To": {"X_Original_To": to},
        "a token in an id": {"References": f"<onethread.{'0' * 40}.{thread.token}@desk.example>"},
        "everything": {"In_Reply_To": answered, "References": asked, "to": to, "Cc": ANN},
        "their subject too": {"In_Reply_To": answered, "subject": "Re: A question"},
        "an automatic answer": {"In_Reply_To": answered, "Auto_Submitted": "auto-replied"},
        "a list": {"In_Reply_To": answered, "List_Id": "<x.list.example>"},
    }


async def test_strangers_mail_into_a_thread_is_never_added_and_always_flagged(
    desk: MailDesk,
) -> None:
    """A15, proven and not, as themselves and in the name of whose thread it is."""
    thread = await anns_thread(desk)
    before = await words_of(desk, thread.person)
    stored: list[int] = []
    for author, is_proven in ((EVE, True), (EVE, False), (f"Ann <{ANN}>", False)):
        ways = ways_into(thread).values()
        stored += await desk.arrive(
            *(mail(author, "Send it to me.", **headers) for headers in ways), is_proven=is_proven
        )

    assert len(stored) == 54
    assert await desk.warned(stored) == stored
    assert (
        await desk.desk.rows(
            "select m.id from messages m join persons p on p.id = m.person_id"
            " where m.id = any($1) and (p.root_id = $2 or m.case_id = $3)",
            stored,
            thread.person,
            thread.case,
        )
        == []
    )
    assert await words_of(desk, thread.person) == before
    assert await desk.desk.value("select state from cases where id = $1", thread.case) == "waiting"
