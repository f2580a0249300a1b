"""Automatic lines: what the desk says to a person without an agent.

Once for its key, in their language, to somebody who is proven and not where others read along, and
never more than a budget: whatever a machine makes of it on the other side, it ends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

import structlog

from core.messages import PUBLIC_KINDS, Direction, MessageNature
from core.people import is_claimed
from core.rich_text_cuts import RichText, joined
from router.services.errors import Conflict, Refused
from router.services.keyring import Keyring
from router.services.outbound.addressed import REPLY_TOKEN, reply_token
from router.services.outbound.automatic_texts import ALARMS, Line, sentence, subject_of
from router.services.outbound.formatting import WireOf, plain_wire
from router.services.outbound.parts import plan_parts, to_answer_subject
from router.services.outbound.queueing import queue_parts
from router.services.outbound.reaching import CapabilitiesOf, check_reach
from router.storage import automatic as stored
from router.storage import persons, replies
from router.storage.automatic import NewAutomatic
from router.storage.inbound import insert_thread_keys
from router.storage.replies import Reach
from router.storage.sight import FULL_SIGHT, Sight
from router.storage.spans import to_column
from router.storage.unit_of_work import Fact, UnitOfWork

WINDOW = timedelta(hours=1)
MOST_ANSWERS = 10
"""Automatic answers to one person within `WINDOW`."""
MOST_NOTICES = 60
"""Everything else that goes to them without an agent writing there, within `WINDOW`."""
DOTS = "••••"
NOTHING = RichText("")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What automatic lines are written with; one for a process."""

    keyring: Keyring
    capabilities_of: CapabilitiesOf
    wire_of: WireOf = plain_wire
    web_url: str = ""
    """Where people reach the desk's own pages. Empty: no line that leads there is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is to be said, and to whom."""

    root_id: int
    """Whose conversation it is; its lock is held."""
    reach: Reach
    """Where to: one of theirs (`find_reach`), or what the caller opened."""
    line: Line
    key: str
    """The same thing is said once: such as `link/<message>`. At most 200 characters."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What the line's braces stand for."""
    hidden: Mapping[str, str] = field(default_factory=dict)
    """The same, of what only they may read (a code): the record and agents have dots for it."""
    quoted: RichText = NOTHING
    """What follows the sentence, with its formatting."""
    answers: int | None = None
    """The person's message to which this is the answer. None: a notice, which may be stopped."""
    case_id: int | None = None
    """None: their open case, if there is one that is seen."""
    sight: Sight = FULL_SIGHT
    """Of whoever had it said: a rule's author may not see all of their cases."""


class Unsaid(StrEnum):
    """Why nothing was written."""

    SAID_BEFORE = "said_before"
    """Under this key."""
    UNPROVEN = "unproven"
    """Whom it would go to is a claim, or what it answers is."""
    MACHINE = "machine"
    """What it answers was not written by a human."""
    STOPPED = "stopped"
    """They want no notices, and it is no alarm."""
    IN_PUBLIC = "in_public"
    """Others read along there."""
    TOO_MANY = "too_many"
    """The budget of this person is used up."""
    TOO_LOW = "too_low"
    """Whoever reads there is not proven well enough for what it says."""
    UNREACHABLE = "unreachable"
    """The place takes nothing now, or not so much."""


async def find_reach(
    work: UnitOfWork,
    root_id: int,
    *,
    place_id: int | None = None,
    identity_id: int | None = None,
    is_private: bool = False,
) -> Reach | None:
    """A place of this conversation: this one, or where this identity (or anybody) wrote last.

    `is_private`: where they wrote last and nobody reads along.
    """
    but = PUBLIC_KINDS if is_private else ()
    return await replies.find_reach(work, root_id, place_id, identity_id, FULL_SIGHT, but=but)


async def say(work: UnitOfWork, voice: Voice, words: Words) -> int | Unsaid:
    """Write and queue the line in this transaction; the message, or why nothing was written.

    Call under the lock of `words.root_id`. The sender is woken after the commit.
    """
    said = await _why_not(work, words) or await _say(work, voice, words)
    if isinstance(said, Unsaid):
        log.info("automatic.unsaid", line=words.line.value, reason=said.value)
    return said


