"""One row of the inbox list, and its loading for many conversations and agents at once."""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec

from router.services.shown.names import ChannelUse, Named, named
from router.storage import rows as stored
from router.storage.records import Record
from router.storage.sight import Hidden, Sight, find_hidden
from router.storage.unit_of_work import UnitOfWork

MOST_UNREAD = 99
SNIPPET = 140

CaseState = Literal["open", "waiting", "snoozed", "solved"]
ShownDirection = Literal["in", "out", "note", "event"]
_RANK: dict[str, int] = {"open": 0, "waiting": 1, "snoozed": 2, "solved": 3}


class SharedRow(msgspec.Struct, frozen=True, kw_only=True):
    """What all agents of one sight see alike."""

    person_id: int
    display_name: str
    state: CaseState
    """The best of its cases: open, waiting, snoozed, solved."""
    owner: Named | None
    """Of the case that `leading_case` names."""
    subject: str
    snippet: str
    """The beginning of the last thing said; events say nothing, and what was deleted neither."""
    is_deleted: bool
    """What was said last was deleted since."""
    last_message_id: int
    last_direction: ShownDirection
    last_at: datetime
    channels: tuple[ChannelUse, ...]
    """Last used first."""
    level: int
    is_claimed: bool
    """Nothing that they ever wrote was proven to be theirs."""
    has_trouble: bool
    """A delivery failed, or its outcome is unknown."""
    priority: int
    label_ids: tuple[int, ...]
    """Of the case that `leading_case` names, ascending; dropped ones may be among them."""
    open_cases: int
    """All that are not solved."""
    language: str | None
    is_blocked: bool
    """What they write is kept and rings nowhere."""
    blocked_identities: tuple[int, ...]
    """The same for single identities of theirs."""


