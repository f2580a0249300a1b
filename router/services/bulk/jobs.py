"""Jobs as agents ask for them: made, read, undone."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from core.ids import RowId
from router.services.bulk.meant import list_meant
from router.services.case_values import FieldValues, check_values
from router.services.cases import CaseChange, Labels, Priority
from router.services.errors import Conflict, Forbidden, NotFound, Refused
from router.services.labels import check_labels
from router.services.viewer import Viewer
from router.services.views import WHOLE_VIEW, Scope, condition_of, list_scope
from router.storage import bulk as stored
from router.storage import cases as stored_cases
from router.storage import incidents, topics
from router.storage.bulk import JobRow
from router.storage.conditions import InIncident
from router.storage.engine import Database
from router.storage.sight import find_hidden
from router.storage.unit_of_work import Fact, UnitOfWork

MOST_IDS = 5_000
SHOWN_JOBS = 10
JobState = Literal["running", "done", "undoing", "undone"]


class BulkChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of the case that each conversation's row shows; what is left out stays."""

    state: Literal["open", "snoozed", "solved"] | UnsetType = UNSET
    snoozed_until: Annotated[datetime, msgspec.Meta(tz=True)] | UnsetType | None = UNSET
    owner_id: RowId | UnsetType | None = UNSET
    team_id: RowId | UnsetType | None = UNSET
    priority: Priority | UnsetType = UNSET
    topic_id: RowId | UnsetType | None = UNSET
    """With what its cases get of it, as far as nobody decided otherwise. A case that would need
    less than before stays as it is: that is said of each case by itself."""
    set_fields: FieldValues | UnsetType = UNSET
    """Once a job is done it has no values any more: what became of cases is in their histories."""
    incident_id: RowId | UnsetType | None = UNSET
    add_labels: Labels | UnsetType = UNSET
    drop_labels: Labels | UnsetType = UNSET
    is_read: bool | UnsetType = UNSET
    """The agent's own mark. Networks are not told of it."""

    @property
    def of_case(self) -> CaseChange:
        return CaseChange(
            state=self.state,
            snoozed_until=self.snoozed_until,
            owner_id=self.owner_id,
            team_id=self.team_id,
            priority=self.priority,
            topic_id=self.topic_id,
            set_fields=() if self.set_fields is UNSET else self.set_fields,
            incident_id=self.incident_id,
            add_labels=self.add_labels,
            drop_labels=self.drop_labels,
        )

    @property
    def is_of_all(self) -> bool:
        """Whether all cases of a conversation that are meant get it, and not one alone. What says
        something of a person is in the history of that one, from which it goes with them."""
        return self.state == "solved" and (self.topic_id, self.set_fields) == (UNSET, UNSET)

    @property
    def changes_case(self) -> bool:
        return self.of_case != CaseChange()


class DoneChange(BulkChange, frozen=True, kw_only=True):
    """What a job did."""

    joined_into: RowId | UnsetType = UNSET
    """They are one person with this one; whom it takes two agents to join was proposed."""
    of_incident: RowId | UnsetType = UNSET
    """Of each conversation not the case that its row shows, but one of this incident."""


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    sentence: str
    count: int


