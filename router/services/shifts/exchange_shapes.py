"""Exchanges of duties as they are written and read over the API."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from core.ids import RowId
from router.services.shifts.shapes import ShiftKey, ShownDuty, SwapPolicy

Note = Annotated[str, msgspec.Meta(max_length=300)]
Kind = Literal["give", "swap", "open"]
"""An agent gives a duty away; swaps it for another one; or is absent, and it is open."""
State = Literal["open", "accepted", "done", "declined", "withdrawn", "refused", "overtaken"]
"""`accepted`: both agree, and a supervisor is to say yes. `overtaken`: the duty became other."""
Act = Literal["accept", "decline", "withdraw", "decide"]


class NewExchange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One's own duty, to be given away or, with another one, swapped."""

    shift: ShiftKey
    day: date
    to_id: RowId | None = None
    """Null: anybody of the team; of a swap whoever has the other duty."""
    other_shift: ShiftKey | None = None
    """With `other_day`: what one works in its place. Null: it is given away."""
    other_day: date | None = None
    note: Note = ""


class ExchangeAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    answer: Literal["accept", "decline", "withdraw"]


class ExchangeDecision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    approve: bool


class Absence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An agent does not work one of their duties."""

    shift: ShiftKey
    day: date
    agent_id: RowId
    stand_in_id: RowId | None = None
    """Who works it for them. Null: it is open, for anybody of the team to take."""
    note: Note = ""
    accept: bool = False
    """Keep it even if it leaves a hole, or a clash of who stands in."""


class ShownExchange(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    kind: Kind
    state: State
    duty: ShownDuty | None
    """Null: the rota has it no more."""
    other: ShownDuty | None
    """Of a swap: what is worked in its place."""
    agent_id: int
    """Whose duty it is, or was."""
    to_id: int | None
    taken_by: int | None
    note: str
    made_at: datetime
    may: tuple[Act, ...]
    """What the one who reads may do."""
    is_new: bool
    """Something of it has happened that the one who reads has not seen."""


class Exchanges(msgspec.Struct, frozen=True, kw_only=True):
    policy: SwapPolicy
    exchanges: tuple[ShownExchange, ...]
    """What goes on first, newest first."""
