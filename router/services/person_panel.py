"""What agents write down about a person: notes, consents, whether they are blocked."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import msgspec

from router.services import audit
from router.services.callers import Caller
from router.services.errors import Conflict, NotFound, Refused
from router.services.shown.names import Named
from router.services.shown.people import Person, load_persons
from router.services.viewer import find_conversation, no_person, viewer_of
from router.storage import person_panel as stored
from router.storage import persons
from router.storage.engine import Database
from router.storage.person_panel import NoteRow
from router.storage.profiles import MOST_NOTES
from router.storage.unit_of_work import Fact, UnitOfWork

NoteText = Annotated[str, msgspec.Meta(min_length=1, max_length=10_000)]
Purpose = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Source = Annotated[str, msgspec.Meta(max_length=500)]


class NewNote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: NoteText


class NoteChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: NoteText
    revision: int
    """The one that was read: another agent's words are not overwritten unseen."""


class NewConsent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    purpose: Purpose
    is_given: bool
    """False: they take it back, or refuse."""
    source: Source = ""


class PersonBlock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    is_blocked: bool


class NoteRevision(msgspec.Struct, frozen=True, kw_only=True):
    revision: int
    text: str
    agent: Named
    at: datetime


async def add_note(database: Database, caller: Caller, person_id: int, new: NewNote) -> Person:
    """The person with it. Raises NotFound, Refused; Conflict `too_many`."""
    text = _said(new.text, "text")
    async with database.transaction() as work:
        root = await _locked(work, caller, person_id)
        if await stored.count_notes(work, root) >= MOST_NOTES:
            raise Conflict(f"At most {MOST_NOTES} notes: remove one first.", code="too_many")
        note = await stored.insert_note(work, root, caller.agent_id, text)
        return await _done(work, caller, root, "person.note_added", f"person_notes/{note}")


async def change_note(
    database: Database, caller: Caller, note_id: int, change: NoteChange
) -> Person:
    """What it said before stays in its revisions. Raises NotFound; Conflict `note_changed`."""
    text = _said(change.text, "text")
    async with database.transaction() as work:
        note, root = await _locked_note(work, caller, note_id)
        if note.revision != change.revision:
            raise Conflict("Somebody changed this note meanwhile.", code="note_changed")
        if note.text == text:
            return (await load_persons(work, [root]))[root]
        await stored.change_note(work, note, caller.agent_id, text)
        facts = {"revision": note.revision + 1}
        return await _done(
            work, caller, root, "person.note_changed", f"person_notes/{note_id}", facts
        )


async def remove_note(database: Database, caller: Caller, note_id: int) -> Person:
    """It is shown no more. Raises NotFound."""
    async with database.transaction() as work:
        _, root = await _locked_note(work, caller, note_id)
        await stored.remove_note(work, note_id)
        return await _done(work, caller, root, "person.note_removed", f"person_notes/{note_id}")


async def list_revisions(database: Database, caller: Caller, note_id: int) -> list[NoteRevision]:
    """What a note said, the newest first. Raises NotFound."""
    async with database.reading() as work:
        note = await stored.find_note(work, note_id)
        if note is None or note.removed_at is not None:
            raise _no_note(note_id)
        await _find(work, caller, note)
        rows = await stored.note_revisions(work, note_id)
    return [
        NoteRevision(
            revision=row["revision"],
            text=row["text"],
            agent=Named(id=row["agent_id"], name=row["agent_name"]),
            at=row["at"],
        )
        for row in rows
    ]


async def note_consent(
    database: Database, caller: Caller, person_id: int, new: NewConsent
) -> Person:
    """It counts from now on; what counted before stays in the record. Raises NotFound, Refused."""
    purpose = _said(new.purpose, "purpose")
    async with database.transaction() as work:
        root = await _locked(work, caller, person_id)
        consent = await stored.insert_consent(
            work,
            root,
            caller.agent_id,
            purpose=purpose,
            is_given=new.is_given,
            source=new.source.strip(),
        )
        action = "person.consent_given" if new.is_given else "person.consent_withdrawn"
        return await _done(work, caller, root, action, f"person_consents/{consent}")


async def block_person(
    database: Database, caller: Caller, person_id: int, wanted: PersonBlock
) -> Person:
    """From now on what they write is kept and rings nowhere; or it rings again. Raises NotFound."""
    async with database.transaction() as work:
        root = await _locked(work, caller, person_id)
        if not await stored.block_person(work, root, is_blocked=wanted.is_blocked):
            return (await load_persons(work, [root]))[root]
        action = "person.blocked" if wanted.is_blocked else "person.unblocked"
        return await _done(work, caller, root, action, f"persons/{root}")


async def _locked(work: UnitOfWork, caller: Caller, person_id: int) -> int:
    root = await persons.lock_root(work, person_id)
    if root is None:
        raise no_person(person_id)
    return (await find_conversation(work, viewer_of(caller), root)).root_id


async def _locked_note(work: UnitOfWork, caller: Caller, note_id: int) -> tuple[NoteRow, int]:
    found = await stored.find_note(work, note_id)
    if found is None:
        raise _no_note(note_id)
    await persons.lock_root(work, found.person_id)
    note = await stored.find_note(work, note_id)
    if note is None or note.removed_at is not None:
        raise _no_note(note_id)
    return note, await _find(work, caller, note)


async def _find(work: UnitOfWork, caller: Caller, note: NoteRow) -> int:
    try:
        return (await find_conversation(work, viewer_of(caller), note.person_id)).root_id
    except NotFound as error:
        raise _no_note(note.id) from error


async def _done(
    work: UnitOfWork,
    caller: Caller,
    root: int,
    action: str,
    subject: str,
    facts: Mapping[str, int] | None = None,
) -> Person:
    work.announce(Fact.PERSON_CHANGED, person=root, ref=root)
    person = (await load_persons(work, [root]))[root]
    await audit.record(work, caller.actor, action, subject, {"person": root, **(facts or {})})
    return person


def _said(text: str, field: str) -> str:
    text = text.strip()
    if not text:
        raise Refused("Nothing is said.", code="empty", field=field)
    return text


def _no_note(note_id: int) -> NotFound:
    return NotFound(f"There is no note {note_id}.")