async def _why_not(work: UnitOfWork, words: Words) -> Unsaid | None:
    reach = words.reach
    if is_claimed(reach.realm):
        return Unsaid.UNPROVEN
    if reach.place_kind in PUBLIC_KINDS:
        return Unsaid.IN_PUBLIC
    if words.answers is not None:
        answered = await stored.find_answered(work, words.answers, words.root_id)
        if answered is None or answered.level < 1:
            return Unsaid.UNPROVEN
        if answered.nature != MessageNature.HUMAN:
            return Unsaid.MACHINE
    elif words.line not in ALARMS and await stored.is_stopped(work, reach.identity_id):
        return Unsaid.STOPPED
    most = MOST_NOTICES if words.answers is None else MOST_ANSWERS
    said = await stored.count_since(
        work, words.root_id, is_answer=words.answers is not None, since=work.now() - WINDOW
    )
    return Unsaid.TOO_MANY if said >= most else None


async def _say(work: UnitOfWork, voice: Voice, words: Words) -> int | Unsaid:
    reach = words.reach
    language = await stored.find_language(work, words.root_id, reach.home_person_id)
    sent = _text(words, language, words.hidden)
    try:
        capabilities = check_reach(work, reach, voice.capabilities_of)
        parts = plan_parts(sent.text, capabilities, sent.spans, voice.wire_of(reach.channel))
    except (Conflict, Refused):
        return Unsaid.UNREACHABLE
    case_id = await _choose_case(work, words)
    subject = ""
    if capabilities.subject:
        subject = to_answer_subject(reach.subject) or subject_of(words.line, language)
    try:
        async with work.savepoint():
            message = await _write(work, words, parts, case_id, subject, language)
    except Conflict:
        return Unsaid.TOO_LOW
    if message is None:
        return Unsaid.SAID_BEFORE
    if case_id is not None:
        await replies.touch_case(work, case_id, message)
        if capabilities.threads:
            token = reply_token(voice.keyring, case_id)
            await insert_thread_keys(work, [(reach.account_id, REPLY_TOKEN, token, case_id, None)])
    await persons.bump(work, {words.root_id: message}, {})
    work.announce(Fact.MESSAGE_CREATED, person=words.root_id, ref=message)
    return message


async def _choose_case(work: UnitOfWork, words: Words) -> int | None:
    if words.case_id is not None:
        return words.case_id
    case = await replies.find_open_case(work, words.root_id, words.sight)
    return None if case is None else case.id


async def _write(
    work: UnitOfWork,
    words: Words,
    parts: Sequence[RichText],
    case_id: int | None,
    subject: str,
    language: str | None,
) -> int | None:
    """None: it was said before. Raises Conflict, if they are not proven well enough for it."""
    reach = words.reach
    kept = _text(words, language, dict.fromkeys(words.hidden, DOTS))
    message = await stored.insert_automatic(
        work,
        NewAutomatic(
            key=words.key,
            line=words.line.value,
            is_answer=words.answers is not None,
            person_id=reach.home_person_id,
            case_id=case_id,
            place_id=reach.place_id,
            account_id=reach.account_id,
            direction=Direction.OUT.value,
            nature=_nature_of(words).value,
            identity_id=reach.identity_id if reach.last_inbound_at is None else None,
            subject=subject,
            text=kept.text,
            spans=to_column(kept.spans),
        ),
    )
    if message is None:
        return None
    await queue_parts(
        work,
        parts,
        message_id=message,
        person_id=reach.home_person_id,
        account_id=reach.account_id,
        place_id=reach.place_id,
        identity_id=reach.identity_id,
    )
    return message


def _text(words: Words, language: str | None, hidden: Mapping[str, str]) -> RichText:
    text = RichText(sentence(words.line, language, {**words.facts, **hidden}))
    return joined([text, words.quoted], "\n\n") if words.quoted.text else text


def _nature_of(words: Words) -> MessageNature:
    """How the row says that it answers: the connector's message is then an automatic answer."""
    return MessageNature.HUMAN if words.answers is None else MessageNature.AUTO_REPLY