class ConversationRow(SharedRow, frozen=True, kw_only=True):
    """The same, with what is the agent's own."""

    unread: bool
    unread_count: int
    """At most 99."""
    has_draft: bool


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """The last fields of a ConversationRow, in their order: what differs between agents."""

    unread: bool = False
    unread_count: int = 0
    has_draft: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows of some conversations for one sight; those that it does not reach are not in it."""

    shared: Mapping[int, SharedRow]
    members: Mapping[int, tuple[int, ...]]
    last_inbound: Mapping[int, int]
    """Root -> newest id that came in, where no case is hidden; else 0, and the tails decide."""
    tails: Mapping[int, Sequence[int]]
    marks: Mapping[tuple[int, int], int]
    drafters: Collection[tuple[int, int]]
    hidden: Hidden

    def own(self, agent_id: int, root_id: int) -> Own:
        marks = self.marks
        count = newest_mark = 0
        has_draft = False
        for member in self.members[root_id]:
            mark = marks.get((agent_id, member), 0)
            newest_mark = max(newest_mark, mark)
            tail = self.tails.get(member)
            if tail:
                count += len(tail) - bisect_right(tail, mark)
            has_draft = has_draft or (agent_id, member) in self.drafters
        if count == 0 and self.last_inbound[root_id] > newest_mark:
            count = 1  # it came in before the window of newest messages
        return Own(unread=count > 0, unread_count=min(count, MOST_UNREAD), has_draft=has_draft)

    def row(self, agent_id: int, root_id: int) -> ConversationRow | None:
        """None: this sight does not reach the conversation."""
        shared = self.shared.get(root_id)
        if shared is None:
            return None
        fields: dict[str, Any] = {
            name: getattr(shared, name) for name in SharedRow.__struct_fields__
        }
        return ConversationRow(**fields, **msgspec.structs.asdict(self.own(agent_id, root_id)))


async def load_rows(
    work: UnitOfWork, root_ids: Collection[int], sight: Sight, agent_ids: Collection[int]
) -> Rows:
    """Rows of these roots as these agents see them, in a fixed number of statements."""
    hidden = await find_hidden(work, root_ids, sight)
    roots = sorted(set(root_ids) - hidden.roots)
    people = await stored.members(work, roots, sight.listed, agent_ids, hidden)
    return await to_rows(work, people, hidden)


async def to_rows(work: UnitOfWork, people: Sequence[Record], hidden: Hidden) -> Rows:
    """What `storage.rows.members` found, with the rare rest of it."""
    members: dict[int, list[int]] = {}
    for person in people:
        members.setdefault(person["root_id"], []).append(person["id"])
    last_inbound = {person["id"]: person["last_inbound_id"] for person in people}
    return Rows(
        shared=await _load_shared(work, people, hidden),
        members={root: tuple(ids) for root, ids in members.items()},
        last_inbound={root: 0 if root in hidden.cases else last_inbound[root] for root in members},
        tails={person["id"]: person["tail"] for person in people if person["tail"]},
        marks={
            (agent, person["id"]): mark
            for person in people
            for agent, mark in zip(person["readers"] or (), person["marks"] or (), strict=True)
        },
        drafters=frozenset(
            (agent, person["id"]) for person in people for agent in person["drafters"]
        ),
        hidden=hidden,
    )


async def _load_shared(
    work: UnitOfWork, people: Sequence[Record], hidden: Hidden
) -> dict[int, SharedRow]:
    roots = {person["root_id"]: person for person in people if person["id"] == person["root_id"]}
    cases: dict[int, list[Record]] = {root: [] for root in roots}
    for person in people:
        cases.setdefault(person["root_id"], []).extend(person["cases"] or ())
    newest = {root: person["last_message_id"] for root, person in roots.items()}
    newest |= await stored.newest_seen(work, hidden)
    last = {
        person["last_message_id"]: _last(person)
        for person in roots.values()
        if person["last_direction"] is not None
    }
    others = {one for one in newest.values() if one} - set(last)
    last |= {one["id"]: one for one in await stored.last_messages(work, others)}
    events = [
        root for root, id in newest.items() if id in last and last[id]["direction"] == "event"
    ]
    said = await stored.last_said(work, events, hidden)
    last |= {one["id"]: one for one in await stored.last_messages(work, said.values())}
    channels = _channels(people)
    proven = _proven(people)
    troubled = {
        person["root_id"]
        for person in people
        if person["has_trouble"] and person["root_id"] not in hidden.cases
    } | await stored.troubled(work, hidden)
    blocked = _blocked(people)
    blocked_roots = {person["root_id"] for person in people if person["blocked_at"] is not None}
    shared: dict[int, SharedRow] = {}
    for root, person in roots.items():
        leading = leading_case(cases[root])
        newest_message = last.get(newest[root])
        level, is_claimed = proven.get(root, (0, False))
        newest_said = last.get(said.get(root, newest[root]))
        open_cases = [case for case in cases[root] if case["state"] != "solved"]
        shared[root] = SharedRow(
            person_id=root,
            display_name=person["display_name"],
            state=leading["state"] if leading else "solved",
            owner=named(leading["owner_id"], leading["owner_name"]) if leading else None,
            subject=_subject(leading, newest_said),
            snippet=_snippet(newest_said),
            is_deleted=newest_said is not None and newest_said["is_deleted"],
            last_message_id=newest[root],
            last_direction=newest_message["direction"] if newest_message else "event",
            last_at=(newest_message["received_at"] if newest_message else person["created_at"]),
            channels=channels[root],
            level=level,
            is_claimed=is_claimed,
            has_trouble=root in troubled,
            priority=min((case["priority"] for case in open_cases), default=3),
            label_ids=tuple(leading["label_ids"]) if leading else (),
            open_cases=len(open_cases),
            language=person["language"],
            is_blocked=root in blocked_roots,
            blocked_identities=blocked.get(root, ()),
        )
    return shared


def _last(person: Record) -> Record:
    names = ("direction", "received_at", "subject", "said", "is_deleted")
    return {name: person[f"last_{name}"] for name in names}


def _channels(people: Sequence[Record]) -> dict[int, tuple[ChannelUse, ...]]:
    """Root -> the accounts that its members talked over, last used first."""
    used: dict[int, dict[int, Record]] = {}
    for person in people:
        of_root = used.setdefault(person["root_id"], {})
        for use in person["uses"] or ():
            known = of_root.get(use["account_id"])
            if known is None or known["last_id"] < use["last_id"]:
                of_root[use["account_id"]] = use
    return {
        root: tuple(
            ChannelUse(channel=use["channel"], account_id=use["account_id"], label=use["label"])
            for use in sorted(uses.values(), key=lambda use: -int(use["last_id"]))
        )
        for root, uses in used.items()
    }


def _proven(people: Sequence[Record]) -> dict[int, tuple[int, bool]]:
    """Root -> the best level of its members' identities, and whether all of them are claims."""
    found: dict[int, tuple[int, bool]] = {}
    for person in people:
        if person["level"] is None:  # no identity of their own
            continue
        one = (person["level"], bool(person["is_claimed"]))
        known = found.get(person["root_id"], one)
        found[person["root_id"]] = (max(known[0], one[0]), known[1] and one[1])
    return found


def _blocked(people: Sequence[Record]) -> dict[int, tuple[int, ...]]:
    """Root -> the blocked identities of all its members, ascending."""
    found: dict[int, tuple[int, ...]] = {}
    for person in people:
        if person["blocked"]:
            known = found.get(person["root_id"], ())
            found[person["root_id"]] = tuple(sorted((*known, *person["blocked"])))
    return found


def leading_case(cases: Sequence[Record]) -> Record | None:
    """The case that speaks for a conversation: the best state, then the newest message."""
    return min(
        cases,
        key=lambda case: (_RANK[case["state"]], -case["last_message_id"], -case["id"]),
        default=None,
    )


def _subject(case: Record | None, message: Record | None) -> str:
    if case is not None and case["subject"]:
        return str(case["subject"])
    return str(message["subject"]) if message is not None else ""


def _snippet(message: Record | None) -> str:
    if message is None or message["direction"] == "event" or message["is_deleted"]:
        return ""
    return " ".join(str(message["said"]).split())[:SNIPPET]
