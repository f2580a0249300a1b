"""What a visitor does: write, say what they have seen, type."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Literal

import msgspec

from core.connector import VisitorMessage
from core.errors import UnreadableEvent
from core.messages import InboundAttachment, Typing
from router.services.errors import Refused
from router.services.visitor_stream import bounds_of
from router.services.visitors import LocalAccount
from router.storage import visitor_stream, visitor_uploads
from router.storage.engine import Database
from router.storage.visitors import SessionRow

Seen = Literal["delivered", "read"]
CONSENTED = "yes"
_BEFORE: dict[Seen, frozenset[str]] = {
    "delivered": frozenset({"sent"}),
    "read": frozenset({"sent", "delivered"}),
}


async def post(
    database: Database,
    account: LocalAccount,
    row: SessionRow,
    *,
    client_id: str,
    text: str,
    attachment_ids: Sequence[int] = (),
    sent_at: datetime | None = None,
    answers: Mapping[str, str] = MappingProxyType({}),
) -> int | None:
    """Returns once it is committed: the message's id, the same for the same `client_id` again.

    None if it could not be stored as a message: it waits in quarantine. Raises Refused with the
    field; `form_incomplete` if an unknown visitor's first message lacks an answer that the form
    requires.
    """
    limit = account.connector.limits.text_length
    if len(text) > limit:
        raise Refused(f"At most {limit} characters.", code="too_long", field="text")
    if not text.strip() and not attachment_ids:
        raise Refused("Say something.", code="empty", field="text")
    most = account.connector.capabilities.files.max_count
    if len(attachment_ids) > most:
        raise Refused(f"At most {most} files.", code="too_many", field="attachment_ids")
    await _check_form(database, account, row, answers)
    message = VisitorMessage(
        client_id=client_id,
        text=text,
        sent_at=None if sent_at is None else min(sent_at, database.clock.now()),
        attachments=await _attachments(database, row, attachment_ids),
        answers=dict(answers),
    )
    try:
        event = account.connector.to_event(row.visitor, message)
    except UnreadableEvent as error:
        raise Refused(str(error), code=error.code) from error
    [message_id] = await account.sink.store([event])
    return message_id


async def _check_form(
    database: Database, account: LocalAccount, row: SessionRow, answers: Mapping[str, str]
) -> None:
    if row.visitor.attestation is not None:
        return
    form = account.connector.reception().form
    for field in form:
        said = answers.get(field.name, "").strip()
        if said and field.choices and said not in field.choices:
            raise Refused(f"{field.label}: choose one of those.", field=f"answers.{field.name}")
        if said and field.kind == "consent" and said != CONSENTED:
            raise Refused(f"{field.label}: yes or nothing.", field=f"answers.{field.name}")
    missing = next(
        (one for one in form if one.is_required and not answers.get(one.name, "").strip()), None
    )
    if missing is None:
        return
    async with database.reading() as work:
        if await visitor_stream.has_spoken(work, row.account_id, row.visitor.session):
            return
    raise Refused(
        f"{missing.label}: an answer is needed.",
        code="form_incomplete",
        field=f"answers.{missing.name}",
    )


async def _attachments(
    database: Database, row: SessionRow, ids: Sequence[int]
) -> tuple[InboundAttachment, ...]:
    """They stay uploads too: the same message may be posted again."""
    if not ids:
        return ()
    async with database.reading() as work:
        found = await visitor_uploads.list_uploads(work, row.id, ids)
    if len(found) < len(set(ids)):
        missing = next(i for i, one in enumerate(ids) if one not in {file.id for file in found})
        raise Refused("There is no such upload.", field=f"attachment_ids[{missing}]")
    return tuple(
        InboundAttachment(
            name=one.name, media_type=one.media_type, size=one.size, blob_key=one.blob_key
        )
        for one in found
    )


async def report_seen(
    database: Database,
    account: LocalAccount,
    row: SessionRow,
    seen: Seen,
    *,
    ids: Sequence[int] | None = None,
    until: int | None = None,
) -> None:
    """The visitor's page has these answers (`delivered`), or has shown them (`read`).

    Answers of other places, and ones that were seen already, change nothing.
    """
    async with database.reading() as work:
        bounds = await bounds_of(work, row)
        found = await visitor_stream.acknowledgeable(work, bounds.places, ids=ids, until=until)
    keys = [key for key, state in found if state in _BEFORE[seen]]
    events = [account.connector.to_signal(row.visitor, seen, send_key=key) for key in keys]
    if events:
        await account.sink.accept(events)


async def report_typing(account: LocalAccount, row: SessionRow, *, is_typing: bool) -> None:
    event = account.connector.to_signal(row.visitor, "typing", send_key=None)
    if isinstance(event, Typing):
        await account.sink.accept([msgspec.structs.replace(event, is_typing=is_typing)])
