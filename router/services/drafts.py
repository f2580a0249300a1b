"""What an agent has begun to write in a conversation and not sent, with the files beside it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from core.ids import RowId
from core.rich_text import Span
from router.services.errors import Conflict, Refused
from router.services.shown.messages import Attachment, to_attachment
from router.services.viewer import Viewer, find_conversation
from router.storage import files, marks, persons
from router.storage.engine import Database
from router.storage.sight import find_hidden
from router.storage.unit_of_work import Fact, UnitOfWork

DraftKind = Literal["reply", "note"]
MAX_TEXT = 200_000
"""Characters."""
MAX_FILES = 20
MAX_OPTIONS = 128 * 1024
"""Bytes: room for the spans of a long text."""
_BETWEEN = "\n\n"


class Draft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: Annotated[str, msgspec.Meta(max_length=MAX_TEXT)] = ""
    options: dict[str, Any] = {}
    """Whatever the composer needs to be as it was: channel, formatting, copies."""
    attachment_ids: Annotated[tuple[RowId, ...], msgspec.Meta(max_length=MAX_FILES)] = ()
    """The agent's uploads that go with it: they are kept as long as it is."""
    revision: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] | None = None
    """Of what stands there. Of one to be kept: what its writer saw there; null: whatever it is."""

    @property
    def is_empty(self) -> bool:
        return not self.text.strip() and not self.attachment_ids


class KeptDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A draft as its composer shows it."""

    text: str
    options: dict[str, Any]
    files: tuple[Attachment, ...]
    """Those of its files that are still there."""
    revision: int
    """Rises with each write, from whatever device; 0: there is none."""


class DraftLine(msgspec.Struct, frozen=True, kw_only=True):
    """One draft in a list of all."""

    person_id: int
    display_name: str
    kind: DraftKind
    text: str
    """Its beginning."""
    files: int
    at: datetime


class Drafter(msgspec.Struct, frozen=True, kw_only=True):
    """Another agent who has begun an answer."""

    id: int
    name: str
    at: datetime


EMPTY = Draft(revision=0)
MOST_LISTED = 200


async def load_draft(database: Database, viewer: Viewer, person_id: int, kind: DraftKind) -> Draft:
    """An empty one if there is none. Raises NotFound: no such person."""
    async with database.reading() as work:
        return await find_draft(work, viewer, person_id, kind)


async def list_drafts(database: Database, viewer: Viewer) -> list[DraftLine]:
    """The agent's own, newest first; without those of conversations that they see no more."""
    async with database.reading() as work:
        rows = await marks.drafts_of(work, viewer.agent_id, MOST_LISTED)
        hidden = await find_hidden(work, {row["root_id"] for row in rows}, viewer.sight)
    return [
        DraftLine(
            person_id=row["root_id"],
            display_name=row["display_name"],
            kind=row["kind"],
            text=row["text"],
            files=row["files"],
            at=row["at"],
        )
        for row in rows
        if row["root_id"] not in hidden.roots
    ]


async def list_drafters(database: Database, viewer: Viewer, person_id: int) -> list[Drafter]:
    """Who else has begun an answer here, last touched first. Raises NotFound."""
    async with database.reading() as work:
        found = await find_conversation(work, viewer, person_id)
        members = await persons.members_of(work, found.root_id)
        rows = await marks.drafters_of(work, viewer.agent_id, members)
    return [Drafter(id=row["id"], name=row["name"], at=row["at"]) for row in rows]


async def load_kept(
    database: Database, viewer: Viewer, person_id: int, kind: DraftKind
) -> KeptDraft:
    """The same with what its files are."""
    async with database.reading() as work:
        draft = await find_draft(work, viewer, person_id, kind)
        return await to_kept(work, viewer, draft)


async def to_kept(work: UnitOfWork, viewer: Viewer, draft: Draft) -> KeptDraft:
    rows = await files.unsent_of(work, viewer.agent_id, draft.attachment_ids)
    found = {row["id"]: to_attachment(row) for row in rows}
    return KeptDraft(
        text=draft.text,
        options=draft.options,
        files=tuple(found[one] for one in draft.attachment_ids if one in found),
        revision=draft.revision or 0,
    )


async def find_draft(work: UnitOfWork, viewer: Viewer, person_id: int, kind: DraftKind) -> Draft:
    """Raises NotFound: no such person."""
    found = await find_conversation(work, viewer, person_id)
    members = await persons.members_of(work, found.root_id)
    row = await marks.find_draft(work, viewer.agent_id, members, kind)
    if row is None:
        return EMPTY
    return Draft(
        text=row.text,
        options=row.options,
        attachment_ids=tuple(row.attachment_ids),
        revision=row.revision,
    )


