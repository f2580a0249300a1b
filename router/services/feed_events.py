"""What outbox entries speak of, as it is now: loaded in sets for everybody who listens.

Ids travelled, not bodies, so every event carries the current state of its thing. Applying one late
or twice is harmless.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from router.services.bulk.jobs import BulkJob, shown
from router.services.shown.cases import Case, load_cases
from router.services.shown.joins import Proposed, to_proposed
from router.services.shown.messages import Delivery, Message, complete, to_delivery
from router.services.shown.people import Merge, Person, load_persons, to_merge
from router.services.shown.rows import Rows, load_rows, to_rows
from router.services.triage.shapes import Finding
from router.storage import accounts, bulk, feed, persons, profiles, proposals, timeline
from router.storage.accounts import AccountState
from router.storage.bulk import JobRow
from router.storage.cases import roots_of as roots_of_cases
from router.storage.feed import ToldWithMembers
from router.storage.outbox import OutboxEntry
from router.storage.records import Record
from router.storage.sight import (
    FULL_SIGHT,
    NOTHING_HIDDEN,
    Hidden,
    Sight,
    find_hidden,
    restricted_roots,
)
from router.storage.unit_of_work import Fact, UnitOfWork

Carried = Message | Delivery | Case | Person | Merge | AccountState | Proposed | BulkJob | Finding

NAMES: Mapping[Fact, str] = {
    Fact.MESSAGE_CREATED: "message",
    Fact.MESSAGE_CHANGED: "message",
    Fact.DELIVERY_CHANGED: "delivery",
    Fact.CASE_CHANGED: "case",
    Fact.PERSON_CHANGED: "person",
    Fact.PERSON_MERGED: "merge",
    Fact.PERSON_SPLIT: "merge",
    Fact.ACCOUNT_CHANGED: "account",
    Fact.PROPOSAL_CHANGED: "proposal",
    Fact.JOB_CHANGED: "job",
    Fact.FINDING_CHANGED: "finding",
}
"""Under which name an event of this kind carries its thing. Those of other kinds carry none: one of
READ_CHANGED has its row, of DEADLINES_CHANGED the `case_id`, of ACCESS_CHANGED the row, if there is
one for whoever is told. MESSAGE_SEEN is not told to agents."""

_ABOUT_MERGES = frozenset({Fact.PERSON_MERGED, Fact.PERSON_SPLIT})
_OF_ONE = frozenset({Fact.PERSON_CHANGED, Fact.READ_CHANGED, Fact.ACCESS_CHANGED})
_ABOUT_PERSONS = _OF_ONE | _ABOUT_MERGES


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedEvent:
    """One entry with its thing. Who gets it depends on the sight."""

    position: int
    kind: Fact
    root_id: int | None
    carried: Carried | None
    case_id: int | None = None
    """Of a message or what hangs on it, or whose deadlines changed."""
    row_roots: tuple[int, ...] = ()
    """Conversations whose rows go with it."""
    gone: tuple[int, ...] = ()
    """Persons that stand for nobody now, or for nobody who ever said anything: without a row."""
    only_agent: int | None = None
    concerns: int | None = None
    """`Sight.bits` of which one at least is of whoever is told."""
    between: tuple[int, ...] = ()
    """Conversations without a row here, of which none may be hidden from whoever is told."""

    @property
    def is_bare(self) -> bool:
        """It is of a conversation whose row does not go with it."""
        return self.root_id is not None and not self.row_roots


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What one sight sees of the conversations concerned."""

    rows: Rows
    hidden: Hidden

    def shows(self, event: LoadedEvent, sight: Sight) -> bool:
        if event.concerns is not None and not event.concerns & sight.bits:
            return False
        if event.root_id is None:
            return self.hidden.roots.isdisjoint(event.between)
        if event.is_bare:
            return event.case_id not in self.hidden.cases_of(event.root_id)
        if not any(root in self.rows.shared for root in event.row_roots):
            return event.kind is Fact.ACCESS_CHANGED  # They may have seen it until now.
        return event.case_id is None or event.case_id not in self.hidden.cases_of(event.root_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedEvents:
    until: int
    """The position of the last entry that was read; 0: there was none."""
    read: int
    """How many entries that were."""
    events: tuple[LoadedEvent, ...]
    """In position order. Entries whose thing is gone are left out."""
    scenes: Mapping[Sight, Scene]


async def load_said(
    work: UnitOfWork, found: ToldWithMembers, audience: Mapping[Sight, Collection[int]]
) -> LoadedEvents | None:
    """What `feed.told_with_members` found for all agents of the audience, as events.

    None where that is not enough: something else than messages happened, or sights differ, or
    may differ by the time of further statements.
    """
    entries = [_entry(row) for row in found.told]
    if any(entry.kind not in feed.ABOUT_MESSAGES for entry in entries) or (
        (found.is_restricted or not found.is_whole) and any(not one.is_full for one in audience)
    ):
        return None
    messages = await complete(work, [row for row in found.told if row["id"] is not None])
    rows = await to_rows(work, found.members, NOTHING_HIDDEN)
    return _Loader(messages=_by_id(messages)).events(
        entries, dict.fromkeys(audience, Scene(rows=rows, hidden=NOTHING_HIDDEN))
    )


async def load_events(
    work: UnitOfWork, position: int, audience: Mapping[Sight, Collection[int]], *, limit: int
) -> LoadedEvents:
    """What follows this position for agents by their sight, in a fixed number of statements.

    In one snapshot: sights are judged by what its messages show.
    """
    told = await feed.told_after(work, position, limit=limit)
    entries = [_entry(row) for row in told]
    loader = await _Loader.load(work, entries, [row for row in told if row["id"] is not None])
    found = loader.events(entries, {})
    roots = {root for event in found.events for root in (*event.row_roots, *event.between)}
    bare = {event.root_id for event in found.events if event.is_bare and event.root_id} - roots
    return replace(found, scenes=await _load_scenes(work, roots, bare, audience))


def _entry(row: Record) -> OutboxEntry:
    return OutboxEntry(
        row["fact_position"], Fact(row["fact_kind"]), row["fact_person_id"], row["fact_ref"]
    )


def _by_id(messages: Iterable[tuple[Message, int]]) -> dict[int, tuple[Message, int]]:
    return {message.id: (message, root) for message, root in messages}


async def _load_scenes(
    work: UnitOfWork,
    roots: Collection[int],
    bare: Collection[int],
    audience: Mapping[Sight, Collection[int]],
) -> dict[Sight, Scene]:
    if len(audience) > 1 and not await restricted_roots(work, [*roots, *bare]):
        everybody = sorted({agent for agents in audience.values() for agent in agents})
        scene = await _load_scene(work, roots, (), FULL_SIGHT, everybody)
        return dict.fromkeys(audience, scene)
    return {
        sight: await _load_scene(work, roots, bare, sight, agents)
        for sight, agents in audience.items()
    }


async def _load_scene(
    work: UnitOfWork,
    roots: Collection[int],
    bare: Collection[int],
    sight: Sight,
    agents: Collection[int],
) -> Scene:
    """Without rows of who never said anything: such a person is in no list."""
    rows = await load_rows(work, roots, sight, agents)
    heard = {root: row for root, row in rows.shared.items() if row.last_message_id}
    hidden = await find_hidden(work, [*roots, *bare], sight) if bare else rows.hidden
    return Scene(rows=replace(rows, shared=heard), hidden=hidden)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loader:
    """Everything that a batch of entries names, by id."""

    messages: Mapping[int, tuple[Message, int]]
    deliveries: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    cases: Mapping[int, tuple[Case, int]] = field(default_factory=dict)
    roots: Mapping[int, int] = field(default_factory=dict)
    persons: Mapping[int, Person] = field(default_factory=dict)
    merges: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    gone: Mapping[int, Sequence[int]] = field(default_factory=dict)
    """Of conversations that merges changed: who is without a row now."""
    accounts: Mapping[int, AccountState] = field(default_factory=dict)
    proposals: Mapping[int, tuple[Proposed, tuple[int, int]]] = field(default_factory=dict)
    """Each with the two roots that it is about."""
    jobs: Mapping[int, JobRow] = field(default_factory=dict)
    findings: Mapping[int, tuple[Finding, int]] = field(default_factory=dict)
    owing: Mapping[int, int] = field(default_factory=dict)
    """Root of each case whose deadlines changed."""

    @classmethod
    async def load(
        cls, work: UnitOfWork, entries: Sequence[OutboxEntry], messages: Sequence[Record]
    ) -> "_Loader":
        named: dict[str, set[int]] = {name: set() for name in NAMES.values()}
        for entry in entries:
            if entry.ref is not None and entry.kind in NAMES:
                named[NAMES[entry.kind]].add(entry.ref)
        people = {
            entry.person_id
            for entry in entries
            if entry.kind in _ABOUT_PERSONS and entry.person_id is not None
        }
        roots = await persons.roots_of(work, people) if people else {}
        changed = {
            roots[entry.person_id]
            for entry in entries
            if entry.kind is Fact.PERSON_CHANGED and entry.person_id in roots
        }
        parted = {
            roots[entry.person_id]
            for entry in entries
            if entry.kind in _ABOUT_MERGES and entry.person_id in roots
        }
        owing = [
            entry.ref for entry in entries if entry.kind is Fact.DEADLINES_CHANGED and entry.ref
        ]
        shown = await complete(work, messages)
        deliveries = (
            await timeline.deliveries_by_id(work, named["delivery"]) if named["delivery"] else []
        )
        cases = await load_cases(work, named["case"]) if named["case"] else []
        merges = await profiles.merges(work, named["merge"]) if named["merge"] else []
        asked = await proposals.by_ids(work, named["proposal"]) if named["proposal"] else []
        states = [await accounts.find_state(work, one) for one in sorted(named["account"])]
        jobs = await bulk.load_jobs(work, named["job"]) if named["job"] else []
        return cls(
            findings=await _findings(work, named["finding"]) if named["finding"] else {},
            jobs={job.id: job for job in jobs},
            owing=await roots_of_cases(work, owing) if owing else {},
            messages=_by_id(shown),
            deliveries={row["id"]: row for row in deliveries},
            cases={case.id: (case, root) for case, root in cases},
            roots=roots,
            persons=await load_persons(work, changed) if changed else {},
            merges={row["id"]: row for row in merges},
            gone=await profiles.without_row(work, parted) if parted else {},
            accounts={state.id: state for state in states if state is not None},
            proposals={
                row.id: (to_proposed(row, work.now()), (row.loser_root, row.winner_root))
                for row in asked
            },
        )

    def events(self, entries: Sequence[OutboxEntry], scenes: Mapping[Sight, Scene]) -> LoadedEvents:
        return LoadedEvents(
            until=entries[-1].position if entries else 0,
            read=len(entries),
            events=tuple(one for entry in entries if (one := self.event(entry)) is not None),
            scenes=scenes,
        )

    def event(self, entry: OutboxEntry) -> LoadedEvent | None:
        """None: what it speaks of is not there any more, or is nothing to agents."""
        match entry.kind:
            case Fact.MESSAGE_CREATED | Fact.MESSAGE_CHANGED:
                return self._message(entry)
            case Fact.DELIVERY_CHANGED:
                return self._delivery(entry)
            case Fact.CASE_CHANGED:
                return self._case(entry)
            case Fact.PERSON_CHANGED:
                return self._person(entry)
            case Fact.PERSON_MERGED | Fact.PERSON_SPLIT:
                return self._merge(entry)
            case Fact.READ_CHANGED | Fact.ACCESS_CHANGED:
                root = self.roots.get(entry.person_id or 0)
                if root is None or entry.ref is None:
                    return None
                if entry.kind is Fact.READ_CHANGED:
                    return _event(entry, root, None, only_agent=entry.ref)
                return replace(_event(entry, root, None), concerns=entry.ref)
            case Fact.JOB_CHANGED:
                job = self.jobs.get(entry.ref or 0)
                if job is None:
                    return None
                return _event(entry, None, shown(job), only_agent=job.agent_id)
            case Fact.VIEWS_CHANGED | Fact.DESK_CHANGED | Fact.WATCHES_CHANGED:
                return _event(entry, None, None, only_agent=entry.ref)
            case (
                Fact.WORKSPACE_CHANGED
                | Fact.QUEUE_CHANGED
                | Fact.RULES_CHANGED
                | Fact.WEBHOOKS_CHANGED
                | Fact.APPROVAL_CHANGED
                | Fact.ROTA_CHANGED
                | Fact.HANDOVER_CHANGED
                | Fact.INCIDENT_CHANGED
            ):
                return _event(entry, None, None)
            case Fact.DEADLINES_CHANGED:
                return self._owed(entry)
            case Fact.ACCOUNT_CHANGED:
                state = self.accounts.get(entry.ref or 0)
                return None if state is None else _event(entry, None, state)
            case Fact.MESSAGE_SEEN:
                return None
            case Fact.FINDING_CHANGED:
                return self._finding(entry)
            case Fact.PROPOSAL_CHANGED:
                found = self.proposals.get(entry.ref or 0)
                return None if found is None else _event(entry, None, found[0], between=found[1])

    def _owed(self, entry: OutboxEntry) -> LoadedEvent | None:
        """Where it names no case they are many."""
        if entry.ref is None:
            return _event(entry, None, None)
        root = self.owing.get(entry.ref)
        if root is None:
            return None
        return replace(_event(entry, root, None, case_id=entry.ref), row_roots=())

    def _message(self, entry: OutboxEntry) -> LoadedEvent | None:
        found = self.messages.get(entry.ref or 0)
        return found and _event(entry, found[1], found[0], case_id=found[0].case_id)

    def _finding(self, entry: OutboxEntry) -> LoadedEvent | None:
        found = self.findings.get(entry.ref or 0)
        return found and _event(entry, found[1], found[0], case_id=found[0].case_id)

    def _delivery(self, entry: OutboxEntry) -> LoadedEvent | None:
        row = self.deliveries.get(entry.ref or 0)
        if row is None:
            return None
        return _event(entry, row["root_id"], to_delivery(row), case_id=row["case_id"])

    def _case(self, entry: OutboxEntry) -> LoadedEvent | None:
        found = self.cases.get(entry.ref or 0)
        return found and _event(entry, found[1], found[0], case_id=found[0].id)

    def _person(self, entry: OutboxEntry) -> LoadedEvent | None:
        root = self.roots.get(entry.person_id or 0)
        person = None if root is None else self.persons.get(root)
        return None if person is None else _event(entry, root, person)

    def _merge(self, entry: OutboxEntry) -> LoadedEvent | None:
        row = self.merges.get(entry.ref or 0)
        if row is None:
            return None
        loser, winner = row["loser_root"], row["winner_root"]
        changed = self.roots.get(entry.person_id or 0, winner)
        return LoadedEvent(
            position=entry.position,
            kind=entry.kind,
            root_id=winner,
            carried=to_merge(row),
            row_roots=tuple(dict.fromkeys((winner, loser, changed))),
            gone=tuple(sorted({*row["gone"], *self.gone.get(changed, ())})),
        )


async def _findings(work: UnitOfWork, ids: Collection[int]) -> dict[int, tuple[Finding, int]]:
    from router.services.triage.shown import load_findings

    return {one.message_id: (one, root) for one, root in await load_findings(work, ids)}


def _event(
    entry: OutboxEntry,
    root: int | None,
    carried: Carried | None,
    *,
    case_id: int | None = None,
    only_agent: int | None = None,
    between: tuple[int, ...] = (),
) -> LoadedEvent:
    return LoadedEvent(
        position=entry.position,
        kind=entry.kind,
        root_id=root,
        carried=carried,
        case_id=case_id,
        row_roots=() if root is None else (root,),
        only_agent=only_agent,
        between=between,
    )
