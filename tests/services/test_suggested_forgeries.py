"""Who pretends to be somebody else is never called likely to be that person, and is said to have
failed the checks that a mail of theirs failed.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from connectors.email.convert import to_events
from connectors.email.sandbox_mail import DESK, received
from core.likeness import failed_checks
from core.messages import Sender
from core.people import Evidence, EvidenceKind
from router.services.identity import suggestions
from router.services.shown.joins import Suggestion
from router.storage.suggestions import COMMON
from tests.services.builders import signed_sender
from tests.services.mail_desk import READING, mail
from tests.stage import NORMAL, Stage

CERTAIN, LIKELY = 70, 45
"""From there on the inbox says "very likely", and "likely"."""
NETWORK_ID = (Evidence(kind=EvidenceKind.NETWORK_ID),)
SESSION = (Evidence(kind=EvidenceKind.SESSION_TOKEN, proof={"site": "shop"}),)


class Victim(NamedTuple):
    """One of several: what one of them gives is no ground between two others."""

    number: int

    @property
    def address(self) -> str:
        return f"ana{self.number}@example.com"

    @property
    def name(self) -> str:
        return f"Ana {'abcdefghijklmnopqrstuvwxyz'[self.number] * 3} Lopez"

    @property
    def phone(self) -> str:
        return f"+49 170 12345{self.number:02}"


ANA = Victim(0)


class Desk:
    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    async def writes(
        self, author: str, text: str = "Hello", *, is_proven: bool, **headers: str
    ) -> int:
        """A mail as our own server delivers it, with what it found out; the person."""
        raw = received(
            mail(author, text, **headers),
            sender="",
            recipient=DESK,
            is_authenticated=is_proven,
            at=datetime(2026, 1, 5, 10, tzinfo=UTC),
        )
        [message] = await self.stage.accept(*to_events(raw, READING))
        return await self.stage.person_of(message)

    async def meets(self, one: Victim) -> int:
        """She herself, by a proven mail in which she gives her number."""
        author = f"{one.name} <{one.address}>"
        return await self.writes(author, f"My number is {one.phone}", is_proven=True)

    async def claims(self, one: Victim, text: str = "Hello", **proof: str) -> int:
        """A mail that says it is hers, of which this was found; the person."""
        evidence = (Evidence(kind=EvidenceKind.CLAIM, proof=proof),)
        by = Sender(realm="email", handle=one.address, shown_as=one.name, evidence=evidence)
        return await self.stage.meets(by, text)

    async def chats(self, name: str, text: str = "Hello") -> int:
        by = Sender(realm="sample", handle=f"of {name}", shown_as=name, evidence=NETWORK_ID)
        return await self.stage.meets(by, text)

    async def are_alike(self) -> None:
        """All in what anybody chooses."""
        await self.stage.run(
            "update persons set language = 'es', attributes = '{\"tier\": \"gold\"}'"
        )

    async def look(self) -> None:
        await self.stage.relay()
        while await suggestions.follow(self.stage.database):
            pass

    async def between(self, one: int, other: int) -> Suggestion | None:
        await self.look()
        viewer = await self.stage.agent()
        page = await suggestions.list_of_person(self.stage.database, viewer, one)
        found = {frozenset((each.left.id, each.right.id)): each for each in page.suggestions}
        return found.get(frozenset((one, other)))


@pytest.fixture
async def desk(stage: Stage) -> Desk:
    return Desk(stage)


FAILED: tuple[dict[str, str], ...] = (
    {"found": "server", "dmarc": "fail", "dkim": "fail", "spf": "fail"},
    {"found": "server", "dmarc": "fail", "dkim": "none", "spf": "pass"},
    {"found": "server", "dmarc": "none", "dkim": "none", "spf": "fail"},
    {"found": "dkim"},
    {"found": "from"},
)
MISSING: tuple[dict[str, str], ...] = (
    {},
    {"found": "server", "dmarc": "none", "dkim": "none", "spf": "pass"},
    {"found": "none"},
    {"found": "dns", "dkim": "temperror"},
    {"found": "unaligned"},
)


def test_checks_that_failed_are_told_from_checks_that_nobody_made() -> None:
    assert [failed_checks(proof) for proof in FAILED] == [
        *(("dmarc", "dkim", "spf"), ("dmarc",), ("spf",), ("dkim",), ("from",))
    ]
    assert [failed_checks(proof) for proof in MISSING] == [()] * len(MISSING)


async def test_sender_whom_nothing_proves_is_at_most_possible_and_a_failed_check_is_said(
    desk: Desk,
) -> None:
    """Whatever they know of her, and wherever they say it."""
    for number, proof in enumerate([*FAILED, *MISSING]):
        one = Victim(number)
        ana = await desk.meets(one)
        text = "It is me" if number % 2 else f"Call {one.phone} or write to {one.address}"
        forger = await desk.claims(one, text, **proof)
        await desk.are_alike()

        found = await desk.between(ana, forger)

        assert found is not None
        assert found.score < LIKELY
        assert not any(ground.is_proven for ground in found.grounds)
        said = [(each.kind, each.value, each.checks) for each in found.against]
        checks = failed_checks(proof)
        assert said == ([("failed", one.address, checks)] if checks else [])
        if text == "It is me":
            assert "claimed" in {ground.kind for ground in found.grounds}


async def _forged(desk: Desk, one: Victim) -> int:
    return await desk.writes(f"{one.name} <{one.address}>", f"Call {one.phone}", is_proven=False)


async def _named(desk: Desk, one: Victim) -> int:
    return await desk.writes(f"{one.name} <eve{one.number}@evil.example>", is_proven=True)


async def _address_as_name(desk: Desk, one: Victim) -> int:
    return await desk.writes(f'"{one.address}" <eve{one.number}@evil.example>', is_proven=True)


async def _answers_to(desk: Desk, one: Victim) -> int:
    author = f"{one.name} <eve{one.number}@evil.example>"
    return await desk.writes(author, is_proven=True, reply_to=f"{one.name} <{one.address}>")


async def _form(desk: Desk, one: Victim) -> int:
    handle = f"session {one.number}"
    visitor = Sender(realm="web:shop", handle=handle, shown_as="Visitor", evidence=SESSION)
    said = {"claimed_email": one.address, "claimed_name": one.name, "claimed_phone": one.phone}
    return await desk.stage.meets(visitor, context=said)


async def _chat_name(desk: Desk, one: Victim) -> int:
    return await desk.chats(one.name)


async def _chat_with_all(desk: Desk, one: Victim) -> int:
    return await desk.chats(one.name, f"I am {one.address}, {one.phone}")


HOSTILE: tuple[tuple[Callable[[Desk, Victim], Awaitable[int]], int], ...] = (
    (_forged, LIKELY),
    (_named, LIKELY),
    (_address_as_name, LIKELY),
    (_answers_to, LIKELY),
    (_chat_name, LIKELY),
    (_form, CERTAIN),
    (_chat_with_all, CERTAIN),
)


async def test_whoever_pretends_before_or_after_her_is_never_called_very_likely(
    desk: Desk,
) -> None:
    for number, (attack, below) in enumerate([*HOSTILE, *HOSTILE]):
        one = Victim(number)
        eve = await attack(desk, one) if number < len(HOSTILE) else None
        await desk.are_alike()
        await desk.look()
        ana = await desk.meets(one)
        eve = await attack(desk, one) if eve is None else eve
        await desk.are_alike()

        found = await desk.between(ana, eve)

        assert eve != ana
        assert found is None or found.score < below, attack.__name__


async def test_forged_mail_that_names_what_somebody_typed_in_a_chat_is_at_most_possible(
    desk: Desk,
) -> None:
    ana = await desk.chats("An", f"Write to {ANA.address}")
    forger = await desk.writes(f"{ANA.name} <{ANA.address}>", is_proven=False)

    found = await desk.between(ana, forger)

    assert found is not None
    assert found.score < LIKELY
    assert [(one.kind, one.is_proven) for one in found.grounds] == [("address", False)]
    assert [one.kind for one in found.against] == ["failed"]


async def test_linked_customer_who_names_their_other_address_is_very_likely_the_same(
    desk: Desk,
) -> None:
    ana = await desk.meets(ANA)
    by = signed_sender("ana", host="41")
    customer = await desk.stage.meets(by, f"I also write from {ANA.address}")

    found = await desk.between(ana, customer)

    assert found is not None
    assert found.score >= CERTAIN
    assert [(one.kind, one.is_proven) for one in found.grounds] == [("address", True)]
    assert found.against == ()


async def test_forger_is_not_the_likelier_because_she_gave_what_is_proven_her_own(
    desk: Desk,
) -> None:
    """Before her own address was proven: what she said then stays a ground between the two."""
    eve = await desk.claims(ANA, "It is me", found="unaligned")
    by = signed_sender("ana", host="41")
    ana = await desk.stage.meets(by, f"Write to {ANA.address}")
    await desk.look()
    mails = await desk.writes(ANA.address, is_proven=True)
    await desk.stage.merge(mails, ana, await desk.stage.agent())
    await desk.are_alike()

    found = await desk.between(ana, eve)

    assert found is not None
    assert found.score < LIKELY
    assert not any(ground.is_proven for ground in found.grounds)


async def test_many_who_pretend_to_be_her_leave_room_for_who_is_proven(desk: Desk) -> None:
    ana = await desk.meets(ANA)
    viewer = await desk.stage.agent()
    for number in range(suggestions.MOST_OPEN):
        given = ANA.phone if number % 2 else ANA.address
        await desk.chats(f"{number}", f"I am {given}")
    await desk.look()
    page = await suggestions.list_of_person(desk.stage.database, viewer, ana)
    assert len(page.suggestions) == suggestions.MOST_OPEN

    by = signed_sender("ana", host="41")
    customer = await desk.stage.meets(by, f"I also write from {ANA.address}")

    found = await desk.between(ana, customer)
    assert found is not None
    assert found.score >= CERTAIN


@pytest.mark.parametrize("comes_last", ["ana", "customer"])
async def test_many_who_give_her_address_do_not_make_it_nobodys_own(
    desk: Desk, comes_last: str
) -> None:
    by = signed_sender("ana", host="41")
    last = {
        "ana": lambda: desk.meets(ANA),
        "customer": lambda: desk.stage.meets(by, f"I also write from {ANA.address}"),
    }
    people = {name: await meet() for name, meet in last.items() if name != comes_last}
    for number in range(COMMON + 3):
        await desk.chats(f"{number}", f"I am {ANA.address}, {ANA.phone}")
    await desk.look()
    people[comes_last] = await last[comes_last]()

    found = await desk.between(people["ana"], people["customer"])

    assert found is not None
    assert found.score >= CERTAIN


async def test_address_that_many_customers_of_the_host_give_is_its_owners_alone(desk: Desk) -> None:
    """Whoever opens accounts at the host and types hers in each does not take it from her."""
    customers = [
        await desk.stage.meets(signed_sender(f"c{n}", host=f"{n}"), f"Not {ANA.address}!")
        for n in range(COMMON + 1)
    ]
    await desk.look()
    ana = await desk.meets(ANA)
    late = await desk.stage.meets(signed_sender("late", host="99"), f"See {ANA.address}")

    assert await desk.between(ana, late) is not None
    assert [await desk.between(one, late) for one in customers] == [None] * len(customers)


async def test_likelier_one_comes_first_whatever_was_thought_when_it_was_found(
    desk: Desk,
) -> None:
    ana = await desk.meets(ANA)
    forger = await desk.writes(f"{ANA.name} <{ANA.address}>", is_proven=False)
    honest = await desk.chats("An", f"Write to {ANA.address}")
    await desk.look()
    await desk.stage.run("update join_suggestions set score = 99 where right_id = $1", forger)

    viewer = await desk.stage.agent(sight=NORMAL)
    page = await suggestions.list_of_person(desk.stage.database, viewer, ana)

    others = [{one.left.id, one.right.id} - {ana} for one in page.suggestions]
    assert others == [{honest}, {forger}]
