"""Who may be one person: found in what people say, after the fact, and decided by an agent.

A suggestion joins nobody and shows nobody anything: it names two people to an agent who may see
both, with the grounds of which they may see where they were said.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from core.hints import Hint, handles_of, hint_of, hints_in, is_telling
from core.likeness import DOUBTED, MOST, weight_of
from router.services import audit
from router.services.errors import Conflict, NotFound
from router.services.identity import merging
from router.services.identity.proposals import noting_refusals
from router.services.shown.joins import (
    Pair,
    Suggestion,
    SuggestionPage,
    most_of_pairs,
    shown_suggestions,
)
from router.services.shown.people import Merge, load_merge
from router.services.viewer import Viewer, find_conversation
from router.storage import followers
from router.storage import suggestions as stored
from router.storage.engine import Database
from router.storage.suggestions import Candidate, Heard, SuggestionRow
from router.storage.unit_of_work import UnitOfWork

BATCH = 100
"""Entries of the outbox that one transaction looks at."""
MOST_OPEN = 5
"""Suggestions that wait for one person, as well proven or better: more are noise."""
MOST_LISTED = MOST_OPEN * len({DOUBTED, *MOST.values()})
LEAST = 40
"""Of 100: below this nobody is asked."""
NEAR = timedelta(hours=24)
"""Two of one name who were both seen within this time may be one who changed the channel."""
KNOWN_FOR = timedelta(hours=1)
"""Whose name and handle were looked for is not looked for again with each message: whoever comes
to resemble them meanwhile is looked for on their own account. Far below NEAR."""
MOST_KNOWN = 2_000
CLAIMED = "claimed_"
"""Words of the context that visitors gave in a form."""
Ground = dict[str, Any]


class Known:
    """When each person's name and handle were last looked for, as they are shown now."""

    def __init__(self) -> None:
        self._at: dict[tuple[int, str, str, str], datetime] = {}

    def holds(self, heard: Heard) -> bool:
        at = self._at.get(_shown(heard))
        return at is not None and abs(heard.at - at) < KNOWN_FOR

    def note(self, heard: Iterable[Heard]) -> None:
        """Of a round that was committed."""
        for one in heard:
            if not self.holds(one):
                self._at.pop(_shown(one), None)
                self._at[_shown(one)] = one.at
        while len(self._at) > MOST_KNOWN:
            del self._at[next(iter(self._at))]


def _shown(heard: Heard) -> tuple[int, str, str, str]:
    return heard.root_id, heard.root_name, heard.realm, heard.handle


async def follow(database: Database, *, limit: int = BATCH, known: Known | None = None) -> int:
    """Read on in the outbox: hints are kept and pairs suggested, with how far, in one transaction.

    How many entries that were. What was read and not committed is read again, to the same end.
    """
    known = Known() if known is None else known
    async with database.transaction() as work:
        position = await followers.take_untrimmed(work, stored.FOLLOWER)
        until, heard = await stored.heard_after(work, position, limit=limit)
        looked_for = [one for one in heard if not one.is_shared]
        for one in looked_for:
            await _consider(work, one, is_known=known.holds(one))
        if until > position:
            await followers.keep(work, stored.FOLLOWER, until)
    known.note(looked_for)
    return until - position


async def _consider(work: UnitOfWork, heard: Heard, *, is_known: bool) -> None:
    typed = hints_in([heard.text, *_claims(heard)])
    if is_known and not typed:
        return
    if typed:
        await stored.insert_hints(work, heard, typed)
    found: dict[int, list[Ground]] = {}
    for hint in typed:
        for one in await _others(work, heard, hint):
            kind = hint.kind if one.message_id is None else f"{hint.kind}_of_both"
            found.setdefault(one.root_id, []).append(_typed(kind, hint, heard.id, one.message_id))
    own = hint_of(heard.realm, heard.handle)
    if own is not None:
        for one in await _others(work, heard, own):
            # Of another's identity of the same handle, claimed here and proven there, or typed.
            found.setdefault(one.root_id, []).append(_typed(own.kind, own, one.message_id))
    named = await stored.is_named(work, heard.root_id)
    if named is None or named["is_shared"]:
        return
    if is_telling(named["display_name"]):
        for namesake in await stored.namesakes(
            work, heard.root_id, named["display_name"], at=heard.at, near=NEAR
        ):
            grounds = found.setdefault(namesake.root_id, [])
            name = " ".join(named["display_name"].casefold().split())
            grounds += [_ground("name", value=name), _ground("timing")]
    for root, grounds in found.items():
        await _suggest(work, heard.root_id, root, grounds, named)


async def _others(work: UnitOfWork, heard: Heard, hint: Hint) -> list[Candidate]:
    realms, handles = handles_of(hint)
    known = await stored.candidates(work, hint, realms, handles)
    return [one for one in known if one.root_id != heard.root_id]


async def _suggest(
    work: UnitOfWork, left: int, right: int, grounds: list[Ground], named: Mapping[str, Any]
) -> None:
    other = await stored.is_named(work, right)
    if other is None or other["is_shared"]:
        return
    if named["language"] and named["language"] == other["language"]:
        grounds.append(_ground("language", value=named["language"]))
    shared = {
        name
        for name, value in named["attributes"].items()
        if value not in (None, "", False) and other["attributes"].get(name) == value
    }
    if shared:
        grounds.append(_ground("attributes", value=", ".join(sorted(shared))))
    before = await stored.between(work, left, right)
    known = {_key(ground) for row in before for ground in row.grounds}
    fresh = [ground for ground in grounds if _key(ground) not in known]
    decided = any(row.state != "open" for row in before)
    if not any(_is_strong(ground) for ground in (fresh if before else grounds)):
        return
    together = _distinct([ground for row in before for ground in row.grounds] + grounds)
    score = weight_of({one["kind"] for one in together})
    if score < LEAST:
        return
    if not before or decided:
        new = Pair(left_root=left, right_root=right, grounds=together)
        for root in (left, right):
            if not await _has_room(work, root, new):
                return
    pair = (before[-1].left_id, before[-1].right_id) if before else (left, right)
    await stored.put(work, *pair, score, together)


