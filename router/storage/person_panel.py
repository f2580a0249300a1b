"""What agents write down about persons: notes with revisions, consents, blocks, preference."""

from dataclasses import dataclass
from datetime import datetime

from router.storage.records import Record, fetch
from router.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRow:
    id: int
    person_id: int
    text: str
    revision: int
    removed_at: datetime | None


async def find_note(work: UnitOfWork, note_id: int) -> NoteRow | None:
    row = await work.driver.fetchrow(
        "select id, person_id, text, revision, removed_at from person_notes where id = $1", note_id
    )
    return NoteRow(**row) if row else None


async def count_notes(work: UnitOfWork, root_id: int) -> int:
    """Those that are shown of a conversation."""
    found: int = await work.driver.fetchval(
        "select count(*) from person_notes n join persons p on p.id = n.person_id"
        " where p.root_id = $1 and n.removed_at is null",
        root_id,
    )
    return found


async def insert_note(work: UnitOfWork, person_id: int, agent_id: int, text: str) -> int:
    """With its first revision. Under the lock of the root."""
    note: int = await work.driver.fetchval(
        "insert into person_notes (person_id, agent_id, text, written_at, changed_at)"
        " values ($1, $2, $3, $4, $4) returning id",
        person_id,
        agent_id,
        text,
        work.now(),
    )
    await _insert_revision(work, note, 0, agent_id, text)
    return note


async def change_note(work: UnitOfWork, note: NoteRow, agent_id: int, text: str) -> None:
    """A further revision. Under the lock of the root."""
    await work.driver.execute(
        "update person_notes set text = $2, agent_id = $3, revision = revision + 1,"
        " changed_at = $4 where id = $1",
        note.id,
        text,
        agent_id,
        work.now(),
    )
    await _insert_revision(work, note.id, note.revision + 1, agent_id, text)


async def remove_note(work: UnitOfWork, note_id: int) -> None:
    """It is shown no more; its revisions stay until the person is erased."""
    await work.driver.execute(
        "update person_notes set removed_at = $2 where id = $1", note_id, work.now()
    )


async def note_revisions(work: UnitOfWork, note_id: int) -> list[Record]:
    """The newest first."""
    return await fetch(
        work,
        "select r.revision, r.text, r.at, r.agent_id, a.name as agent_name"
        " from person_note_revisions r join agents a on a.id = r.agent_id"
        " where r.note_id = $1 order by r.revision desc limit 200",
        note_id,
    )


async def insert_consent(
    work: UnitOfWork, person_id: int, agent_id: int, *, purpose: str, is_given: bool, source: str
) -> int:
    consent: int = await work.driver.fetchval(
        "insert into person_consents (person_id, agent_id, purpose, is_given, source, at)"
        " values ($1, $2, $3, $4, $5, $6) returning id",
        person_id,
        agent_id,
        purpose,
        is_given,
        source,
        work.now(),
    )
    return consent


async def block_person(work: UnitOfWork, root_id: int, *, is_blocked: bool) -> bool:
    """Whether that changed anything. One who is blocked speaks for the whole conversation, and when
    it is taken back nobody of it is any more."""
    if not is_blocked:
        freed: str = await work.driver.execute(
            "update persons set blocked_at = null where root_id = $1 and blocked_at is not null",
            root_id,
        )
        return freed != "UPDATE 0"
    done: str = await work.driver.execute(
        "update persons set blocked_at = $2 where id = $1 and not exists"
        " (select from persons where root_id = $1 and blocked_at is not null)",
        root_id,
        work.now(),
    )
    return done != "UPDATE 0"


async def block_identity(work: UnitOfWork, identity_id: int, *, is_blocked: bool) -> bool:
    """Whether that changed anything."""
    done: str = await work.driver.execute(
        "update identities set blocked_at = case when $2 then $3::timestamptz end"
        " where id = $1 and (blocked_at is not null) <> $2",
        identity_id,
        is_blocked,
        work.now(),
    )
    return done != "UPDATE 0"


async def allow_pictures(work: UnitOfWork, identity_id: int, *, is_allowed: bool) -> bool:
    """Whether that changed anything."""
    done: str = await work.driver.execute(
        "update identities set shows_pictures = $2 where id = $1 and shows_pictures <> $2",
        identity_id,
        is_allowed,
    )
    return done != "UPDATE 0"


async def shows_pictures(work: UnitOfWork, message_id: int) -> bool:
    """Whether pictures from elsewhere are shown in what this message's sender writes. Never where
    it is not proven that they wrote it."""
    return bool(
        await work.driver.fetchval(
            "select i.shows_pictures from messages m join identities i on i.id = m.identity_id"
            " where m.id = $1 and m.direction = 'in' and m.level > 0",
            message_id,
        )
    )


async def prefer_identity(work: UnitOfWork, root_id: int, identity_id: int) -> bool:
    """Whether it was not the preferred one of its conversation before."""
    newest = await work.driver.fetchval(
        "select i.id from persons p join identities i on i.home_person_id = p.id"
        " where p.root_id = $1 and i.preferred_at is not null"
        " order by i.preferred_at desc, i.id desc limit 1",
        root_id,
    )
    if newest == identity_id:
        return False
    await work.driver.execute(
        "update identities set preferred_at = $2 where id = $1", identity_id, work.now()
    )
    return True


async def prefer_none(work: UnitOfWork, root_id: int) -> bool:
    """Whether there was a preferred one. All of the conversation are plain from now on."""
    done: str = await work.driver.execute(
        "update identities i set preferred_at = null from persons p"
        " where p.id = i.home_person_id and p.root_id = $1 and i.preferred_at is not null",
        root_id,
    )
    return done != "UPDATE 0"


async def _insert_revision(
    work: UnitOfWork, note_id: int, revision: int, agent_id: int, text: str
) -> None:
    await work.driver.execute(
        "insert into person_note_revisions (note_id, revision, agent_id, text, at)"
        " values ($1, $2, $3, $4, $5)",
        note_id,
        revision,
        agent_id,
        text,
        work.now(),
    )
