"""What a person may ask for: a copy of everything about them, or that it is forgotten."""

import asyncio
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from router.blobs import BlobMissing, Blobs
from router.services import audit
from router.services.errors import Conflict, NotFound
from router.storage import persons, privacy, retention
from router.storage.engine import Database
from router.storage.unit_of_work import Fact

FRESH = timedelta(minutes=10)
"""A blob this young may belong to a message whose row is not committed: the janitor takes it."""
SHOWN = 200
"""So many of the newest messages vanish at once from pages that show them."""
_SAFE = re.compile(r"[^\w.-]+")
_SUFFIXES = {"message/rfc822": "eml", "application/json": "json", "text/plain": "txt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    folder: Path
    messages: int
    files: int
    missing: tuple[str, ...] = ()
    """Blobs that the record names and that are gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    root_id: int
    person_ids: tuple[int, ...]
    messages: int
    files: int


async def export_person(
    database: Database, blobs: Blobs, actor: str, person_id: int, folder: Path
) -> Export:
    """`folder` holds person.json and the files, of the person and of all merged into them.

    Raises NotFound, and Conflict if the folder is there and not empty.
    """
    if await asyncio.to_thread(_is_taken, folder):
        raise Conflict(f"{folder} is not empty.", code="folder_taken")
    async with database.reading() as work:
        found = await privacy.members(work, person_id)
        if found is None:
            raise NotFound(f"There is no person {person_id}.")
        root, members = found
        everything = await privacy.read_everything(work, members)
        sources = await privacy.raw_sources(work, members)
    files = folder / "files"
    await asyncio.to_thread(files.mkdir, parents=True, mode=0o700)
    for message_id, media_type, raw in sources:
        name = f"source-{message_id}.{_SUFFIXES.get(media_type, 'bin')}"
        await asyncio.to_thread((files / name).write_bytes, raw)
    count, missing = await _copy_blobs(blobs, everything, files)
    document = {"root_id": root, "exported_at": database.clock.now(), **everything}
    text = msgspec.json.format(msgspec.json.encode(document), indent=2)
    await asyncio.to_thread((folder / "person.json").write_bytes, text)
    async with database.transaction() as work:
        await audit.record(work, actor, "person.exported", f"persons/{root}")
    return Export(
        folder=folder,
        messages=len(everything["messages"]),
        files=len(sources) + count,
        missing=tuple(missing),
    )


async def erase_person(database: Database, blobs: Blobs, actor: str, person_id: int) -> Erasure:
    """Texts, files, handles and names are gone, of the person and of all merged into them.

    Ids, times and the audit log stay and stay valid. Who writes again is a new person. Raises
    NotFound, and Conflict while something is on its way to them.
    """
    async with database.transaction() as work:
        root = await persons.lock_root(work, person_id)
        found = None if root is None else await privacy.members(work, root)
        if found is None:
            raise NotFound(f"There is no person {person_id}.")
        root, members = found
        if await privacy.sending(work, members):
            raise Conflict("A message to them is on its way: try again in a minute.", code="busy")
        keys = await privacy.blob_keys(work, members)
        messages = await privacy.message_ids(work, members)
        await privacy.blot_out(work, members)
        for message in messages[-SHOWN:]:
            work.announce(Fact.MESSAGE_CHANGED, person=root, ref=message)
        work.announce(Fact.PERSON_CHANGED, person=root, ref=root)
        facts = {"messages": len(messages), "files": len(keys)}
        await audit.record(work, actor, "person.erased", f"persons/{root}", facts)
    async with database.reading() as work:
        lost = await retention.unreferenced(work, keys)
    for key in lost:
        await blobs.drop_idle(key, idle=FRESH)
    return Erasure(root_id=root, person_ids=tuple(members), messages=len(messages), files=len(lost))


async def _copy_blobs(
    blobs: Blobs, everything: dict[str, list[dict[str, Any]]], files: Path
) -> tuple[int, list[str]]:
    count = 0
    missing: list[str] = []
    named = [
        (row["blob_key"], f"attachment-{row['id']}-{_SAFE.sub('_', row['name'])[-80:] or 'file'}")
        for row in everything["attachments"]
    ] + [
        (row["blob_key"], f"source-{row['message_id']}.{_SUFFIXES.get(row['media_type'], 'bin')}")
        for row in everything["message_sources"]
    ]
    for key, name in named:
        if key is None:
            continue
        try:
            await _copy_blob(blobs, key, files / name)
        except BlobMissing:
            missing.append(key)
        else:
            count += 1
    return count, missing


async def _copy_blob(blobs: Blobs, key: str, target: Path) -> None:
    async with blobs.open(key) as reader:
        file = await asyncio.to_thread(target.open, "wb")
        try:
            while chunk := await reader.read(1 << 20):
                await asyncio.to_thread(file.write, chunk)
        finally:
            await asyncio.to_thread(file.close)


def _is_taken(folder: Path) -> bool:
    return folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
