"""Who is one person with whom: merges and splits as rows, each with an undo.

No message moves between persons: whoever said it keeps it, whoever stands for them. Who stands for
whom follows from what is in force alone (`core.merges`).
"""

from collections.abc import Iterable

from core.merges import Seat
from router.services import audit
from router.services.errors import Conflict, NotFound, Refused
from router.storage import case_branches, case_history, identities, merges, persons
from router.storage.case_history import Cause
from router.storage.engine import Database
from router.storage.merges import Graph, MergeRow, UndoGround
from router.storage.unit_of_work import Fact, UnitOfWork

MAX_REASON = 500
AUTOMATIC_REASON = "Both are linked to one host account."
CODE_REASON = "A code that was sent to one of them was said by the other."
SECOND_AGENT = "second_agent_needed"


async def merge(
    database: Database,
    *,
    loser_id: int,
    winner_id: int,
    agent_id: int | None,
    reason: str,
    four_eyes: bool = False,
) -> MergeRow:
    """Let `winner_id` stand for `loser_id` as well. No row moves; `undo_merge` restores exactly.

    Raises NotFound, Refused (no reason, oneself), Conflict (one person already; with `four_eyes`
    also that both have host accounts, and not the same).
    """
    async with database.transaction() as work:
        return await merge_in(
            work,
            loser_id=loser_id,
            winner_id=winner_id,
            agent_id=agent_id,
            reason=reason,
            four_eyes=four_eyes,
        )


async def merge_in(
    work: UnitOfWork,
    *,
    loser_id: int,
    winner_id: int,
    agent_id: int | None,
    reason: str,
    four_eyes: bool = False,
    audited: dict[str, int | str] | None = None,
) -> MergeRow:
    """`merge` as the end of a transaction: the audit log stays locked until then."""
    made = await join_in(
        work,
        loser_id=loser_id,
        winner_id=winner_id,
        agent_id=agent_id,
        reason=reason,
        four_eyes=four_eyes,
    )
    await record_merge(work, made, agent_id, audited or {})
    return made


async def join_in(
    work: UnitOfWork,
    *,
    loser_id: int,
    winner_id: int,
    agent_id: int | None,
    reason: str,
    four_eyes: bool = False,
) -> MergeRow:
    """`merge` inside a transaction, which ends with `record_merge`."""
    reason = checked_reason(reason)
    roots = await persons.lock_roots(work, [loser_id, winner_id])
    for person in (loser_id, winner_id):
        if person not in roots:
            raise NotFound(f"There is no person {person}.")
    loser, winner = roots[loser_id], roots[winner_id]
    if loser == winner:
        raise _one_already()
    if four_eyes and await has_other_accounts(work, loser, winner):
        raise second_agent_needed()
    return await _join(
        work,
        (loser, winner),
        (loser, winner),
        agent_id=agent_id,
        reason=reason,
        ground="agent",
        proof={},
    )


async def record_merge(
    work: UnitOfWork, made: MergeRow, agent_id: int | None, audited: dict[str, int | str]
) -> None:
    """Its entry in the audit log, which stays locked until the end of the transaction."""
    facts = {"loser": made.loser_id, "winner": made.winner_id, **audited}
    await audit.record(work, actor(agent_id), "person.merged", f"merges/{made.id}", facts)


async def split(
    database: Database, *, identity_id: int, agent_id: int | None, reason: str
) -> MergeRow:
    """Take one identity's person out alone; whatever was merged with or into it stays together.

    They have what this identity said, before and since. Raises NotFound, Refused (no reason),
    Conflict (alone already).
    """
    reason = checked_reason(reason)
    async with database.transaction() as work:
        person = await merges.home_of(work, identity_id)
        if person is None:
            raise NotFound(f"There is no identity {identity_id}.")
        root = (await persons.lock_roots(work, [person]))[person]
        graph = await merges.graph_of(work, [person])
        others = [one for one in graph.conversation_of(root) if one != person]
        if not others:
            raise Conflict("This one is a person by itself already.", code="alone")
        seat = graph.roots().seat_of(person)
        made = await merges.insert_merge(
            work,
            kind="split",
            loser=Seat(person, seat.number + 1),
            winner=Seat(root if root != person else others[0]),
            agent_id=agent_id,
            reason=reason,
            ground="agent",
            proof={},
        )
        await identities.settle_doubt(work, identity_id)
        await _derive(work, graph, [root])
        await _settle(work, made.id, await _roots_now(work, [*others, person]) | {root})
        work.announce(Fact.PERSON_SPLIT, person=root, ref=made.id)
        facts = {"identity": identity_id, "person": person, "root": root}
        await audit.record(work, actor(agent_id), "person.split", f"merges/{made.id}", facts)
        return made


