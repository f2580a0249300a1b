"""Macros that were dropped, back again: with topics as they are called now, and without what is
gone, if whoever puts one back says so.
"""

from collections.abc import Iterable, Sequence

import msgspec

from router.services import audit
from router.services.automation.checking import Known, gone_from
from router.services.automation.keeping import known
from router.services.automation.macros import check_actions, check_reach, is_for, to_macro
from router.services.automation.shapes import Macro
from router.services.automation.terms import (
    Action,
    Actions,
    LabelCase,
    Notify,
    SetTopic,
)
from router.services.automation.topic_names import TopicNames
from router.services.callers import Caller
from router.services.errors import NotFound, Refused
from router.storage import case_fields, rules, topics
from router.storage import macros as stored
from router.storage.engine import Database
from router.storage.unit_of_work import UnitOfWork

Gone = tuple[str, int | str]
"""What kind of thing, and its id; of a topic what it is called."""


async def restore_macro(
    database: Database,
    caller: Caller,
    macro_id: int,
    *,
    can_step_up: bool,
    without_gone: bool = False,
) -> Macro:
    """One that was dropped is there again. Raises NotFound, Forbidden, and Refused
    `macro_names_gone`, with `names` and how many actions are `left`, if it names what is gone;
    `without_gone` leaves that out. `macro_all_gone`: nothing is left then.
    """
    async with database.transaction() as work:
        # Before the macro, as whoever renames or archives a topic has it.
        every = await topics.lock_tree(work)
        row = await stored.lock_dropped(work, macro_id)
        if row is None or not is_for(row, caller):
            raise NotFound(f"There is no macro {macro_id} that was dropped.")
        check_reach(caller, row["reach"], row["team_id"])
        await case_fields.hold_fields(work)
        there = await known(work, can_step_up=can_step_up)
        named = TopicNames(every, row["topic_ids"])
        left: list[Action] = []
        gone: list[Gone] = []
        for said in row["actions"]:
            action = msgspec.convert(named.as_now(said), Action)
            if isinstance(action, SetTopic) and not named.is_set(said["topic"]):
                gone.append(("topic", action.topic))
                continue
            lost = list(gone_from(action, there))
            gone += [(noun, which) for noun, _, which in lost]
            rest = _without(action, there) if lost else action
            left += [] if rest is None else [rest]
        if gone and not without_gone:
            names = ", ".join(f"“{one}”" for one in await _names(work, gone))
            raise Refused(
                f"What it names is gone: {names}.",
                code="macro_names_gone",
                names=names,
                left=len(left),
            )
        if not left:
            raise Refused("Nothing is left of it.", code="macro_all_gone")
        actions = msgspec.convert(left, Actions)
        await check_actions(work, actions, can_step_up=can_step_up)
        is_same = actions == msgspec.convert(row["actions"], Actions)
        said_now = None if is_same else msgspec.to_builtins(actions)
        await stored.put_back(work, macro_id, said_now)
        rules.announce(work)
        if row["reach"] != "personal":
            await audit.record(work, caller.actor, "macro.restored", f"macros/{macro_id}")
        back = await stored.find_macro(work, macro_id)
        assert back is not None, "it was put back"
        return to_macro(back, caller)


def _without(action: Action, there: Known) -> Action | None:
    """What is left of it. None: nothing."""
    lost: dict[str, set[int]] = {}
    for _, field, which in gone_from(action, there):
        lost.setdefault(field, set()).add(which)
    rest = {}
    for field, ids in lost.items():
        listed = getattr(action, field)
        if not isinstance(listed, tuple):
            return None
        rest[field] = tuple(one for one in listed if one not in ids)
    match msgspec.structs.replace(action, **rest):
        case LabelCase(add=(), drop=()) | Notify(agent_ids=(), team_ids=()):
            return None
        case left:
            return left


async def _names(work: UnitOfWork, gone: Iterable[Gone]) -> Sequence[str]:
    """Each once, as it is or was called; of what nobody knows any more what kind it was of."""
    ids = [(noun, which) for noun, which in gone if isinstance(which, int)]
    called = await rules.names_of(work, ids)
    told = (called.get((noun, which), f"{noun} {which}") if isinstance(which, int) else which
            for noun, which in gone)  # fmt: skip
    return list(dict.fromkeys(told))
