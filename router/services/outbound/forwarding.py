"""Passing a message on to somebody outside the conversation, with its files.

It is a note of the conversation that also goes out: agents see what was passed on and what became
of it, the person neither sees it nor is written to.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.utils import format_datetime

import msgspec

from core.capabilities import Capabilities
from core.errors import BadConfig, ContentRejected, Unsupported
from core.messages import Direction, IdentityAddress, Participant, Place, scrub
from core.rich_text_cuts import RichText, joined, stripped
from router.services.errors import Conflict, NotFound, Refused
from router.services.keyring import Keyring
from router.services.outbound.addressed import REPLY_TOKEN, reply_token
from router.services.outbound.copies import Copy, plan_copies
from router.services.outbound.parts import MAX_CHARACTERS, MAX_SUBJECT, check_files, plan_parts
from router.services.outbound.queueing import queue_parts
from router.services.outbound.reaching import CapabilitiesOf
from router.services.outbound.writing import Author, Written
from router.storage import forwards, persons, replies
from router.storage.engine import Database
from router.storage.forwards import Original, OriginalFile
from router.storage.inbound import insert_thread_keys
from router.storage.places import NewPlace, resolve_places
from router.storage.replies import NewWritten
from router.storage.spans import to_column
from router.storage.unit_of_work import Fact, UnitOfWork

TO = "to"
RULE = "---------- Forwarded message ----------"

Resolve = Callable[[str, str], tuple[Place, IdentityAddress]]
"""(channel, what an agent typed) -> where and who. Raises ContentRejected, Unsupported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """What an agent wants passed on, and to whom."""

    person_id: int
    message_id: int
    client_key: str
    to: str
    text: str = ""
    """Above what is passed on."""
    copies: Sequence[Copy] = ()
    account_id: int | None = None
    """By which mailbox it leaves; None: by the one that the message came to."""
    attachment_ids: Sequence[int] | None = None
    """Which of the message's files go along; None: all."""


async def forward(
    database: Database,
    keyring: Keyring,
    capabilities_of: CapabilitiesOf,
    resolve: Resolve,
    author: Author,
    wanted: Forward,
) -> Written:
    """Store the note and queue what goes out, or neither. The same client key again gives the
    first one back. Raises NotFound (person, message), Conflict `place_unavailable`, Refused.
    """
    if not wanted.client_key:
        raise Refused("A client key is missing.", field="client_key")
    async with database.transaction() as work:
        root = await persons.lock_root(work, wanted.person_id)
        if root is None:
            raise NotFound("There is no such conversation.")
        known = await replies.find_written(work, author.agent_id, wanted.client_key)
        if known is not None:
            return Written(message_id=known[0], root_id=known[1], is_new=False)
        original = await forwards.find_original(work, root, wanted.message_id, author.sight)
        if original is None or original.direction == Direction.EVENT.value:
            raise NotFound("There is no such message in this conversation.")
        message = await _write(
            work, keyring, capabilities_of, resolve, author, wanted, original, root
        )
    return Written(message_id=message, root_id=root, is_new=True)