async def _has_room(work: UnitOfWork, root: int, new: Pair) -> bool:
    """What is worse proven takes no room: anybody can make that of anybody."""
    if await stored.count_open(work, root) < MOST_OPEN:
        return True
    rows = await stored.of_person(work, root, limit=MOST_LISTED)
    most, *others = await most_of_pairs(work, [new, *map(Pair.of, rows)])
    return sum(one >= most for one in others) < MOST_OPEN


def _claims(heard: Heard) -> list[str]:
    return [
        value
        for name, value in heard.context.items()
        if name.startswith(CLAIMED) and isinstance(value, str)
    ]


def _typed(
    kind: str, hint: Hint, message_id: int | None, other_message_id: int | None = None
) -> Ground:
    ground = _ground(kind, value=hint.value, message_id=message_id)
    # Where the other of the two gave the same.
    return ground if other_message_id is None else ground | {"other_message_id": other_message_id}


def _ground(kind: str, *, value: str = "", message_id: int | None = None) -> Ground:
    return {"kind": kind, "value": value, "message_id": message_id}


def _key(ground: Ground) -> tuple[str, str]:
    return ground["kind"].removesuffix("_of_both"), ground["value"]


def _is_strong(ground: Ground) -> bool:
    """Whether it may begin a suggestion: language and attributes only add to others."""
    return ground["kind"] not in ("language", "attributes", "timing")


def _distinct(grounds: Sequence[Ground]) -> list[Ground]:
    return list({(one["kind"], one["value"]): one for one in grounds}.values())


async def list_of_person(database: Database, viewer: Viewer, person_id: int) -> SuggestionPage:
    """With whom they may be one, the likeliest first. Raises NotFound."""
    async with database.reading() as work:
        root = (await find_conversation(work, viewer, person_id)).root_id
        rows = await stored.of_person(work, root, limit=MOST_LISTED)
        shown = await shown_suggestions(work, viewer, rows)
        shown.sort(key=lambda one: (-one.score, -one.id))
        return SuggestionPage(suggestions=shown, before=None)


async def list_open(
    database: Database, viewer: Viewer, *, before: int | None, limit: int
) -> SuggestionPage:
    """Of the whole desk, the newest first. A page may hold fewer: `before` leads on."""
    async with database.reading() as work:
        rows = await stored.open_ones(work, before, limit=limit)
        return SuggestionPage(
            suggestions=await shown_suggestions(work, viewer, rows),
            before=rows[-1].id if len(rows) == limit else None,
        )


async def accept(
    database: Database, viewer: Viewer, suggestion_id: int, reason: str, *, four_eyes: bool
) -> Merge:
    """Merge the two; who was known longer stands for both.

    Raises NotFound, Refused, Conflict (decided before, one person already, second agent needed).
    """
    async with (
        noting_refusals(database, viewer, f"suggestions/{suggestion_id}"),
        database.transaction() as work,
    ):
        row, shown = await _find(work, viewer, suggestion_id)
        edge = await merging.merge_in(
            work,
            loser_id=max(row.left_root, row.right_root),
            winner_id=min(row.left_root, row.right_root),
            agent_id=viewer.agent_id,
            reason=reason,
            four_eyes=four_eyes,
            audited={"suggestion": row.id, "score": shown.score},
        )
        await stored.decide(
            work,
            [row.id],
            "accepted",
            agent_id=viewer.agent_id,
            reason=reason,
            merge_id=edge.id,
        )
        found = await load_merge(work, edge.id)
        assert found is not None, "it was made in this transaction"
        return found


async def reject(database: Database, viewer: Viewer, suggestion_id: int, reason: str) -> Suggestion:
    """These two are not suggested again on the same grounds. Raises NotFound, Conflict."""
    async with database.transaction() as work:
        row, _ = await _find(work, viewer, suggestion_id)
        alike = await stored.between(work, row.left_root, row.right_root)
        ids = {row.id} | {one.id for one in alike if one.state == "open"}
        await stored.decide(
            work, ids, "rejected", agent_id=viewer.agent_id, reason=reason.strip(), merge_id=None
        )
        await audit.record(
            work,
            f"agents/{viewer.agent_id}",
            "suggestion.rejected",
            f"suggestions/{row.id}",
            {"left": row.left_root, "right": row.right_root},
        )
        after = await stored.read(work, suggestion_id)
        assert after is not None, "it is locked"
        [shown] = await shown_suggestions(work, viewer, [after])
        return shown


async def _find(
    work: UnitOfWork, viewer: Viewer, suggestion_id: int
) -> tuple[SuggestionRow, Suggestion]:
    row = await stored.find(work, suggestion_id)
    shown = [] if row is None else await shown_suggestions(work, viewer, [row])
    if row is None or not shown:
        raise NotFound(f"There is no suggestion {suggestion_id}.")
    if row.state != "open":
        raise Conflict("Somebody decided this already.", code="already_decided")
    return row, shown[0]
