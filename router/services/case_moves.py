"""Messages that belong to another case: moved, split off, merged, and all of it undone.

A move is kept, and where each message is follows from the moves that count (`core.case_placing`):
so any can be undone at any time, and what was said since stays where it came in.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from core.case_placing import Move, Placing, place
from core.messages import scrub
from router.services import case_classes, case_values
from router.services.assignment import owning
from router.services.case_undoing import check_way, put_aside
from router.services.errors import Conflict, NotFound, Refused
from router.services.outbound import leveling
from router.services.roles import OPEN_CLASS
from router.services.shown.case_moves import CaseChoice, CaseMove, CaseMoves, Moved, NewMove, Why
from router.services.shown.cases import complete
from router.services.shown.names import named
from router.services.viewer import Viewer
from router.storage import (
    case_branches,
    case_choices,
    case_fields,
    case_history,
    case_moves,
    cases,
    incidents,
    personal,
    persons,
)
from router.storage.case_history import Cause
from router.storage.case_moves import MoveRow
from router.storage.engine import Database
from router.storage.records import Record
from router.storage.unit_of_work import Fact, UnitOfWork

MOST_MESSAGES = 5_000
"""Of one move: each is told to every open page."""
SHOWN = 50


async def list_moves(database: Database, viewer: Viewer, case_id: int) -> CaseMoves:
    """Between this case and others that are seen. Raises NotFound."""
    async with database.reading() as work:
        await _load_seen(work, viewer, case_id)
        rows = await case_moves.moves_of(work, case_id, SHOWN)
        seen = viewer.sight.classes
        listed = [row for row in rows if {row.from_class, row.to_class} <= seen]
    return CaseMoves(moves=tuple(_to_move(row) for row in listed))


async def why_here(database: Database, viewer: Viewer, message_id: int) -> CaseChoice:
    """Raises NotFound."""
    async with database.reading() as work:
        row = await case_choices.find_choice(work, message_id)
    if row is None or row["access_class"] not in viewer.sight.classes:
        raise NotFound(f"There is no message {message_id} in a case.")
    why: Why
    if row["moved_as"] is not None:
        why = "merged" if row["moved_as"] == "merge" else "moved"
    elif row["direction"] != "in":
        why = "written"
    else:
        why = row["why"] or ("new" if row["has_begun"] else "newest_open")
    return CaseChoice(
        case_id=row["case_id"],
        why=why,
        has_reopened=row["has_reopened"],
        moved_by=named(row["moved_by_id"], row["moved_by"]),
        moved_at=row["moved_at"],
    )


async def move(
    database: Database, viewer: Viewer, case_id: int, wanted: NewMove, *, may_lower: bool = False
) -> Moved:
    """Raises NotFound, Refused, Forbidden, and Conflict `merged`, `other_conversation`,
    `would_show`.
    """
    async with database.transaction() as work:
        source = await _lock(work, viewer, case_id)
        messages = await _picked(work, source, wanted)
        if wanted.to_case_id is None:
            subject = scrub(wanted.subject).strip()
            target_id = await case_branches.insert_split(work, case_id, subject, messages)
            await case_history.note(work, [target_id], Cause.OPENED, agent_id=viewer.agent_id)
            kind, [target] = "split", await cases.load_cases(work, [target_id])
        else:
            kind, target = "move", await _load_target(work, viewer, source, wanted.to_case_id)
        return await _make(work, viewer, kind, source, target, messages, may_lower=may_lower)


async def merge(
    database: Database, viewer: Viewer, case_id: int, into: int, *, may_lower: bool = False
) -> Moved:
    """All that was said in one case is in the other, which stands for both. Raises like `move`."""
    async with database.transaction() as work:
        await _lock_restricted(work, (case_id, into))
        source = await _lock(work, viewer, case_id)
        target = await _load_target(work, viewer, source, into)
        messages = await case_moves.going(work, case_id, MOST_MESSAGES + 1)
        if len(messages) > MOST_MESSAGES:
            raise Refused("The case is too long to be merged.", code="too_many")
        return await _make(work, viewer, "merge", source, target, messages, may_lower=may_lower)


async def undo(
    database: Database, viewer: Viewer, move_id: int, *, may_lower: bool = False
) -> Moved:
    """As if it had never been, but for what was said or decided since. Raises NotFound, Forbidden,
    and Conflict `undone`, `would_show`.
    """
    async with database.transaction() as work:
        row = await case_moves.find_move(work, move_id)
        if row is None or not {row.from_class, row.to_class} <= viewer.sight.classes:
            raise NotFound(f"There is no move {move_id}.")
        people = [
            await cases.person_of_case(work, one) for one in (row.from_case_id, row.to_case_id)
        ]
        # Since then they may have turned out to be two people.
        roots = set(
            (await persons.lock_roots(work, [one for one in people if one is not None])).values()
        )
        row = await case_moves.find_move(work, move_id)
        assert row is not None
        if row.undone_at is not None:
            raise Conflict("It was undone already.", code="undone")
        [source] = await cases.load_cases(work, [row.from_case_id])
        change = _Change(work, viewer, source["root_id"], may_lower=may_lower)
        await change.begin()
        await case_moves.mark_undone(work, move_id, viewer.agent_id)
        for line, root in await cases.mark_lines_undone(work, move_id, roots):
            work.announce(Fact.MESSAGE_CHANGED, person=root, ref=line)
        await case_choices.unpin(work, move_id)
        taken = await case_values.take_back(work, move_id, viewer.agent_id)
        await change.place(Cause.UNDONE)
        let_down = await case_moves.let_down(work, move_id) if len(roots) == 1 else None
        facts = {"move_id": move_id, "kind": row.kind, "from_case_id": row.to_case_id}
        back = change.after.case_of(row.from_case_id)
        return await change.end(
            Cause.UNDONE, move_id, {back: ("case_move_undone", facts)}, also=[let_down, *taken]
        )


async def _make(
    work: UnitOfWork,
    viewer: Viewer,
    kind: str,
    source: Record,
    target: Record,
    messages: Sequence[int],
    *,
    may_lower: bool,
) -> Moved:
    change = _Change(work, viewer, source["root_id"], may_lower=may_lower)
    await change.begin()
    await change.take_up(source["id"], messages)
    move_id = await case_moves.insert_move(
        work,
        kind=kind,
        from_case_id=source["id"],
        to_case_id=target["id"],
        agent_id=viewer.agent_id,
        message_ids=messages,
    )
    if kind == "merge":
        await case_values.bring_along(work, move_id, source["id"], target["id"], viewer.agent_id)
    else:
        await case_choices.pin(work, messages)
    cause = Cause.MERGED if kind == "merge" else Cause.MOVED
    await change.place(cause, check=(source["id"], target["id"]))
    if (
        kind != "split"
        and source["state"] in ("open", "snoozed")
        and await case_moves.waits_for_answer(work, (source["id"], target["id"]), messages)
    ):
        await case_moves.lift(work, move_id, target["id"])
    return await change.end(
        cause, move_id, _lines(kind, source, target, move_id, len(messages)), also=[target["id"]]
    )


_LINES = {"merge": "case_merged", "split": "case_split", "move": "messages_moved"}


def _lines(
    kind: str, source: Record, target: Record, move_id: int, count: int
) -> dict[int, tuple[str, dict[str, Any]]]:
    facts = {"move_id": move_id, "from_case_id": source["id"], "count": count}
    lines = {target["id"]: (_LINES[kind], facts | {"subject": source["subject"]})}
    if kind != "merge":
        # Whoever sees this case may not see the other one.
        is_as_seen = source["access_class"] == target["access_class"]
        subject = target["subject"] if is_as_seen else ""
        left = {"move_id": move_id, "count": count, "subject": subject}
        lines[source["id"]] = ("messages_left", left)
    return lines


class _Change:
    """One change of what counts, under the conversation's lock, and all that follows from it."""

    def __init__(self, work: UnitOfWork, viewer: Viewer, root_id: int, *, may_lower: bool) -> None:
        self.work, self.viewer, self.root_id, self.may_lower = work, viewer, root_id, may_lower
        self.before = self.after = Placing(messages={}, into={})
        self._moves: tuple[Move, ...] = ()
        self._were: dict[int, Record] = {}
        self._gone: dict[int, int] = {}
        self._changed: set[int] = set()

    async def begin(self) -> None:
        known = await case_moves.load_known(self.work, self.root_id)
        self._moves = known.moves
        self.before = place(known.homes, known.moves, known.inhabited)

    async def take_up(self, case_id: int, message_ids: Collection[int]) -> None:
        """Those of these that no move brought to the case in which they are: a split of their
        person did, and it is from there that they go, and to there that an undo brings them back.
        """
        strange = {one for one in message_ids if self.before.messages.get(one) != case_id}
        await case_moves.forget(self.work, strange)
        kept = {one: case for one, case in self.before.messages.items() if one not in strange}
        self.before = Placing(messages=kept, into=self.before.into)

    async def place(self, cause: Cause, *, check: tuple[int, int] | None = None) -> None:
        """Messages and cases are where they are to be now. `check`: also if nothing goes."""
        known = await case_moves.load_known(self.work, self.root_id)
        self.after = place(known.homes, known.moves, known.inhabited)
        were = {one: self.before.messages.get(one, home) for one, home in known.homes.items()}
        going = {one: to for one, to in self.after.messages.items() if to != were[one]}
        earlier = await case_moves.cases_of(self.work, going)
        concerned = {case for move in known.moves for case in (move.from_case, move.to_case)}
        concerned |= set(earlier.values())
        self._were = {row["id"]: row for row in await cases.load_cases(self.work, concerned)}
        self._gone = await case_moves.put_messages(self.work, self.root_id, earlier, going)
        ways = {(case, self.after.messages[one]) for one, case in self._gone.items()}
        for former, later in sorted(ways | ({check} if check else set())):
            await check_way(self.work, former, later, may_lower=self.may_lower)
        self._changed = {case for way in ways for case in way}
        aside_now = await case_moves.stand_for(self.work, self.before, self.after)
        self._changed |= set(aside_now)
        await self._hide({self.after.into[one] for one in aside_now if one in self.after.into})
        self._changed |= set(await incidents.stand_in(self.work, self.before.into, self.after.into))
        aside = put_aside(known.moves, self.after)
        for case_id in sorted(aside - put_aside(self._moves, self.before)):
            await self._bring_home(case_id, self.after.into[case_id])

    async def _hide(self, into: Collection[int]) -> None:
        """What these stand for now is as restricted as they are."""
        actor = f"agents/{self.viewer.agent_id}"
        for case in await cases.load_cases(self.work, into) if into else []:
            now = case["access_class"]
            if now != OPEN_CLASS:
                await case_classes.spread(
                    self.work, case["id"], OPEN_CLASS, now, actor=actor, by_id=self.viewer.agent_id
                )

    async def _bring_home(self, case_id: int, to_case_id: int) -> None:
        """What agents filled in there since it was split off. Raises like `check_way`."""
        if await case_fields.copy_values(
            self.work, case_id, to_case_id, "undone", only_by_hand=True
        ):
            await check_way(self.work, case_id, to_case_id, may_lower=self.may_lower)
            self._changed.add(to_case_id)

    async def end(
        self,
        cause: Cause,
        move_id: int,
        lines: Mapping[int, tuple[str, dict[str, Any]]],
        *,
        also: Collection[int | None],
    ) -> Moved:
        work = self.work
        changed = sorted(self._changed | {one for one in also if one is not None} | lines.keys())
        await case_branches.point_anew(work, changed)
        await case_history.note(work, changed, cause, agent_id=self.viewer.agent_id)
        for message in sorted(self._gone):
            work.announce(Fact.MESSAGE_CHANGED, person=self.root_id, ref=message)
        now = {row["id"]: row for row in await cases.load_cases(work, changed)}
        incidents.tell(work, (row["incident_id"] for row in (*self._were.values(), *now.values())))
        roots = {row["root_id"] for row in now.values()}
        await persons.recount_open_cases(work, roots | {self.root_id})
        for case_id, (event, facts) in sorted(lines.items()):
            line = await cases.insert_event(
                work,
                person_id=now[case_id]["person_id"],
                case_id=case_id,
                agent_id=self.viewer.agent_id,
                event=event,
                facts={"agent_id": self.viewer.agent_id, "case_id": case_id, **facts},
            )
            work.announce(Fact.MESSAGE_CREATED, person=now[case_id]["root_id"], ref=line)
        for case_id in changed:
            if now[case_id]["is_private"]:
                await personal.cancel_public(work, case_id, "Its case is private.")
            await leveling.cancel_low(work, "case", case_id)
            work.announce(Fact.CASE_CHANGED, person=now[case_id]["root_id"], ref=case_id)
        for case_id in changed:
            if case_id in self._were:
                await owning.follow_change(work, self._were[case_id], now[case_id])
        row = await case_moves.find_move(work, move_id)
        assert row is not None
        seen = [one for one in now.values() if one["access_class"] in self.viewer.sight.classes]
        return Moved(move=_to_move(row), cases=await complete(work, seen))


