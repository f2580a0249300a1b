"""Replies: one transaction from an agent's words to queued deliveries."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from core.errors import Unsupported
from core.messages import Direction, IdentityAddress, Participant, scrub
from core.rich_text import Span
from core.rich_text_cuts import RichText
from router.services.approvals.checking import check_alone, said_of
from router.services.assignment import owning
from router.services.errors import Conflict, NotFound, Refused
from router.services.keyring import Keyring
from router.services.outbound.addressed import REPLY_TOKEN, reply_token
from router.services.outbound.copies import Copy, ToRecipient, plan_copies
from router.services.outbound.formatting import WireOf, plain_wire
from router.services.outbound.in_public import check_impersonal, check_public
from router.services.outbound.offering import checked_offers
from router.services.outbound.parts import (
    MAX_SUBJECT,
    plan_parts,
    to_answer_subject,
)
from router.services.outbound.privately import (
    PrivatePlaceOf,
    find_private,
    note_continued,
    nowhere,
)
from router.services.outbound.queueing import queue_parts
from router.services.outbound.reaching import CapabilitiesOf, check_reach, unavailable
from router.services.outbound.writing import (
    Author,
    KeyTaken,
    Written,
    checked_files,
    checked_text,
    find_first,
    insert,
    load_case,
    load_first,
    lock,
)
from router.storage import persons, replies, topics
from router.storage.engine import Database
from router.storage.inbound import NewCase, insert_cases, insert_thread_keys
from router.storage.replies import CaseChoice, NewWritten, Reach
from router.storage.sight import Sight
from router.storage.spans import to_column
from router.storage.unit_of_work import Fact, UnitOfWork

LONGEST_HOLD = timedelta(hours=1)
FARTHEST = timedelta(days=366)
"""How far ahead an answer can be scheduled."""

Afterwards = Callable[[UnitOfWork, int], Awaitable[None]]
"""What is done with the case, in the same transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What an agent wants said. Without a place it goes where the person wrote last."""

    person_id: int
    client_key: str
    text: str
    spans: Sequence[Span] = ()
    """How the text is formatted."""
    place_id: int | None = None
    identity_id: int | None = None
    subject: str = ""
    attachment_ids: Sequence[int] = ()
    copies: Sequence[Copy] = ()
    case_id: int | None = None
    topic_id: int | None = None
    """What it is about: a reply topic, which may need more than the case."""
    expect_last_id: int | None = None
    """The newest message that the agent has seen."""
    hold: timedelta = timedelta(0)
    """How long it may still be recalled before it goes out."""
    send_at: datetime | None = None
    """When it goes out; it may be recalled until then, and holds up nothing else."""
    is_private: bool = False
    """Never for a place where others read along."""
    in_private: bool = False
    """If others read along in the place: to the same identity alone instead."""
    offers: Sequence[str] = ()
    """Answers to choose from, where the channel has buttons."""
    public_line: str = ""
    """What is said in the place itself when the answer goes elsewhere; empty: nothing."""


def _no_addresses(channel: str, typed: str) -> IdentityAddress:
    raise Unsupported("Nobody can be named by an address here.")


async def reply(
    database: Database,
    keyring: Keyring,
    capabilities_of: CapabilitiesOf,
    author: Author,
    wanted: Reply,
    *,
    to_recipient: ToRecipient = _no_addresses,
    wire_of: WireOf = plain_wire,
    private_place_of: PrivatePlaceOf = nowhere,
    afterwards: Afterwards | None = None,
) -> Written:
    """Store the message and queue its parts, or neither; the sender is woken after the commit.

    Raises NotFound (person, case, topic), Conflict `moved_on` (somebody wrote after
    `expect_last_id`: `by`, `direction` and `at` say who and when), `place_unavailable`,
    `public_place` (others read along, with the reason why that is refused), `no_private_place` and
    those of `leveling.clear`, `needs_second` (a second agent has to approve it), Refused `empty`,
    `too_long`, `bad_time` and those of files and copies. The same client key again gives the first
    message back, whatever else the request says.
    """
    try:
        async with database.transaction() as work:
            return await reply_within(
                work,
                keyring,
                capabilities_of,
                author,
                wanted,
                to_recipient=to_recipient,
                wire_of=wire_of,
                private_place_of=private_place_of,
                afterwards=afterwards,
            )
    except KeyTaken:
        return await load_first(database, author, wanted.client_key)


async def reply_within(
    work: UnitOfWork,
    keyring: Keyring,
    capabilities_of: CapabilitiesOf,
    author: Author,
    wanted: Reply,
    *,
    to_recipient: ToRecipient = _no_addresses,
    wire_of: WireOf = plain_wire,
    private_place_of: PrivatePlaceOf = nowhere,
    afterwards: Afterwards | None = None,
    is_approved: bool = False,
) -> Written:
    """The same as part of a transaction. Raises KeyTaken as well. `is_approved`: a second agent
    has read it.
    """
    text = checked_text(wanted.client_key, wanted.text, wanted.spans, wanted.attachment_ids)
    if wanted.public_line and not wanted.in_private:
        raise Refused("It goes with an answer in private.", field="public_line")
    root = await lock(work, wanted.person_id)
    known = await find_first(work, author, wanted.client_key)
    if known is not None:
        return known
    _check_hold(work.now(), wanted)
    message = await _write_reply(
        work,
        keyring,
        capabilities_of,
        author,
        wanted,
        root=root,
        text=text,
        to_recipient=to_recipient,
        wire_of=wire_of,
        private_place_of=private_place_of,
        afterwards=afterwards,
        is_approved=is_approved,
    )
    return Written(message_id=message, root_id=root, is_new=True)


async def _write_reply(
    work: UnitOfWork,
    keyring: Keyring,
    capabilities_of: CapabilitiesOf,
    author: Author,
    wanted: Reply,
    *,
    root: int,
    text: RichText,
    to_recipient: ToRecipient,
    wire_of: WireOf,
    private_place_of: PrivatePlaceOf,
    afterwards: Afterwards | None,
    is_approved: bool,
) -> int:
    await _check_not_moved_on(work, root, author, wanted.expect_last_id)
    chosen = await _find_reach(work, root, wanted, author.sight)
    capabilities = check_reach(work, chosen, capabilities_of)
    reach = chosen
    if wanted.in_private:
        reach = await find_private(work, root, chosen, capabilities, private_place_of, author.sight)
        capabilities = check_reach(work, reach, capabilities_of)
    parts = plan_parts(
        text.text,
        capabilities,
        text.spans,
        wire_of(reach.channel),
        has_files=bool(wanted.attachment_ids),
    )
    files = await checked_files(work, author, wanted.attachment_ids, capabilities)
    copies = plan_copies(
        wanted.copies, capabilities, lambda typed: to_recipient(reach.channel, typed), reach.handle
    )
    subject = scrub(wanted.subject)[:MAX_SUBJECT] if capabilities.subject else ""
    case = await _choose_case(work, root, reach, wanted.case_id, author.sight, subject)
    said = (text.text, *(span.url for span in text.spans), subject)
    if not is_approved:
        whole = said_of(text.text, wanted.public_line, wanted.subject, wanted.offers)
        await check_alone(work, whole, case.id, wanted.topic_id)
    await check_public(work, root, reach, case, is_private=wanted.is_private, texts=said)
    if capabilities.subject and not subject:
        subject = to_answer_subject(reach.subject or case.subject)
    if wanted.topic_id is not None:
        await _check_topic(work, wanted.topic_id)
    written = msgspec.structs.replace(
        _written(author, reach, case, text.text, wanted.client_key),
        topic_id=wanted.topic_id,
        subject=subject,
        spans=to_column(text.spans),
        participants=msgspec.json.encode(copies).decode(),
        is_private=wanted.is_private,
        context=checked_offers(wanted.offers, capabilities),
        identity_id=reach.identity_id if reach.last_inbound_at is None else None,
    )
    message = await insert(work, written, files)
    await _queue(work, reach, parts, message, wanted, copies=copies)
    if capabilities.threads:
        token = reply_token(keyring, case.id)
        await insert_thread_keys(work, [(reach.account_id, REPLY_TOKEN, token, case.id, None)])
    goes_at = wanted.send_at or work.now() + wanted.hold
    is_changed = await replies.mark_answered(work, case.id, message, goes_at=goes_at)
    if is_changed:
        work.announce(Fact.CASE_CHANGED, person=root, ref=case.id)
    newest = message
    work.announce(Fact.MESSAGE_CREATED, person=root, ref=message)
    if reach.place_id != chosen.place_id:
        newest = await _continue_in_private(
            work, capabilities_of, author, wanted, root, case, chosen, reach, message
        )
    await persons.bump(work, {root: newest}, {})
    if afterwards is not None:
        await afterwards(work, case.id)
    if is_changed:
        await owning.follow_answer(work, case.id)
    return message


def _written(
    author: Author, reach: Reach, case: CaseChoice, text: str, client_key: str
) -> NewWritten:
    """What the agent says where `reach` leads."""
    return NewWritten(
        person_id=reach.home_person_id,
        case_id=case.id,
        place_id=reach.place_id,
        account_id=reach.account_id,
        direction=Direction.OUT.value,
        agent_id=author.agent_id,
        author_name=author.name,
        subject="",
        text=text,
        client_key=client_key,
    )


async def _queue(
    work: UnitOfWork,
    reach: Reach,
    parts: Sequence[RichText],
    message: int,
    wanted: Reply,
    *,
    copies: Sequence[Participant] = (),
) -> None:
    await queue_parts(
        work,
        parts,
        message_id=message,
        person_id=reach.home_person_id,
        account_id=reach.account_id,
        place_id=reach.place_id,
        identity_id=reach.identity_id,
        hold=wanted.hold if wanted.send_at is None else wanted.send_at - work.now(),
        copies=copies,
        is_scheduled=wanted.send_at is not None,
    )


async def _find_reach(work: UnitOfWork, root: int, wanted: Reply, sight: Sight) -> Reach:
    reach = await replies.find_reach(work, root, wanted.place_id, wanted.identity_id, sight)
    if reach is None and wanted.place_id is not None:
        reach = await replies.find_opened(work, root, wanted.place_id, sight)
    if reach is None:
        raise unavailable("Nobody of this conversation has written there.")
    return reach


async def _continue_in_private(
    work: UnitOfWork,
    capabilities_of: CapabilitiesOf,
    author: Author,
    wanted: Reply,
    root: int,
    case: CaseChoice,
    public: Reach,
    private: Reach,
    message: int,
) -> int:
    """The line that is left in public, if any, and the event that names both; the newest said."""
    line = scrub(wanted.public_line).strip()
    said: int | None = None
    if line:
        await check_impersonal(work, root, public.realm, (line,))
        parts = plan_parts(line, check_reach(work, public, capabilities_of))
        written = _written(author, public, case, line, f"{wanted.client_key}/public")
        said = await insert(work, written, ())
        await _queue(work, public, parts, said, wanted)
        await replies.touch_case(work, case.id, said)
        work.announce(Fact.MESSAGE_CREATED, person=root, ref=said)
    await note_continued(
        work,
        root_id=root,
        case_id=case.id,
        agent_id=author.agent_id,
        public=public,
        private=private,
        message_id=message,
        public_message_id=said,
    )
    return said or message


async def _check_topic(work: UnitOfWork, topic_id: int) -> None:
    if await topics.find_topic(work, topic_id) is None:
        raise NotFound(f"There is no topic {topic_id}.")


def _check_hold(now: datetime, wanted: Reply) -> None:
    if not timedelta(0) <= wanted.hold <= LONGEST_HOLD:
        raise Refused("A reply can be held for up to an hour.", field="hold_seconds")
    if wanted.send_at is not None:
        check_send_at(now, wanted.send_at)


def check_send_at(now: datetime, send_at: datetime) -> None:
    """Raises Refused."""
    if not now < send_at <= now + FARTHEST:
        raise Refused(
            "A reply goes out at a time to come, within a year.", code="bad_time", field="send_at"
        )


async def _check_not_moved_on(
    work: UnitOfWork, root: int, author: Author, expect_last_id: int | None
) -> None:
    if expect_last_id is None:
        return
    newest = await replies.newest_of_others(
        work, root, author.agent_id, expect_last_id, author.sight
    )
    if newest is not None:
        newer = await replies.who_wrote(work, newest)
        raise Conflict(
            "There is something newer in this conversation.",
            code="moved_on",
            last_message_id=newest,
            by=newer.name,
            direction=newer.direction,
            at=newer.at.isoformat(),
        )


async def _choose_case(
    work: UnitOfWork,
    root: int,
    reach: Reach,
    case_id: int | None,
    sight: Sight,
    subject: str,
) -> CaseChoice:
    """The named case, the open one, or a new one."""
    if case_id is not None:
        return await load_case(work, root, case_id, sight)
    found = await replies.find_open_case(work, root, sight)
    if found is not None:
        return found
    title = subject or reach.subject
    fresh = NewCase(person_id=reach.home_person_id, subject=title, host_account=reach.host_account)
    [made] = await insert_cases(work, [fresh])
    await persons.recount_open_cases(work, [root])
    return CaseChoice(id=made, state="open", subject=title)