class BulkJob(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    state: JobState
    change: DoneChange
    wanted: int
    """Conversations that it is for."""
    waiting: int
    done: int
    skipped: int
    """It was so already."""
    failed: int
    undone: int
    kept: int
    """Left as it is by the undo; `reasons` say why."""
    proposed: int
    """Of a join: waiting for a second agent."""
    cases: int
    """That it changed: of one conversation these may be several."""
    reasons: tuple[Reason, ...]
    """Why some failed or were kept, most first."""
    made_at: datetime


async def start_job(
    database: Database,
    viewer: Viewer,
    change: BulkChange,
    *,
    ids: Collection[int] | None = None,
    scope: Scope | None = None,
    of_incident: int | None = None,
    picked_in: Scope | None = None,
) -> BulkJob:
    """For these conversations, for all that the list holds now, or for unsolved cases of an
    incident. A worker does it: to the case that each row shows, but what is solved are all unsolved
    cases that the list was asked for (with `ids` that in which they were picked; where none is
    named, those of the rows alone), and all of the incident.

    Raises Refused: it changes nothing, is for nobody, or names somebody unknown.
    """
    _check(change)
    async with database.transaction() as work:
        if isinstance(change.owner_id, int) and not await stored_cases.agent_is_active(
            work, change.owner_id
        ):
            raise Refused("There is no such active agent.", code="unknown", field="change.owner_id")
        if isinstance(change.team_id, int) and not await stored_cases.team_exists(
            work, change.team_id
        ):
            raise Refused("There is no such team.", code="unknown", field="change.team_id")
        if isinstance(change.add_labels, tuple):
            await check_labels(work, change.add_labels, "change.add_labels")
        if isinstance(change.topic_id, int) and not await topics.hold_topic(work, change.topic_id):
            raise Refused("There is no such topic.", code="unknown", field="change.topic_id")
        if isinstance(change.set_fields, tuple):
            await check_values(work, viewer, change.set_fields, "change.set_fields")
        if isinstance(change.incident_id, int) and not await incidents.facts_of(
            work, [change.incident_id]
        ):
            raise Refused("There is no such incident.", code="unknown", field="change.incident_id")
        asked = msgspec.to_builtins(change)
        cases: dict[int, list[int]] = {}
        if of_incident is not None:
            asked["of_incident"] = of_incident
            roots = await incidents.unsolved_roots(work, of_incident, viewer.sight)
        elif scope is not None:
            found = await list_scope(
                work, viewer, scope, past=None, limit=WHOLE_VIEW, has_ties=False
            )
            roots = [root for root, _ in found]
        else:
            roots = await _seen(work, viewer, ids or ())
        if change.is_of_all:
            # Ids without a list mean the cases of their rows, as they did when lists said none.
            cases = await _meant(work, viewer, roots, scope or picked_in, of_incident)
        if not roots:
            raise Refused("There is no conversation in it.", code="empty", field="ids")
        job_id = await stored.insert_job(
            work,
            agent_id=viewer.agent_id,
            change=asked,
            classes=viewer.sight.listed,
            query=None if scope is None else scope.query,
            roots=roots,
            cases=cases,
        )
        work.announce(Fact.JOB_CHANGED, ref=job_id)
        [row] = await stored.load_jobs(work, [job_id])
        return shown(row)


def _check(change: BulkChange) -> None:
    if change in (BulkChange(), BulkChange(set_fields=())):
        raise Refused("Nothing is to be changed.", code="empty", field="change")
    if change.snoozed_until is not UNSET and change.state != "snoozed":
        raise Refused("Only what is snoozed has such a time.", field="change.snoozed_until")


async def _meant(
    work: UnitOfWork,
    viewer: Viewer,
    roots: Collection[int],
    scope: Scope | None,
    of_incident: int | None,
) -> dict[int, list[int]]:
    if of_incident is not None:
        return await list_meant(work, viewer, roots, InIncident(of_incident), has_row=False)
    if scope is None:
        return {}
    return await list_meant(work, viewer, roots, await condition_of(work, viewer, scope))


async def _seen(work: UnitOfWork, viewer: Viewer, ids: Collection[int]) -> list[int]:
    """Their conversations: whom the viewer does not see, and who is not there, look the same."""
    rows = await work.driver.fetch(
        "select distinct root_id from persons where id = any($1::bigint[])", list(ids)
    )
    roots = {int(row["root_id"]) for row in rows}
    return sorted(roots - (await find_hidden(work, roots, viewer.sight)).roots)


async def list_jobs(database: Database, viewer: Viewer) -> list[BulkJob]:
    """The agent's own, newest first."""
    async with database.reading() as work:
        ids = await stored.newest_of(work, viewer.agent_id, limit=SHOWN_JOBS)
        return [shown(row) for row in await stored.load_jobs(work, ids)]


async def undo_job(
    database: Database, viewer: Viewer, job_id: int, *, may_merge: bool = False
) -> BulkJob:
    """A worker puts back what nobody changed since. Raises NotFound, Conflict (not done yet), and
    Forbidden: it joined people, and that is not the viewer's to take back.
    """
    async with database.transaction() as work:
        rows = await stored.load_jobs(work, [job_id])
        if not rows or rows[0].agent_id != viewer.agent_id:
            raise NotFound(f"There is no job {job_id}.")
        if "joined_into" in rows[0].change and not may_merge:
            raise Forbidden("Somebody who may merge people has to undo this.")
        classes = viewer.sight.listed
        if not await stored.set_state(work, job_id, "done", "undoing", classes):
            raise Conflict("It is not done, or was undone already.", code="not_done")
        work.announce(Fact.JOB_CHANGED, ref=job_id)
        [row] = await stored.load_jobs(work, [job_id])
        return shown(row)


def shown(row: JobRow) -> BulkJob:
    return msgspec.convert(
        {**msgspec.structs.asdict(row), "state": row.state}, BulkJob, strict=False
    )