def _to_move(row: MoveRow) -> CaseMove:
    return CaseMove(
        id=row.id,
        kind=row.kind,  # type: ignore[arg-type]  # the CHECK of its column
        from_case_id=row.from_case_id,
        to_case_id=row.to_case_id,
        agent=named(row.agent_id, row.agent_name),
        at=row.at,
        undone_at=row.undone_at,
        message_count=row.message_count,
    )


async def _lock(work: UnitOfWork, viewer: Viewer, case_id: int) -> Record:
    person = await cases.person_of_case(work, case_id)
    if person is None:
        raise NotFound(f"There is no case {case_id}.")
    await persons.lock_root(work, person)
    case = await _load_seen(work, viewer, case_id)
    if case["merged_into_id"] is not None:
        raise merged(case)
    return case


async def _lock_restricted(work: UnitOfWork, case_ids: Collection[int]) -> None:
    """Where one of these is restricted, what hangs on the others may become so with them."""
    rows = await cases.load_cases(work, case_ids)
    if any(row["access_class"] != OPEN_CLASS for row in rows):
        await case_classes.lock(work, case_ids)


async def _load_seen(work: UnitOfWork, viewer: Viewer, case_id: int) -> Record:
    found = await cases.load_cases(work, [case_id])
    if not found or found[0]["access_class"] not in viewer.sight.classes:
        raise NotFound(f"There is no case {case_id}.")
    return found[0]