async def save_draft(
    database: Database,
    viewer: Viewer,
    person_id: int,
    kind: DraftKind,
    draft: Draft,
) -> int:
    """The agent's only draft of this kind in the conversation, and its revision. Without text and
    files it is none.

    Raises NotFound, Refused, and Conflict `draft_changed` unless what stands there has the draft's
    revision (0: nothing stands there).
    """
    if len(msgspec.json.encode(draft.options)) > MAX_OPTIONS:
        raise Refused(f"At most {MAX_OPTIONS} bytes.", code="too_long", field="options")
    async with database.transaction() as work:
        return await _put(work, viewer, person_id, kind, draft)


async def drop_draft(
    database: Database,
    viewer: Viewer,
    person_id: int,
    kind: DraftKind,
    *,
    revision: int | None = None,
) -> None:
    """There is none afterwards. Raises NotFound (no such person), Conflict `draft_changed`."""
    await save_draft(database, viewer, person_id, kind, Draft(revision=revision))


async def put_ahead(
    work: UnitOfWork,
    viewer: Viewer,
    person_id: int,
    kind: DraftKind,
    first: Draft,
    attachment_ids: Sequence[int],
) -> Draft:
    """What was taken back stands ahead of what is written by now; the draft as it is then.

    Raises Conflict `too_many_files` and `too_long` where both together are no draft any more.
    """
    await _lock(work, viewer, person_id, kind)
    now = await find_draft(work, viewer, person_id, kind)
    between = _BETWEEN if first.text and now.text else ""
    begins = len(first.text) + len(between)  # spans count code points, as Python does
    newer = (
        msgspec.structs.replace(one, start=one.start + begins, end=one.end + begins)
        for one in _spans_of(now)
    )
    spans = msgspec.to_builtins([*_spans_of(first), *newer])
    offers = first.options.get("offers") or now.options.get("offers") or []
    options = {**first.options, "spans": spans, "offers": offers}
    joined = Draft(
        text=f"{first.text}{between}{now.text}",
        options=options,
        attachment_ids=(*attachment_ids, *now.attachment_ids),
    )
    if len(joined.attachment_ids) > MAX_FILES:
        raise Conflict(
            f"With the files of your draft there are more than {MAX_FILES}.", code="too_many_files"
        )
    if len(joined.text) > MAX_TEXT or len(msgspec.json.encode(options)) > MAX_OPTIONS:
        raise Conflict("With your draft it is too long for one.", code="too_long")
    revision = await _put(work, viewer, person_id, kind, joined)
    return msgspec.structs.replace(joined, revision=revision)


def _spans_of(draft: Draft) -> list[Span]:
    """How its text is formatted; a composer that left something else there left nothing."""
    try:
        return msgspec.convert(draft.options.get("spans", []), list[Span])
    except msgspec.ValidationError:
        return []


async def _lock(work: UnitOfWork, viewer: Viewer, person_id: int, kind: DraftKind) -> int:
    """One write at a time of this draft. Its conversation's root."""
    found = await find_conversation(work, viewer, person_id)
    await marks.lock_drafts(work, viewer.agent_id, found.root_id, kind)
    return found.root_id


async def _put(
    work: UnitOfWork,
    viewer: Viewer,
    person_id: int,
    kind: DraftKind,
    draft: Draft,
) -> int:
    root, agent = await _lock(work, viewer, person_id, kind), viewer.agent_id
    members = await persons.members_of(work, root)
    had = await marks.has_draft(work, agent, members)
    before = await marks.find_draft(work, agent, members, kind)
    standing = 0 if before is None else before.revision
    if draft.revision not in (None, standing):
        raise Conflict("It was written on elsewhere.", code="draft_changed", revision=standing)
    revision = 0
    others = members if draft.is_empty else [member for member in members if member != root]
    await marks.drop_drafts(work, agent, others, kind)
    if not draft.is_empty:
        revision = await marks.put_draft(
            work,
            agent,
            root,
            kind,
            text=draft.text,
            options=draft.options,
            attachment_ids=draft.attachment_ids,
        )
    dropped = () if before is None else before.attachment_ids
    await marks.keep_files(work, agent, draft.attachment_ids, dropped)
    if had != await marks.has_draft(work, agent, members):
        work.announce(Fact.READ_CHANGED, person=root, ref=agent)
    return revision
