"""A person's copy as one archive, and what forgetting them takes away, for agents who may."""

import asyncio
import zipfile
from pathlib import Path

import msgspec

from router.blobs import Blobs
from router.services import privacy
from router.services.callers import Caller
from router.services.errors import Forbidden, Refused
from router.services.viewer import find_conversation, viewer_of
from router.storage import persons
from router.storage import privacy as stored
from router.storage.engine import Database
from router.storage.profiles import persons as load_names


class Forgetting(msgspec.Struct, frozen=True, kw_only=True):
    """What goes when a person is erased."""

    messages: int
    files: int
    identities: int
    people: int
    """Themselves, and everybody merged into them."""


class EraseOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    """Their name as it is shown: so that nobody is forgotten by a slip."""


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    messages: int
    files: int


async def pack_person(
    database: Database, blobs: Blobs, caller: Caller, person_id: int, folder: Path
) -> Path:
    """A ZIP file in the empty `folder`: person.json and their files, of all merged into them.

    Raises NotFound, and Forbidden if the caller doesn't see all of their cases.
    """
    await _whole(database, caller, person_id)
    made = await privacy.export_person(
        database, blobs, caller.actor, person_id, folder / f"person-{person_id}"
    )
    archive = folder / "archive.zip"
    await asyncio.to_thread(_pack, made.folder, archive)
    return archive


async def count_forgotten(database: Database, caller: Caller, person_id: int) -> Forgetting:
    """Raises NotFound, and Forbidden if the caller doesn't see all of their cases."""
    root = await _whole(database, caller, person_id)
    async with database.reading() as work:
        members = await persons.members_of(work, root)
        messages = await stored.message_ids(work, members)
        files = await stored.blob_keys(work, members)
        identities = await stored.count_identities(work, members)
    return Forgetting(
        messages=len(messages), files=len(files), identities=identities, people=len(members)
    )


async def erase_person(
    database: Database, blobs: Blobs, caller: Caller, person_id: int, order: EraseOrder
) -> Erased:
    """Forget them for good. Raises NotFound, Forbidden, Conflict `busy`; Refused `wrong_name`."""
    root = await _whole(database, caller, person_id)
    async with database.reading() as work:
        [person] = await load_names(work, [root])
    if order.name.strip() != person["display_name"].strip():
        raise Refused("That is not their name.", code="wrong_name", field="name")
    done = await privacy.erase_person(database, blobs, caller.actor, root)
    return Erased(messages=done.messages, files=done.files)


async def _whole(database: Database, caller: Caller, person_id: int) -> int:
    """The root, if nothing of the conversation is hidden from the caller."""
    async with database.reading() as work:
        found = await find_conversation(work, viewer_of(caller), person_id)
    if found.hidden_cases:
        raise Forbidden("Somebody who sees all of their cases must do this.")
    return found.root_id


def _pack(folder: Path, archive: Path) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                packed.write(path, Path(folder.name) / path.relative_to(folder))
