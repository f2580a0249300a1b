"""Moves of messages between cases, as the API takes and shows them."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from core.ids import RowId
from router.services.shown.cases import Case
from router.services.shown.names import Named

MOST_PICKED = 200
MAX_SUBJECT = 200


class NewMove(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Messages of a case that belong to another one, or to a new one."""

    message_ids: Annotated[tuple[RowId, ...], msgspec.Meta(max_length=MOST_PICKED)] = ()
    from_message_id: RowId | None = None
    """This one and all of its case that came after it; instead of `message_ids`."""
    to_case_id: RowId | None = None
    """Null: a new case is made for them."""
    subject: Annotated[str, msgspec.Meta(max_length=MAX_SUBJECT)] = ""
    """Of the new case."""


class MergeCase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    into: RowId
    """The case of the same conversation that stands for both from now on."""


class CaseMove(msgspec.Struct, frozen=True, kw_only=True):
    """One move of messages; what of it is not seen by the caller is not told."""

    id: int
    kind: Literal["move", "correction", "split", "merge"]
    from_case_id: int
    to_case_id: int
    agent: Named | None
    at: datetime
    undone_at: datetime | None
    message_count: int


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    move: CaseMove
    cases: tuple[Case, ...]
    """Those that changed, as they are now."""


class UndoOffer(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a move could be undone just now, by whoever asks."""

    is_possible: bool
    code: str = ""
    """Why not, as the undo would be refused: `undone`, `would_show`, `may_not_lower`."""
    because: str = ""
    """The same as a sentence."""


class CaseMoves(msgspec.Struct, frozen=True, kw_only=True):
    moves: tuple[CaseMove, ...]
    """The newest first."""


Why = Literal["new", "newest_open", "answer", "corrected", "moved", "merged", "written"]


class CaseChoice(msgspec.Struct, frozen=True, kw_only=True):
    """Why a message is in its case."""

    case_id: int
    why: Why
    """`new`: it began it; `answer`: it answers what was said there; `corrected`: an agent moved
    what was said before it in the same thread; `written`: an agent wrote it there."""
    has_reopened: bool
    """The case was solved before."""
    moved_by: Named | None
    moved_at: datetime | None
