"""Codes that stood in new messages: redeemed in the transaction that stores them, and answered;
and words that take such a link back to agents.

A network carries a code itself, or a message consists of one. The message stays where it was said;
agents get an event line of what came of it, and whoever said it a sentence: which account the chat
belongs to now, or the one that every refusal reads as.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from core import link_codes
from core.link_codes import find_code
from core.messages import MessageNature, MessageReceived
from core.not_me import is_not_me
from router.services import audit
from router.services.identity import alarms, doubts
from router.services.identity.link_codes import Presented, Redeemed, Refusal, redeem
from router.services.inbound.senders import key_of
from router.services.outbound.automatic import Voice, Words, find_reach, say
from router.services.outbound.automatic_texts import Line, masked
from router.storage import case_history, cases, identities, persons
from router.storage import link_codes as stored
from router.storage.case_history import Cause
from router.storage.identities import IdentityRow
from router.storage.link_codes import SaidRow
from router.storage.unit_of_work import Fact, UnitOfWork

LINKED = "linked_by_code"
JOINED = "joined_by_code"
REFUSED = "link_code_refused"
DENIED_WITHIN = timedelta(days=1)
"""After a code linked them. Later the same words are about something else."""


class Heard(NamedTuple):
    """A message that was stored just now."""

    message_id: int
    account_id: int
    event: MessageReceived


def code_in(event: MessageReceived) -> str | None:
    """What somebody presents as a code; None: nothing. Pure."""
    if event.is_from_desk or event.nature is not MessageNature.HUMAN:
        return None
    if event.link_code is not None:
        return event.link_code
    return find_code(event.text)


def says_nothing_else(event: MessageReceived) -> bool:
    """Whether a message with a code is for nobody to read: no second line, no file, no subject but
    that of the letter it answers. Pure.
    """
    if event.attachments:
        return False
    if event.link_code is not None:
        return True
    has_own_subject = bool(event.subject.strip()) and not event.answers
    return "\n" not in event.text.strip() and not has_own_subject


def denies(event: MessageReceived) -> bool:
    """Whether it says that something is not them, and nothing else. Pure."""
    is_human = event.nature is MessageNature.HUMAN and not event.is_from_desk
    return is_human and is_not_me(event.text)


async def accounts_of(work: UnitOfWork, events: Sequence[MessageReceived]) -> set[str]:
    """The host accounts that codes in them are good for: locked before any conversation is."""
    typed = [code for event in events if (code := code_in(event)) is not None]
    read = [link_codes.read_code(one) for one in typed]
    hashes = [link_codes.hash_code(one) for one in read if one is not None]
    return await stored.accounts_of(work, hashes) if hashes else set()


async def redeem_all(work: UnitOfWork, voice: Voice | None, heard: Sequence[Heard]) -> None:
    """Redeem every code in them, in their order. The last thing of a transaction: the audit log
    stays locked from then on. Without a voice nobody is answered.
    """
    entries: list[_Entry] = []
    for one in heard:
        typed = code_in(one.event)
        if typed is not None:
            entries += await _redeem(work, voice, one, typed)
        elif denies(one.event):
            entries += await _doubt(work, voice, one)
    for entry in entries:
        await audit.record(work, entry.actor, entry.action, entry.subject, entry.facts)


class _Entry(NamedTuple):
    actor: str
    action: str
    subject: str
    facts: dict[str, int | str]


async def _redeem(work: UnitOfWork, voice: Voice | None, one: Heard, typed: str) -> list[_Entry]:
    """What the audit log is to hold of it."""
    key = key_of(one.event.sender)
    identity = (await identities.find_identities(work, [key]))[key]
    await persons.lock_root(work, identity.home_person_id)
    if one.event.link_code is not None:
        # Before anything is joined: that derives anew what is unread.
        await stored.note_nothing_else(work, one.message_id)
    found = await redeem(
        work,
        Presented(
            typed=typed,
            sender=one.event.sender,
            identity=identity,
            account_id=one.account_id,
            is_public=one.event.place.is_public,
        ),
    )
    said = await stored.load_said(work, one.message_id)
    if not (isinstance(found, Refusal) and found.is_locked):
        await _tell_agents(work, one, said, identity, found)
    if isinstance(found, Redeemed) and says_nothing_else(one.event):
        if await stored.close_case_of(work, said.case_id, one.message_id):
            # It was opened by the code alone, which is answered.
            await case_history.note(work, [said.case_id], Cause.CODE)
            await persons.recount_open_cases(work, [said.root_id])
            work.announce(Fact.CASE_CHANGED, person=said.root_id, ref=said.case_id)
        if one.event.link_code is None:
            await stored.note_nothing_else(work, one.message_id)
            await persons.repoint(work, [said.root_id])
    if voice is not None:
        await _answer(work, voice, one, said, identity, found)
        if isinstance(found, Redeemed):
            await alarms.tell_others(work, voice, found, identity_id=identity.id)
    return _entries(one, identity, found)


async def _doubt(work: UnitOfWork, voice: Voice | None, one: Heard) -> list[_Entry]:
    """Only what a code linked lately can be taken back by a word: else it is one like others."""
    key = key_of(one.event.sender)
    identity = (await identities.find_identities(work, [key]))[key]
    since = work.now() - DENIED_WITHIN
    if not await stored.was_linked(work, identity.id, since=since):
        return []
    if not await doubts.doubt(work, identity):
        return []
    said = await stored.load_said(work, one.message_id)
    if voice is not None:
        await _say(work, voice, one, said, identity, Line.DOUBTED, {})
    subject = f"identities/{identity.id}"
    return [_Entry(subject, doubts.AUDITED, subject, {"message": one.message_id})]


async def _tell_agents(
    work: UnitOfWork, one: Heard, said: SaidRow, identity: IdentityRow, found: Redeemed | Refusal
) -> None:
    facts: dict[str, int | str | None] = {
        "case_id": said.case_id,
        "message_id": one.message_id,
        "identity_id": identity.id,
        "account_id": one.account_id,
    }
    if isinstance(found, Redeemed):
        event = JOINED if found.host_account is None else LINKED
        facts |= {"host_account": found.host_account, "code_id": found.code_id}
    else:
        event = REFUSED
        facts |= {"reason": found.reason.value}
    line = await cases.insert_event(
        work,
        person_id=identity.home_person_id,
        case_id=said.case_id,
        agent_id=None,
        event=event,
        facts=facts,
    )
    work.announce(Fact.MESSAGE_CREATED, person=said.root_id, ref=line)


async def _answer(
    work: UnitOfWork,
    voice: Voice,
    one: Heard,
    said: SaidRow,
    identity: IdentityRow,
    found: Redeemed | Refusal,
) -> None:
    line, facts = Line.LINK_REFUSED, {}
    if isinstance(found, Redeemed):
        line = Line.JOINED
        if found.host_account is not None:
            line, facts = Line.LINKED, {"account": masked(found.host_account)}
    await _say(work, voice, one, said, identity, line, facts)


async def _say(
    work: UnitOfWork,
    voice: Voice,
    one: Heard,
    said: SaidRow,
    identity: IdentityRow,
    line: Line,
    facts: dict[str, str],
) -> None:
    reach = await find_reach(work, said.root_id, place_id=said.place_id, identity_id=identity.id)
    if reach is None:
        return
    await say(
        work,
        voice,
        Words(
            root_id=said.root_id,
            reach=reach,
            line=line,
            key=f"link_code/{one.message_id}",
            facts=facts,
            answers=one.message_id,
            case_id=said.case_id,
        ),
    )


def _entries(one: Heard, identity: IdentityRow, found: Redeemed | Refusal) -> list[_Entry]:
    actor = f"identities/{identity.id}"
    facts: dict[str, int | str] = {"message": one.message_id, "account": one.account_id}
    if isinstance(found, Redeemed):
        return [_Entry(actor, "link_code.redeemed", f"link_codes/{found.code_id}", facts)]
    if found.is_locked:
        return []  # whoever is locked chooses how often: the entry of the lock speaks for all
    refused = _Entry(actor, "link_code.refused", actor, {**facts, "reason": found.reason.value})
    locks = [_Entry(actor, "link_code.locked", subject, facts) for subject in found.locks]
    return [refused, *locks]
