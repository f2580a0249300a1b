"""Routes: what agents write down about a person, a copy of everything, and forgetting them."""

import tempfile
from pathlib import Path
from typing import Annotated

import msgspec
from aiohttp import hdrs, web

from router.services import directory, person_archive, person_panel, visited_pages
from router.services.directory import Directory
from router.services.person_archive import Erased, EraseOrder, Forgetting
from router.services.person_panel import (
    NewConsent,
    NewNote,
    NoteChange,
    NoteRevision,
    PersonBlock,
)
from router.services.roles import Permission
from router.services.shown.people import Person
from router.services.viewer import viewer_of
from router.storage.visited_pages import VisitedPage
from router.web.arguments import Id
from router.web.context import Call
from router.web.conversations import READ, WRITE, PageSize
from router.web.files import blobs_of
from router.web.policy import allow
from router.web.routes import Routes

routes = Routes(tag="persons")

CHUNK = 1 << 18

Beginning = Annotated[str, msgspec.Meta(max_length=200)]
RankText = Annotated[str, msgspec.Meta(pattern=r"^\d{1,18}-\d{1,18}$")]


@routes.get("/people", policy=READ)
async def list_people(
    call: Call, q: Beginning = "", before: RankText | None = None, limit: PageSize = 50
) -> Directory:
    """Everybody who wrote, or was written to, who had news last first; with `q` those with a name
    or address that has this. `before` is the last page's.
    """
    return await directory.list_people(
        call.context.database, viewer_of(call.caller), text=q, before=before, limit=limit
    )


class VisitedPages(msgspec.Struct, frozen=True, kw_only=True):
    pages: list[VisitedPage]


@routes.get("/persons/{person_id}/pages", policy=READ)
async def list_visited_pages(call: Call, person_id: Id) -> VisitedPages:
    """Where the person came by on sites that want agents to see that, newest first."""
    viewer = viewer_of(call.caller)
    pages = await visited_pages.list_pages(call.context.database, viewer, person_id)
    return VisitedPages(pages=pages)


class NoteRevisions(msgspec.Struct, frozen=True, kw_only=True):
    revisions: list[NoteRevision]


@routes.post("/persons/{person_id}/notes", policy=WRITE, status=201, errors=(409,))
async def add_person_note(call: Call, person_id: Id, body: NewNote) -> Person:
    """Note something about the person; whose conversation it is, with it."""
    return await person_panel.add_note(call.context.database, call.caller, person_id, body)


@routes.patch("/person-notes/{note_id}", policy=WRITE, errors=(409,))
async def change_person_note(call: Call, note_id: Id, body: NoteChange) -> Person:
    """Another revision of a note. 409 `note_changed` if there is a newer one than was read."""
    return await person_panel.change_note(call.context.database, call.caller, note_id, body)


@routes.delete("/person-notes/{note_id}", policy=WRITE, status=200)
async def remove_person_note(call: Call, note_id: Id) -> Person:
    """Show it no more."""
    return await person_panel.remove_note(call.context.database, call.caller, note_id)


@routes.get("/person-notes/{note_id}/revisions", policy=READ)
async def read_note_revisions(call: Call, note_id: Id) -> NoteRevisions:
    """What a note said, the newest first."""
    found = await person_panel.list_revisions(call.context.database, call.caller, note_id)
    return NoteRevisions(revisions=found)


@routes.post("/persons/{person_id}/consents", policy=WRITE, status=201)
async def note_consent(call: Call, person_id: Id, body: NewConsent) -> Person:
    """They agreed to something, or took it back. The newest of each purpose counts."""
    return await person_panel.note_consent(call.context.database, call.caller, person_id, body)


@routes.put("/persons/{person_id}/block", policy=allow(Permission.CHANGE_IDENTITIES))
async def block_person(call: Call, person_id: Id, body: PersonBlock) -> Person:
    """What they write from now on is kept and rings nowhere; or it rings again."""
    return await person_panel.block_person(call.context.database, call.caller, person_id, body)


@routes.get(
    "/persons/{person_id}/export",
    policy=allow(Permission.EXPORT_PERSONS),
    gives=("application/zip",),
    errors=(403,),
)
async def export_person(call: Call, person_id: Id) -> web.StreamResponse:
    """A ZIP file with person.json and all files, of the person and of all merged into them. 403 if
    the caller doesn't see all of their cases.
    """
    context = call.context
    with tempfile.TemporaryDirectory(prefix="onethread-export-") as folder:
        archive = await person_archive.pack_person(
            context.database, blobs_of(call), call.caller, person_id, Path(folder)
        )
        response = web.StreamResponse(
            headers={
                hdrs.CONTENT_TYPE: "application/zip",
                hdrs.CONTENT_DISPOSITION: f'attachment; filename="person-{person_id}.zip"',
                hdrs.CACHE_CONTROL: "no-store",
            }
        )
        response.content_length = archive.stat().st_size
        await response.prepare(call.request)
        with archive.open("rb") as file:
            while chunk := file.read(CHUNK):
                await response.write(chunk)
        await response.write_eof()
        return response


@routes.get("/persons/{person_id}/erasure", policy=allow(Permission.ERASE_PERSONS), errors=(403,))
async def preview_erasure(call: Call, person_id: Id) -> Forgetting:
    """What forgetting them takes away."""
    return await person_archive.count_forgotten(call.context.database, call.caller, person_id)


@routes.post(
    "/persons/{person_id}/erasure", policy=allow(Permission.ERASE_PERSONS), errors=(403, 409)
)
async def erase_person(call: Call, person_id: Id, body: EraseOrder) -> Erased:
    """Texts, files, handles and names are gone for good; ids, times and the audit log stay. 400
    `wrong_name` unless their name stands in the body; 409 `busy` while something is on its way.
    """
    context = call.context
    return await person_archive.erase_person(
        context.database, blobs_of(call), call.caller, person_id, body
    )
