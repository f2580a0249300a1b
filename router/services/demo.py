"""A demonstration's people and what was said, made through the same door as everything that comes
in: many at a time, with the seed's own clock, the same each time.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from core.connector import Connector
from core.errors import ConnectorError
from core.ids import RemoteId
from core.messages import IdentityAddress, MessageReceived, Place, RemotePart, Sender
from core.people import Evidence, EvidenceKind
from router.blobs import Blobs
from router.services.demo_words import ANSWERS, FIRST, LANGUAGES, LAST, TOPICS
from router.services.errors import Conflict
from router.services.inbound import Incoming, accept
from router.storage import demo
from router.storage.engine import Database

BATCH = 100
"""Messages of one transaction."""
SPREAD = timedelta(days=20)
"""How far back the first of them was."""
FIRST_NUMBER = 200_000_000_000_000_000
"""Handles on networks that number people."""
SOLVED, ANSWERED_LAST = 70, 55
"""Of 100: answered cases that are over, people who have an answer after the last round."""


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """One account that people of the demonstration write to."""

    account_id: int
    realm: str
    kind: type[Connector]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    people: int
    messages: int
    seed: int = 1


class SteppedClock:
    """Goes where the seeding goes: what was said long ago was received long ago."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        raise RuntimeError("nothing waits while a demonstration is made")


class Stranger(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    name: str
    language: str
    account_id: int
    sender: Sender
    place: Place


def people_of(networks: Sequence[Network], wanted: Wanted) -> list[Stranger]:
    """The same for the same seed. Networks on which nobody can be made up get nobody."""
    dice = random.Random(wanted.seed)  # noqa: S311 - make-believe
    found: list[Stranger] = []
    usable = [one for one in networks if where(one, 0) is not None]
    for number in range(wanted.people if usable else 0):
        network = usable[number % len(usable)]
        made = where(network, number)
        assert made is not None
        place, address, evidence = made
        language = dice.choices(LANGUAGES, weights=(5, 3, 2))[0]
        name = f"{dice.choice(FIRST[language])} {dice.choice(LAST[language])}".strip()
        sender = Sender(
            realm=address.realm,
            handle=address.handle,
            shown_as=name,
            evidence=(Evidence(kind=evidence),),
            language=language,
        )
        found.append(
            Stranger(
                number=number,
                name=name,
                language=language,
                account_id=network.account_id,
                sender=sender,
                place=place,
            )
        )
    return found


def where(network: Network, number: int) -> tuple[Place, IdentityAddress, EvidenceKind] | None:
    """Where the n-th stranger writes, by what the connector itself says of addresses. Pure."""
    try:
        place, address = network.kind.to_recipient(f"person{number}@people.example")
    except ConnectorError:
        address = IdentityAddress(realm=network.realm, handle=str(FIRST_NUMBER + number))
        private = network.kind.private_place(address)
        return None if private is None else (private, address, EvidenceKind.NETWORK_ID)
    return place, address, EvidenceKind.AUTHENTICATED_MAIL


async def seed(
    database_at: Callable[[SteppedClock], Database],
    blobs: Blobs,
    networks: Sequence[Network],
    agents: Sequence[int],
    wanted: Wanted,
    *,
    now: datetime,
) -> tuple[int, int]:
    """(persons, messages) that there are then. Raises Conflict: the database is not empty."""
    clock = SteppedClock(now - SPREAD)
    database = database_at(clock)
    try:
        async with database.reading() as work:
            if await demo.newest_message(work) > 0:
                raise Conflict("There are messages already.", code="not_empty")
        people = people_of(networks, wanted)
        rounds = max(1, round(wanted.messages / max(1, len(people)) / 2))
        for number in range(rounds):
            is_last = number == rounds - 1
            async with database.reading() as work:
                before = await demo.newest_message(work)
            await _say(database, blobs, clock, people, number, wanted, SPREAD / (2 * rounds))
            async with database.transaction() as work:
                share = ANSWERED_LAST if is_last else 100
                await demo.answer_all(work, after=before, share=share, agents=agents, texts=ANSWERS)
            clock.at += SPREAD / (2 * rounds)
            if number >= rounds - 2:
                async with database.transaction() as work:
                    await demo.solve_all(work, share=SOLVED)
        async with database.reading() as work:
            _, messages = await demo.counts(work)
        # Those who wrote again, and whom nobody has answered yet.
        again = people[: max(0, wanted.messages - messages)]
        await _say(database, blobs, clock, again, rounds, wanted, timedelta())
        async with database.reading() as work:
            return await demo.counts(work)
    finally:
        await database.close()


async def _say(
    database: Database,
    blobs: Blobs,
    clock: SteppedClock,
    people: Sequence[Stranger],
    number: int,
    wanted: Wanted,
    lasts: timedelta,
) -> None:
    """One round: each says one thing, in an order of its own."""
    dice = random.Random(wanted.seed * 1000 + number)  # noqa: S311 - make-believe
    order = list(people)
    dice.shuffle(order)
    step = lasts / max(1, len(order) // BATCH)
    for batch in _batches(order):
        by_account: dict[int, list[MessageReceived]] = {}
        for one in batch:
            event = _event(one, number, dice, clock.at)
            by_account.setdefault(one.account_id, []).append(event)
        incoming = [
            Incoming(account_id=account, fence=None, events=tuple(events))
            for account, events in sorted(by_account.items())
        ]
        for result in await accept(database, blobs, incoming):
            if isinstance(result, BaseException):
                raise result
        clock.at += step


def _batches(order: Sequence[Stranger]) -> Iterator[Sequence[Stranger]]:
    for start in range(0, len(order), BATCH):
        yield order[start : start + BATCH]


def _event(one: Stranger, number: int, dice: random.Random, at: datetime) -> MessageReceived:
    subject, text = dice.choice(TOPICS)[one.language]
    key = f"demo-{number}-{one.number}"
    return MessageReceived(
        event_key=key,
        place=one.place,
        sender=one.sender,
        subject=subject,
        text=text.format(n=dice.randint(2, 900)),
        sent_at=at - timedelta(seconds=dice.randint(1, 20)),
        remote_parts=(RemotePart(remote_id=RemoteId(key)),),
    )
