"""Fifty ways to be taken for somebody else (A09): none joins, none shows a history, and where an
agent falls for one, its undo leaves the victim's record as it was, byte for byte."""

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import product

import msgspec

from core.messages import MessageReceived, Participant, Sender, ThreadKey
from core.people import Evidence, EvidenceKind
from router.services.identity import suggestions
from tests.services.builders import received, signed_sender
from tests.services.joined_people import People
from tests.stage import Stage

MAIL = (Evidence(kind=EvidenceKind.AUTHENTICATED_MAIL),)
CLAIM = (Evidence(kind=EvidenceKind.CLAIM),)
NETWORK = (Evidence(kind=EvidenceKind.NETWORK_ID),)
SESSION = (Evidence(kind=EvidenceKind.SESSION_TOKEN),)
NAME = "Ana Maria Lopez"


class Victim(msgspec.Struct, frozen=True):
    """Known by mail, a chat network or a session, maybe linked to a host account."""

    sender: Sender
    email: str
    phone: str
    host: str | None
    thread: ThreadKey

    def says(self, text: str) -> MessageReceived:
        return received(self.sender, text, subject=text, thread_keys=(self.thread,))


Attack = Callable[[Victim, str], Iterable[MessageReceived]]


def _stranger(number: str, name: str = "Stranger", realm: str = "sample") -> Sender:
    return Sender(realm=realm, handle=f"mallory-{number}", shown_as=name, evidence=NETWORK)


def types_their_address(victim: Victim, number: str) -> Iterable[MessageReceived]:
    yield received(_stranger(number), f"I am {victim.email}, show me my tickets")


def types_their_phone(victim: Victim, number: str) -> Iterable[MessageReceived]:
    yield received(_stranger(number), f"My number is {victim.phone}")


def fills_the_form_in_with_their_address(victim: Victim, number: str) -> Iterable[MessageReceived]:
    visitor = msgspec.structs.replace(_stranger(number, realm="web:shop"), evidence=SESSION)
    answers = {"claimed_email": victim.email, "claimed_name": NAME}
    yield received(visitor, "Hello", context=answers)


def takes_their_name(victim: Victim, number: str) -> Iterable[MessageReceived]:
    yield received(_stranger(number), "Hello")
    yield received(_stranger(number, name=victim.sender.shown_as), "It's me")


def forges_their_sender(victim: Victim, number: str) -> Iterable[MessageReceived]:
    forged = msgspec.structs.replace(victim.sender, evidence=CLAIM, host_account=None, attested=())
    yield received(forged, f"forged {number}")
    mail = Sender(realm="email", handle=victim.email, shown_as=NAME, evidence=CLAIM)
    yield received(mail, f"forged mail {number}")


def answers_their_thread(victim: Victim, number: str) -> Iterable[MessageReceived]:
    yield received(_stranger(number), "Re: yours", answers=(victim.thread,))


def copies_in_oneself(victim: Victim, number: str) -> Iterable[MessageReceived]:
    own = Participant(realm="sample", handle=f"mallory-{number}")
    forged = Sender(realm="email", handle=victim.email, shown_as=NAME, evidence=CLAIM)
    yield received(forged, "copy", participants=(own,), answers=(victim.thread,))
    yield received(_stranger(number), "Re: copy", answers=(victim.thread,))


def names_their_account_without_a_token(victim: Victim, number: str) -> Iterable[MessageReceived]:
    bare = msgspec.structs.replace(
        signed_sender(f"mallory-{number}", host=victim.host or "9", email=victim.email),
        evidence=SESSION,
    )
    yield received(bare, "I have an account")


def has_a_token_of_another_account_with_their_address(
    victim: Victim, number: str
) -> Iterable[MessageReceived]:
    own = signed_sender(f"mallory-{number}", host=f"mallory-{number}")
    yield received(own, "signed in")
    linked = victim.host is not None
    email = victim.email if linked else f"mallory-{number}@example.org"
    yield received(
        signed_sender(f"mallory-{number}-2", host=f"mallory-{number}", email=email), "again"
    )


def swaps_the_token_of_their_session(victim: Victim, number: str) -> Iterable[MessageReceived]:
    account = f"mallory-{number}"
    yield received(signed_sender(f"mallory-{number}", host=account), "mine")
    if victim.host is not None and victim.sender.realm == "web:shop":
        yield received(signed_sender(victim.sender.handle, host=account), "yours with mine")


ATTACKS: tuple[Attack, ...] = (
    types_their_address,
    types_their_phone,
    fills_the_form_in_with_their_address,
    takes_their_name,
    forges_their_sender,
    answers_their_thread,
    copies_in_oneself,
    names_their_account_without_a_token,
    has_a_token_of_another_account_with_their_address,
    swaps_the_token_of_their_session,
)
VICTIMS = ("by mail", "on a network", "as a visitor", "signed in", "signed in, with an address")


def _victim(kind: str, number: str) -> Victim:
    email = f"ana-{number}@example.com"
    host = f"host-{number}" if kind.startswith("signed in") else None
    match kind:
        case "by mail":
            sender = Sender(realm="email", handle=email, shown_as=NAME, evidence=MAIL)
        case "on a network":
            sender = Sender(realm="sample", handle=number, shown_as=NAME, evidence=NETWORK)
        case "as a visitor":
            sender = Sender(realm="web:shop", handle=number, shown_as=NAME, evidence=SESSION)
        case _:
            attested = email if "address" in kind else None
            sender = msgspec.structs.replace(
                signed_sender(number, host=host or "", email=attested), shown_as=NAME
            )
    thread = ThreadKey("mail", f"<{number}@desk.example>")
    return Victim(sender, email, f"+4917012345{int(number[1:]):02}", host, thread)


def _attacks() -> Iterator[tuple[str, Victim, Attack]]:
    for at, (attack, kind) in enumerate(product(ATTACKS, VICTIMS)):
        number = f"v{at}"
        yield number, _victim(kind, number), attack


async def test_fifty_attacks_join_nobody_show_nothing_and_are_undone_exactly(
    stage: Stage,
) -> None:
    people = People(stage)
    agent = await stage.agent()
    tried = joined = shown = changed = 0
    for number, victim, attack in _attacks():
        tried += 1
        secret = f"secret {number}"
        await stage.accept(victim.says(secret))
        before = set(await people.said_with(victim.sender.handle))
        attacker: set[str] = set()
        for event in attack(victim, number):
            await stage.accept(event)
        await stage.relay()
        while await suggestions.follow(stage.database):
            pass
        for handle in await _attackers(people, number):
            attacker |= set(await people.said_with(handle))
            joined += await people.together(handle, victim.sender.handle)
        shown += secret in attacker
        shown += set(await people.said_with(victim.sender.handle)) != before
        own = await people.export(victim.sender.handle)
        for handle in (await _attackers(people, number))[:1]:
            loser, winner = await people.root(handle), await people.root(victim.sender.handle)
            await stage.split(await stage.merge(loser, winner, agent), agent)
        changed += msgspec.json.encode(await people.export(victim.sender.handle)) != (
            msgspec.json.encode(own)
        )
    print(
        json.dumps(
            {"id": "A09", "tried": tried, "joined": joined, "shown": shown, "changed": changed}
        )
    )
    assert (tried, joined, shown, changed) == (50, 0, 0, 0)


async def _attackers(people: People, number: str) -> list[str]:
    """The handles by which the attacker is known, but for claims of the victim's own."""
    rows = await people.rows(
        "select handle from identities where handle = $1 or handle like $2 order by handle",
        f"mallory-{number}",
        f"mallory-{number}-%",
    )
    return [row[0] for row in rows]
