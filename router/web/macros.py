"""Routes: macros, what one would do, what it did, and its undo.

What works on them is imported with the first call: most processes are never asked.
"""

from typing import Annotated

import msgspec

from core.ids import RowId
from router.services.automation.shapes import (
    CaseIds,
    CaseMarks,
    Macro,
    MacroChange,
    MacroRun,
    NewMacro,
    PastMacroRun,
    PreviewedCase,
)
from router.services.roles import Permission
from router.web.arguments import Id
from router.web.context import Call
from router.web.policy import allow
from router.web.routes import Routes
from router.web.rules import can_step_up, tools_of

routes = Routes(tag="macros")

USE = allow(Permission.CHANGE_CASES)
Page = Annotated[int, msgspec.Meta(ge=1, le=200)]


class Macros(msgspec.Struct, frozen=True, kw_only=True):
    macros: list[Macro]


class OnCases(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    case_ids: CaseIds
    incident_id: RowId | None = None
    """Only as unsolved cases of this one, and nobody hears the same words twice in it. Null: of
    whatever they are."""


class RunOnCases(OnCases, frozen=True, kw_only=True, forbid_unknown_fields=True):
    client_key: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    """The same again is the same run: nothing is done or said twice."""
    marks: CaseMarks | None = None
    """Of the previews that somebody said yes to. A case that is not as one of these is left, with
    the code `moved_on`. Null: whatever it does by now."""


class MacroRuns(msgspec.Struct, frozen=True, kw_only=True):
    runs: list[PastMacroRun]
    before: int | None
    """The next page's; null: this is the last."""


class MacroPreview(msgspec.Struct, frozen=True, kw_only=True):
    cases: list[PreviewedCase]


@routes.get("/macros", policy=USE)
async def list_macros(call: Call) -> Macros:
    """The agent's own, those of their teams, and everybody's; by name."""
    from router.services.automation import macros

    return Macros(macros=await macros.list_macros(call.context.database, call.caller))


@routes.post("/macros", policy=USE, status=201)
async def add_macro(call: Call, body: NewMacro) -> Macro:
    """A new macro. 403: only who makes rules, or is in the team, keeps one for others."""
    return await _save(call, None, body)


@routes.put("/macros/{macro_id}", policy=USE, errors=(409,))
async def change_macro(call: Call, macro_id: Id, body: MacroChange) -> Macro:
    """Another name, other actions, or for others. 409 `moved_on`: it was changed since."""
    return await _save(call, macro_id, body)


@routes.delete("/macros/{macro_id}", policy=USE)
async def drop_macro(call: Call, macro_id: Id) -> None:
    """Nobody runs it any more."""
    from router.services.automation import macros

    await macros.drop_macro(call.context.database, call.caller, macro_id)


@routes.post("/macros/{macro_id}/restore", policy=USE)
async def restore_macro(call: Call, macro_id: Id, without_gone: bool = False) -> Macro:
    """One that was removed is there again. 400 `macro_names_gone` says what it names that is gone,
    unless it is to be put back without that."""
    from router.services.automation import restoring

    return await restoring.restore_macro(
        call.context.database,
        call.caller,
        macro_id,
        can_step_up=can_step_up(call),
        without_gone=without_gone,
    )


@routes.get("/macros/{macro_id}/runs", policy=USE)
async def list_macro_runs(
    call: Call, macro_id: Id, before: Id | None = None, limit: Page = 30
) -> MacroRuns:
    """Who ran it, on which cases, and whether that was undone; newest first."""
    from router.services.automation import macros

    runs = await macros.list_runs(
        call.context.database, call.caller, macro_id, before=before, limit=limit
    )
    return MacroRuns(runs=runs, before=runs[-1].id if len(runs) == limit else None)


@routes.post("/macros/{macro_id}/preview", policy=USE)
async def preview_macro(call: Call, macro_id: Id, body: OnCases) -> MacroPreview:
    """What it would do to these cases, what of it is so already, and what it would say, word for
    word. Nothing is done."""
    from router.services.automation import macros

    found = await macros.preview(
        call.context.database,
        tools_of(call),
        call.caller,
        macro_id,
        body.case_ids,
        incident_id=body.incident_id,
    )
    return MacroPreview(cases=found)


@routes.post("/macros/{macro_id}/run", policy=USE, errors=(409,))
async def run_macro(call: Call, macro_id: Id, body: RunOnCases) -> MacroRun:
    """Do it to these cases, each by itself; what became of each. 409: another macro was run with
    this key, or it was undone."""
    from router.services.automation import macros

    return await macros.run_macro(
        call.context.database,
        tools_of(call),
        call.caller,
        macro_id,
        body.case_ids,
        client_key=body.client_key,
        marks=body.marks,
        incident_id=body.incident_id,
    )


@routes.post("/macro-runs/{run_id}/undo", policy=USE, errors=(409,))
async def undo_macro_run(call: Call, run_id: Id) -> MacroRun:
    """Put back what nobody changed since. What was said stays. 409: it was undone before."""
    from router.services.automation import macros

    return await macros.undo_run(call.context.database, call.caller, run_id)


async def _save(call: Call, macro_id: int | None, body: NewMacro) -> Macro:
    from router.services.automation import macros

    return await macros.save_macro(
        call.context.database,
        call.caller,
        macro_id,
        body,
        can_step_up=can_step_up(call),
    )
