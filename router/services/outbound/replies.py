"""Replies and notes: one transaction from an agent's words to queued deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from core.capabilities import Capabilities
from core.errors import Unsupported
from core.messages import Direction, IdentityAddress, scrub
from router.services.errors import Conflict, NotFound, Refused
from router.services.keyring import Keyring
from router.services.outbound.addressed import REPLY_TOKEN, reply_token
from router.services.outbound.copies import Copy, ToRecipient, plan_copies
from router.services.outbound.parts import (
    MAX_CHARACTERS,
    MAX_SUBJECT,
    check_files,
    plan_parts,
    to_answer_subject,
)
from router.services.outbound.queueing import queue_parts
from router.services.outbound.reaching import CapabilitiesOf, check_reach, unavailable
from router.storage import persons, replies
from router.storage.engine import Database
from router.storage.inbound import insert_cases, insert_thread_keys
from router.storage.replies import CaseChoice, NewWritten, Reach
from router.storage.sight import Sight
from router.storage.unit_of_work import Fact, UnitOfWork

LONGEST_HOLD = timedelta(hours=1)
MAX_CLIENT_KEY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """The agent who writes."""

    agent_id: int
    name: str
    sight: Sight


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What an agent wants said. Without a place it goes where the person wrote last."""

    person_id: int
    client_key: str
    text: str
    place_id: int | None = None
    identity_id: int | None = None
    subject: str = ""
    attachment_ids: Sequence[int] = ()
    copies: Sequence[Copy] = ()
    case_id: int | None = None
    expect_last_id: int | None = None
    """The newest message that the agent has seen."""
    hold: timedelta = timedelta(0)
    """How long it may still be recalled before it goes out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    person_id: int
    client_key: str
    text: str
    attachment_ids: Sequence[int] = ()
    case_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The message that now stands for the request."""

    message_id: int
    root_id: int
    is_new: bool
    """False: this client key was used before, and nothing was written."""


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
) -> Written:
    """Store the message and queue its parts, or neither; the sender is woken after the commit.

    Raises NotFound (person, case), Conflict `moved_on` (somebody wrote after `expect_last_id`) and
    `place_unavailable`, Refused `empty`, `too_long` and those of files and copies. The same client
    key again gives the first message back, whatever else the request says.
    """
    text = _checked_text(wanted.client_key, wanted.text, wanted.attachment_ids)
    _check_hold(wanted.hold)
    try:
        async with database.transaction() as work:
            root = await _lock(work, wanted.person_id)
            known = await _find_first(work, author, wanted.client_key)
            if known is not None:
                return known
            message = await _write_reply(
                work,
                keyring,
                capabilities_of,
                author,
                wanted,
                root=root,
                text=text,
                to_recipient=to_recipient,
            )
    except _KeyTaken:
        return await _load_first(database, author, wanted.client_key)
    return Written(message_id=message, root_id=root, is_new=True)


async def _write_reply(
    work: UnitOfWork,
    keyring: Keyring,
    capabilities_of: CapabilitiesOf,
    author: Author,
    wanted: Reply,
    *,
    root: int,
    text: str,
    to_recipient: ToRecipient,
) -> int:
    await _check_not_moved_on(work, root, author, wanted.expect_last_id)
    reach = await replies.find_reach(work, root, wanted.place_id, wanted.identity_id, author.sight)
    if reach is None:
        raise unavailable("Nobody of this conversation has written there.")
    capabilities = check_reach(work, reach, capabilities_of)
    parts = plan_parts(text, capabilities)
    files = await _checked_files(work, author, wanted.attachment_ids, capabilities)
    copies = plan_copies(
        wanted.copies, capabilities, lambda typed: to_recipient(reach.channel, typed), reach.handle
    )
    subject = scrub(wanted.subject)[:MAX_SUBJECT] if capabilities.subject else ""
    case = await _choose_case(work, root, reach, wanted.case_id, author.sight, subject)
    if capabilities.subject and not subject:
        subject = to_answer_subject(reach.subject or case.subject)
    message = await _insert(
        work,
        NewWritten(
            person_id=reach.home_person_id,
            case_id=case.id,
            place_id=reach.place_id,
            account_id=reach.account_id,
            direction=Direction.OUT.value,
            agent_id=author.agent_id,
            author_name=author.name,
            subject=subject,
            text=text,
            client_key=wanted.client_key,
            participants=msgspec.json.encode(copies).decode(),
        ),
        files,
    )
    await queue_parts(
        work,
        parts,
        message_id=message,
        person_id=reach.home_person_id,
        account_id=reach.account_id,
        place_id=reach.place_id,
        identity_id=reach.identity_id,
        hold=wanted.hold,
        copies=copies,
    )
    if capabilities.threads:
        token = reply_token(keyring, case.id)
        await insert_thread_keys(work, [(reach.account_id, REPLY_TOKEN, token, case.id, None)])
    if await replies.mark_answered(work, case.id, message):
        work.announce(Fact.CASE_CHANGED, person=root, ref=case.id)
    await persons.bump(work, {root: message}, {})
    work.announce(Fact.MESSAGE_CREATED, person=root, ref=message)
    return message