async def undo_merge(
    database: Database,
    *,
    merge_id: int,
    agent_id: int | None,
    reason: str,
    four_eyes: bool = False,
) -> MergeRow:
    """Take a merge or a split back: as if it had never been, messages since then included.

    Raises NotFound, Refused (no reason), Conflict (undone before; of a split also that they are
    one person again, and with `four_eyes` that they have other host accounts).
    """
    reason = checked_reason(reason)
    async with database.transaction() as work:
        undone, root = await undo_in(
            work, merge_id, agent_id=agent_id, reason=reason, four_eyes=four_eyes
        )
        action = "person.split" if undone.kind == "merge" else "person.merged"
        facts: dict[str, int | str] = {"undone": undone.kind, "root": root}
        await audit.record(work, actor(agent_id), action, f"merges/{merge_id}", facts)
        return undone


async def undo_in(
    work: UnitOfWork,
    merge_id: int,
    *,
    agent_id: int | None,
    reason: str,
    ground: UndoGround = "agent",
    four_eyes: bool = False,
) -> tuple[MergeRow, int]:
    """`undo_merge` inside a transaction, without an entry in the audit log. With a root it left."""
    row = await merges.find_merge(work, merge_id)
    if row is None:
        raise NotFound(f"There is no merge {merge_id}.")
    graph = await _lock_graph(work, [row.loser_id, row.winner_id])
    before = graph.roots()
    if row.kind == "split":
        left, right = row.loser, Seat(row.loser_id, row.loser_seat - 1)
        if row.undone_at is None and before.are_one(left, right):
            raise _one_already()
    if not await merges.undo(work, merge_id, agent_id, reason, ground):
        raise Conflict("This was undone before.", code="already_undone")
    if four_eyes and row.kind == "split":
        await _check_rejoined(work, graph, merge_id)
    concerned = set(graph.persons.values())
    changed = await _derive(work, await merges.graph_of(work, graph.persons), concerned)
    if row.kind == "split":
        await case_history.note(work, await case_branches.take_back(work, merge_id), Cause.PARTED)
    await _settle(work, merge_id, changed)
    root = min(changed, default=row.winner_id)
    fact = Fact.PERSON_SPLIT if row.kind == "merge" else Fact.PERSON_MERGED
    # Whom it was between may be elsewhere by now: every conversation that it changed is told.
    for one in sorted(changed | {root}):
        work.announce(fact, person=one, ref=merge_id)
    undone = await merges.find_merge(work, merge_id)
    assert undone is not None, "it was found above, and no row is ever deleted"
    return undone, root


async def join_automatically(
    work: UnitOfWork, person_id: int, base_id: int, *, host_account: str, ground: str
) -> bool:
    """Merge two people whom evidence at L2 links to one host account. Whether it did.

    Never when one of them also has another host account or is several people, nor when an agent
    took them apart. The persons themselves are joined, whoever stands for them: what undoes it,
    undoes no more.
    """
    roots = await persons.lock_roots(work, [person_id, base_id])
    loser, winner = roots[person_id], roots[base_id]
    if loser == winner:
        return False
    for root in (loser, winner):
        if not await identities.host_accounts_of(work, root) <= {host_account}:
            return False
    if await identities.is_any_shared(work, [person_id, base_id]):
        return False
    for person in (person_id, base_id):
        if await merges.was_parted(work, person, host_account):
            return False
    await _join(
        work,
        (person_id, base_id),
        (loser, winner),
        agent_id=None,
        reason=AUTOMATIC_REASON,
        ground=ground,
        proof={"host_account": host_account},
    )
    return True


async def join_by_code(work: UnitOfWork, person_id: int, base_id: int, *, code_id: int) -> bool:
    """Merge whoever said a code with whom an agent had it sent to. Whether they are one now.

    Never when one of them has a host account, which takes a proof of the account, or is several
    people.
    """
    roots = await persons.lock_roots(work, [person_id, base_id])
    loser, winner = roots[person_id], roots[base_id]
    if loser == winner:
        return True
    for root in (loser, winner):
        if await identities.host_accounts_of(work, root):
            return False
    if await identities.is_any_shared(work, [person_id, base_id]):
        return False
    await _join(
        work,
        (person_id, base_id),
        (loser, winner),
        agent_id=None,
        reason=CODE_REASON,
        ground="link_code",
        proof={"code": str(code_id)},
    )
    return True