async def _load_target(work: UnitOfWork, viewer: Viewer, source: Record, case_id: int) -> Record:
    if case_id == source["id"]:
        raise Refused("It is in that case.", code="same_case", field="to_case_id")
    target = await _load_seen(work, viewer, case_id)
    if target["root_id"] != source["root_id"]:
        raise Conflict("That case is of another conversation.", code="other_conversation")
    if target["merged_into_id"] is not None:
        raise merged(target)
    return target


def merged(case: Record) -> Conflict:
    return Conflict("Another case stands for this one.", code="merged", into=case["merged_into_id"])


async def _picked(work: UnitOfWork, source: Record, wanted: NewMove) -> list[int]:
    case_id = source["id"]
    if (wanted.from_message_id is None) == (not wanted.message_ids):
        raise Refused(
            "Name messages, or the first of them.", code="nothing_named", field="message_ids"
        )
    if wanted.from_message_id is None:
        found = await case_moves.going_of(work, case_id, wanted.message_ids)
        if len(found) < len(set(wanted.message_ids)):
            raise Refused("Not all are in this case.", code="unknown", field="message_ids")
        return found
    everything = await case_moves.going(work, case_id, MOST_MESSAGES + 1)
    found = [one for one in everything if one >= wanted.from_message_id]
    if wanted.from_message_id not in found:
        raise Refused("It is not in this case.", code="unknown", field="from_message_id")
    if len(everything) > MOST_MESSAGES:
        raise Refused("The case is too long to be split.", code="too_many")
    return found