async def note(database: Database, author: Author, wanted: Note) -> Written:
    """Store words that only agents see. In the person's open case unless one is named, or in none.

    Raises and repeats like `reply`.
    """
    text = _checked_text(wanted.client_key, wanted.text, wanted.attachment_ids)
    try:
        async with database.transaction() as work:
            root = await _lock(work, wanted.person_id)
            known = await _find_first(work, author, wanted.client_key)
            if known is not None:
                return known
            message = await _write_note(work, author, wanted, root=root, text=text)
    except _KeyTaken:
        return await _load_first(database, author, wanted.client_key)
    return Written(message_id=message, root_id=root, is_new=True)


async def _write_note(
    work: UnitOfWork, author: Author, wanted: Note, *, root: int, text: str
) -> int:
    files = await _checked_files(work, author, wanted.attachment_ids, None)
    if wanted.case_id is None:
        case = await replies.find_open_case(work, root, author.sight)
    else:
        case = await _load_case(work, root, wanted.case_id, author.sight)
    message = await _insert(
        work,
        NewWritten(
            person_id=root,
            case_id=None if case is None else case.id,
            place_id=None,
            account_id=None,
            direction=Direction.NOTE.value,
            agent_id=author.agent_id,
            author_name=author.name,
            subject="",
            text=text,
            client_key=wanted.client_key,
        ),
        files,
    )
    if case is not None:
        await replies.touch_case(work, case.id, message)
    await persons.bump(work, {root: message}, {})
    work.announce(Fact.MESSAGE_CREATED, person=root, ref=message)
    return message


class _KeyTaken(Exception):
    """Another request with this client key was faster, for another conversation."""


async def _insert(work: UnitOfWork, fresh: NewWritten, files: Sequence[int]) -> int:
    """Raises _KeyTaken, which undoes what the transaction did so far."""
    message = await replies.insert_written(work, fresh)
    if message is None:
        raise _KeyTaken
    if files:
        await replies.attach(work, message, files)
    return message


async def _find_first(work: UnitOfWork, author: Author, client_key: str) -> Written | None:
    known = await replies.find_written(work, author.agent_id, client_key)
    if known is None:
        return None
    return Written(message_id=known[0], root_id=known[1], is_new=False)


async def _load_first(database: Database, author: Author, client_key: str) -> Written:
    async with database.reading() as work:
        first = await _find_first(work, author, client_key)
    assert first is not None
    return first


def _checked_text(client_key: str, text: str, attachment_ids: Sequence[int]) -> str:
    if not client_key or len(client_key) > MAX_CLIENT_KEY:
        raise Refused(f"A client key has 1 to {MAX_CLIENT_KEY} characters.", field="client_key")
    clean = scrub(text).strip()
    if not clean and not attachment_ids:
        raise Refused("There is nothing to send.", code="empty", field="text")
    if len(clean) > MAX_CHARACTERS:
        raise Refused(
            f"The text has more than {MAX_CHARACTERS} characters.", code="too_long", field="text"
        )
    return clean


def _check_hold(hold: timedelta) -> None:
    if not timedelta(0) <= hold <= LONGEST_HOLD:
        raise Refused("A reply can be held for up to an hour.", field="hold_seconds")


async def _lock(work: UnitOfWork, person_id: int) -> int:
    root = await persons.lock_root(work, person_id)
    if root is None:
        raise NotFound("There is no such conversation.")
    return root


async def _check_not_moved_on(
    work: UnitOfWork, root: int, author: Author, expect_last_id: int | None
) -> None:
    if expect_last_id is None:
        return
    newest = await replies.newest_of_others(
        work, root, author.agent_id, expect_last_id, author.sight
    )
    if newest is not None:
        raise Conflict(
            "There is something newer in this conversation.",
            code="moved_on",
            last_message_id=newest,
        )


async def _checked_files(
    work: UnitOfWork,
    author: Author,
    attachment_ids: Sequence[int],
    capabilities: Capabilities | None,
) -> Sequence[int]:
    if not attachment_ids:
        return ()
    uploads = await replies.lock_uploads(work, author.agent_id, attachment_ids)
    seen: set[int] = set()
    for position, one in enumerate(attachment_ids):
        if one not in uploads or one in seen:
            raise Refused(
                "There is no such upload of yours that is not sent yet.",
                code="unknown_file",
                field=f"attachment_ids[{position}]",
            )
        seen.add(one)
    if capabilities is not None:
        check_files([uploads[one] for one in attachment_ids], capabilities)
    return attachment_ids


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
        return await _load_case(work, root, case_id, sight)
    found = await replies.find_open_case(work, root, sight)
    if found is not None:
        return found
    title = subject or reach.subject
    [made] = await insert_cases(work, [(reach.home_person_id, title, "open")])
    await persons.recount_open_cases(work, [root])
    return CaseChoice(id=made, state="open", subject=title)


async def _load_case(work: UnitOfWork, root: int, case_id: int, sight: Sight) -> CaseChoice:
    case = await replies.find_case(work, root, case_id, sight)
    if case is None:
        raise NotFound("There is no such case in this conversation.")
    return case