async def has_other_accounts(work: UnitOfWork, left_root: int, right_root: int) -> bool:
    """Whether both have host accounts, and not the same: what takes two agents to join."""
    left = await identities.host_accounts_of(work, left_root)
    right = await identities.host_accounts_of(work, right_root)
    return bool(left) and bool(right) and left != right


def second_agent_needed() -> Conflict:
    return Conflict(
        "These two have different host accounts: another agent has to agree.", code=SECOND_AGENT
    )


async def _join(
    work: UnitOfWork,
    joined: tuple[int, int],
    roots: tuple[int, int],
    *,
    agent_id: int | None,
    reason: str,
    ground: str,
    proof: dict[str, str],
) -> MergeRow:
    """Loser and winner: the persons whom the edge is between, and who stands for each."""
    seats = await merges.seats_of(work, joined)
    row = await merges.insert_merge(
        work,
        loser=seats[joined[0]],
        winner=seats[joined[1]],
        agent_id=agent_id,
        reason=reason,
        ground=ground,
        proof=proof,
    )
    loser, winner = roots
    await merges.move_root(work, loser, winner)
    await persons.repoint(work, [winner])
    work.announce(Fact.PERSON_MERGED, person=winner, ref=row.id)
    _tell_changed(work, [loser, winner])
    return row


async def _lock_graph(work: UnitOfWork, person_ids: Iterable[int]) -> Graph:
    """Everybody who hangs together with these, with all of their conversations locked."""
    known = set(person_ids)
    while True:
        await persons.lock_roots(work, known)
        graph = await merges.graph_of(work, known)
        if known.issuperset(graph.persons):
            return graph
        known |= set(graph.persons)


async def _derive(work: UnitOfWork, graph: Graph, concerned: Iterable[int]) -> set[int]:
    """Store who stands for whom now; the roots, former and new, of whom it changed."""
    fresh = await merges.graph_of(work, graph.persons)
    among = set(concerned)
    found = fresh.roots()
    roots = {person: found.of(person) for person, old in fresh.persons.items() if old in among}
    await merges.set_roots(work, roots)
    changed = {person for person, root in roots.items() if fresh.persons[person] != root}
    return {fresh.persons[one] for one in changed} | {roots[one] for one in changed}


async def _roots_now(work: UnitOfWork, person_ids: Iterable[int]) -> set[int]:
    return set((await persons.roots_of(work, list(person_ids))).values())


async def _settle(work: UnitOfWork, merge_id: int, concerned: set[int]) -> None:
    """After roots changed: cases, pointers and facts of these, former and new, are right again."""
    roots = await _roots_now(work, concerned)
    for stray in await case_branches.find_strays(work, roots):
        branch = await case_branches.insert_branch(work, stray, merge_id)
        await case_history.note(work, [branch], Cause.PARTED)
        work.announce(Fact.CASE_CHANGED, person=stray.root_id, ref=branch)
        work.announce(Fact.CASE_CHANGED, person=stray.case_root_id, ref=stray.case_id)
    await persons.repoint(work, roots)
    _tell_changed(work, concerned | roots)


def _tell_changed(work: UnitOfWork, person_ids: Iterable[int]) -> None:
    """Pages put away who does not stand for themselves any more, and show who does again."""
    for person in sorted(set(person_ids)):
        work.announce(Fact.PERSON_CHANGED, person=person, ref=person)


async def _check_rejoined(work: UnitOfWork, graph: Graph, merge_id: int) -> None:
    """Raises Conflict if undoing this split joins people with different host accounts."""
    before = graph.persons
    after = (await merges.graph_of(work, before)).roots()
    joined: dict[int, set[int]] = {}
    for person, root in before.items():
        joined.setdefault(after.of(person), set()).add(root)
    for roots in joined.values():
        found = [await identities.host_accounts_of(work, root) for root in sorted(roots)]
        held = [one for one in found if one]
        if any(one != held[0] for one in held):
            raise second_agent_needed()


def _one_already() -> Conflict:
    return Conflict("These two are one person already.", code="already_merged")


def actor(agent_id: int | None) -> str:
    return "cli" if agent_id is None else f"agents/{agent_id}"


def checked_reason(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise Refused("Say why: the reason stays with the merge.", code="empty", field="reason")
    if len(reason) > MAX_REASON:
        raise Refused(f"At most {MAX_REASON} characters.", code="too_long", field="reason")
    return reason
