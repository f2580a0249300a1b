"""Rules and macros as they are written, kept and read over the API: nothing but their shapes.

Whatever declares routes imports these at start; what works on them is imported with the first call.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec

from core.ids import RowId
from router.services.automation.terms import Action, Actions, Definition, Field, Operator, Value

MOST_RULES = 500
MOST_CASES = 1_000
"""Of a dry run."""
MOST_MACRO_CASES = 100
RuleName = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
CaseIds = Annotated[tuple[RowId, ...], msgspec.Meta(min_length=1, max_length=MOST_MACRO_CASES)]
CaseMarks = Annotated[
    tuple[Annotated[str, msgspec.Meta(max_length=64)], ...],
    msgspec.Meta(max_length=MOST_MACRO_CASES),
]
Saw = str | int | bool | tuple[str | int, ...] | None
"""What stands in the log: never a text that somebody wrote."""


class Kind(StrEnum):
    """How a field's value is chosen."""

    CHOICE = "choice"
    """One of a closed list; several values: any of them."""
    TEXT = "text"
    """Whole and in any case; several values: any of them."""
    WORDS = "words"
    """Words or phrases that a text holds."""
    NUMBER = "number"
    FLAG = "flag"
    AGENT = "agent"
    TEAM = "team"
    LABEL = "label"
    FIELD = "field"
    """One that admins defined for cases: whole and in any case, or as a number."""


class FieldSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the schema that an editor is made from."""

    field: Field
    kind: Kind
    needs: Literal["person", "case", "message", "finding", "desk"]
    ops: tuple[Operator, ...]
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    has_name: bool = False
    """Whether it takes a name: an attribute's, or the number of a field of cases."""


InputKind = Literal[
    "agent", "team", "labels", "agents", "teams", "snippet", "choice", "number", "text", "time",
    "zone", "field",
]  # fmt: skip


class InputSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a "when" or of an action."""

    name: str
    kind: InputKind
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    is_optional: bool = False


class PartSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One sort of "when", by its `kind`; or one action, by its `do`."""

    tag: str
    inputs: tuple[InputSpec, ...]
    can_be_undone: bool = False


class RuleSchema(msgspec.Struct, frozen=True, kw_only=True):
    whens: tuple[PartSpec, ...]
    fields: tuple[FieldSpec, ...]
    actions: tuple[PartSpec, ...]
    deepest: int


class RuleFault(msgspec.Struct, frozen=True, kw_only=True):
    field: str
    """Its path, such as `condition.parts[0].value`."""
    sentence: str
    is_warning: bool = False
    """It can be saved so, and may not be what was meant."""


class NewRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: RuleName
    definition: Definition


class RuleChange(NewRule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    expect_version: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)] | None = None
    """That somebody began to change: 409 `moved_on` if there is a newer one. Null: whichever there
    is by now."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    is_on: bool
    version: int
    definition: Definition
    saved_by: str
    saved_at: datetime
    renamed_by: str | None
    """Who renamed or merged what it names, if that made its version; `saved_by` saved nothing."""
    stopped_at: datetime | None
    """It ran too often; `stopped_because` says how often and where."""
    stopped_because: str
    runs: int
    """Within a day: those that did what they say."""
    other_runs: int
    """Those that failed, or were held back."""
    ran_at: datetime | None
    put_off: int
    """Cases for which it came due, and which it looks at from `goes_on_at` on: it ran as often as
    it may within an hour."""
    goes_on_at: datetime | None


class SavedRule(msgspec.Struct, frozen=True, kw_only=True):
    rule: Rule
    warnings: list[RuleFault]


class RuleVersion(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    definition: Definition
    saved_by: str
    saved_at: datetime
    renamed_by: str | None = None
    """Who renamed or merged what it names then: it followed that, and its author saved nothing."""


class RuleRun(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    rule_id: int | None
    """None: a fact that no rule was asked about, as it failed as a whole."""
    name: str
    version: int | None
    person_id: int | None
    case_id: int | None
    message_id: int | None
    outcome: str
    """`done`, `failed` (an action; nothing of it is kept), `looped` (it would run on what it
    caused), `stopped` (too often), `skipped` (it failed as a whole, or goes on later)."""
    chain: list[int]
    """The rules that led to it, itself last."""
    explained: dict[str, Any]
    """`when`, `judged` (each condition with what it saw), `did`, `because`."""
    at: datetime


class Judged(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One node of the conditions, and how it came out."""

    kind: Literal["all", "any", "not", "test"]
    held: bool
    field: str = ""
    name: str = ""
    op: str = ""
    value: Value = None
    saw: Saw = None
    """What was there. Of a text: which of the words it holds."""
    is_missing: bool = False
    """There was no such case, message or field to ask: then nothing is so, and nothing is not so.
    """
    parts: tuple["Judged", ...] = ()


class Past(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    definition: Definition
    days: Annotated[int, msgspec.Meta(ge=1, le=90)] = 7
    most_cases: Annotated[int, msgspec.Meta(ge=1, le=MOST_CASES)] = MOST_CASES


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    action: Action
    is_so_already: bool


class Rehearsed(msgspec.Struct, frozen=True, kw_only=True):
    """One run that would have been."""

    case_id: int | None
    person_id: int
    message_id: int | None
    at: datetime
    judged: Judged
    would: tuple[Planned, ...]


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    cases: int
    """Looked at: the newest in which something was said in these days."""
    asked: int
    """Occasions of the rule's kind and others that it was asked about."""
    runs: int
    of_cases: int
    stops: str
    """Why it would have been stopped; empty: it would not."""
    is_replayed: bool
    """False: of this happening no past is kept, so each case was asked once as it is now."""
    faults: list[RuleFault]
    """Of a definition that cannot be saved: then nothing was asked."""
    examples: list[Rehearsed]
    """The newest."""


class NewMacro(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    reach: Literal["personal", "team", "shared"] = "personal"
    team_id: RowId | None = None
    actions: Actions


class MacroChange(NewMacro, frozen=True, kw_only=True, forbid_unknown_fields=True):
    expect_changed_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    """As it was when somebody began to change it: 409 `moved_on` if it was changed since. Null:
    however it is by now."""


class Macro(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    reach: str
    team_id: int | None
    actions: tuple[Action, ...]
    changed_at: datetime
    renamed_by: str | None
    """Who renamed or merged what it named, if that changed it last."""
    may_change: bool


class PreviewedWords(msgspec.Struct, frozen=True, kw_only=True):
    """What the person would be told."""

    text: str
    account_id: int | None
    """By which it would go out."""
    problem: str = ""
    """Why it cannot be said, in a sentence; empty: it can."""


class PreviewedCase(msgspec.Struct, frozen=True, kw_only=True):
    case_id: int
    would: tuple[Planned, ...]
    says: tuple[PreviewedWords, ...]
    """In the order in which it is said."""
    mark: str
    """Given back with the run, it does and says this, where this says it, or nothing."""


class MacroStep(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one case."""

    case_id: int
    came: Literal["done", "failed", "undone", "kept"]
    because: str = ""
    code: str = ""
    """Why it failed: `moved_on`, if it is no more what was marked, nor an unsolved case of that
    incident; `told_already`, if its person heard some of it in that."""


class PastStep(msgspec.Struct, frozen=True, kw_only=True):
    case_id: int
    person_id: int
    is_undone: bool


class PastMacroRun(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    agent_id: int
    agent_name: str
    at: datetime
    undone_at: datetime | None
    steps: tuple[PastStep, ...]
    """Cases to which it was done, of those that one sees."""


class MacroRun(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    steps: list[MacroStep]