async def _write(
    work: UnitOfWork,
    keyring: Keyring,
    capabilities_of: CapabilitiesOf,
    resolve: Resolve,
    author: Author,
    wanted: Forward,
    original: Original,
    root: int,
) -> int:
    account_id, channel, capabilities = await _account(work, capabilities_of, wanted, original)
    place, outsider = _outsider(resolve, channel, wanted.to)
    copies = plan_copies(
        wanted.copies, capabilities, lambda typed: resolve(channel, typed)[1], outsider.handle
    )
    text = passed_on(wanted.text, original)
    files = _chosen(original.files, wanted.attachment_ids)
    parts = plan_parts(text.text, capabilities, text.spans, has_files=bool(files))
    check_files(files, capabilities)
    to = Participant(
        realm=outsider.realm, handle=outsider.handle, shown_as=outsider.shown_as, role=TO
    )
    message = await replies.insert_written(
        work,
        NewWritten(
            person_id=original.person_id,
            case_id=original.case_id,
            topic_id=original.topic_id,
            place_id=None,
            account_id=None,
            direction=Direction.NOTE.value,
            agent_id=author.agent_id,
            author_name=author.name,
            subject=f"Fwd: {original.subject}"[:MAX_SUBJECT].strip(),
            text=text.text,
            spans=to_column(text.spans),
            client_key=wanted.client_key,
            participants=msgspec.json.encode((to, *copies)).decode(),
        ),
    )
    if message is None:
        raise Conflict("This client key was used for another conversation.", code="key_used")
    if files:
        await forwards.repeat_files(work, message, [one.id for one in files])
    [place_id] = (await resolve_places(work, [_new_place(account_id, place)])).values()
    await queue_parts(
        work,
        parts,
        message_id=message,
        person_id=original.person_id,
        account_id=account_id,
        place_id=place_id,
        identity_id=None,
        copies=copies,
    )
    if original.case_id is not None:
        token = reply_token(keyring, original.case_id)
        await insert_thread_keys(work, [(account_id, REPLY_TOKEN, token, original.case_id, None)])
        await replies.touch_case(work, original.case_id, message)
    await persons.bump(work, {root: message}, {})
    work.announce(Fact.MESSAGE_CREATED, person=root, ref=message)
    return message


def passed_on(comment: str, original: Original) -> RichText:
    """What the outsider reads, formatted as it was said. Raises Refused `too_long`."""
    who = original.author_name
    if original.handle and original.handle != who:
        who = f"{who} <{original.handle}>".strip()
    lines = [
        RULE,
        f"From: {who}",
        f"Date: {format_datetime(original.said_at)}",
        *([f"Subject: {original.subject}"] if original.subject else []),
        "",
    ]
    head = RichText("\n".join(lines).strip() + "\n")
    said = stripped(*joined([head, stripped(original.text, original.spans)]))
    comment = scrub(comment).strip()
    whole = joined([RichText(comment), said], "\n\n") if comment else said
    if len(whole.text) > MAX_CHARACTERS:
        raise Refused(
            f"The text has more than {MAX_CHARACTERS} characters.", code="too_long", field="text"
        )
    return whole


def can_forward(capabilities: Capabilities) -> bool:
    """Whether an outsider can be written to there by an address that an agent types."""
    return capabilities.copies and capabilities.can_open_conversation


def _chosen(files: Sequence[OriginalFile], wanted: Sequence[int] | None) -> Sequence[OriginalFile]:
    if wanted is None:
        return files
    known = {one.id for one in files}
    for position, one in enumerate(wanted):
        if one not in known:
            raise Refused(
                "The message has no such file.",
                code="unknown_file",
                field=f"attachment_ids[{position}]",
            )
    return [one for one in files if one.id in wanted]


async def _account(
    work: UnitOfWork, capabilities_of: CapabilitiesOf, wanted: Forward, original: Original
) -> tuple[int, str, Capabilities]:
    account_id = wanted.account_id or original.account_id
    found = None
    if account_id is not None:
        found = await forwards.find_sending_account(work, account_id)
    if account_id is None or found is None or found[1] == "removed":
        raise Refused("Choose the mailbox by which it leaves.", field="account_id")
    channel = found[0]
    try:
        capabilities = capabilities_of(channel)
    except BadConfig as error:
        raise Conflict(str(error), code="place_unavailable") from error
    if not can_forward(capabilities):
        raise Refused(
            "Nobody can be written to by an address there: choose a mailbox.", field="account_id"
        )
    return account_id, channel, capabilities


def _outsider(resolve: Resolve, channel: str, typed: str) -> tuple[Place, IdentityAddress]:
    try:
        return resolve(channel, typed)
    except (ContentRejected, Unsupported) as error:
        raise Refused(str(error), code="bad_address", field="to") from error


def _new_place(account_id: int, place: Place) -> NewPlace:
    return NewPlace(
        key=(account_id, place.remote),
        kind=place.kind.value,
        title=place.title,
        parent=place.parent,
    )
