"""Whatever is said, moved, split off, merged and undone in whatever order: each message is in the
case in which a small model of its own has it.

`ONETHREAD_MERGE_RUNS` sets how many histories are tried.
"""

import asyncio
import os
from collections.abc import Coroutine
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from core.messages import ThreadKey
from router.services import case_moves, case_undoing, cases
from router.services.cases import CaseChange
from router.services.errors import Conflict
from router.services.inbound import Incoming, accept
from router.services.shown.case_moves import Moved, NewMove
from router.services.viewer import Viewer
from tests.services.builders import received
from tests.services.case_model import Model, Step
from tests.services.test_merge_machine import Desk

RUNS = int(os.environ.get("ONETHREAD_MERGE_RUNS", "3"))
STEPS = 16
_examples = count(1)


class Machine(RuleBasedStateMachine):
    desk: Desk
    viewer: Viewer

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.who = f"anna{next(_examples)}"
        self.numbers = count(1)
        self.moves: dict[int, Step] = {}
        self._hears()

    @rule()
    def hears(self) -> None:
        self._hears()

    @rule()
    def opens(self) -> None:
        [(person,)] = self.desk.rows(
            "select home_person_id from identities where handle = $1", self.who
        )
        case = self.desk.run(cases.open_case(self.desk.database, self.viewer, person, "More"))
        self.model.classes[case.id] = "normal"

    @rule(choice=st.data(), state=st.sampled_from(("open", "waiting", "solved")))
    def is_decided(self, choice: st.DataObject, state: Any) -> None:
        case = self._live(choice)
        change = CaseChange(state=state)
        self.desk.run(cases.change_case(self.desk.database, self.viewer, case, change))

    @rule(choice=st.data())
    def is_restricted(self, choice: st.DataObject) -> None:
        case = self._live(choice)
        change = CaseChange(access_class="fraud", may_lose_sight=True)
        self.desk.run(cases.change_case(self.desk.database, self.viewer, case, change))
        self._hide()
        assert self.model.classes[case] == "fraud"

    @rule(choice=st.data())
    def goes(self, choice: st.DataObject) -> None:
        self._go(choice)

    @precondition(lambda self: self.moves)
    @rule(choice=st.data())
    def is_undone(self, choice: st.DataObject) -> None:
        counting = sorted(key for key, step in self.moves.items() if not step.is_undone)
        if counting:
            self._undo(choice.draw(st.sampled_from(counting)))

    @rule(choice=st.data(), often=st.integers(1, 4))
    def goes_by_mistake(self, choice: st.DataObject, often: int) -> None:
        before = self._record()
        made = [key for _ in range(often) if (key := self._go(choice)) is not None]
        for key in choice.draw(st.permutations(made)):
            if not self._undo(key):
                return
        assert self._record() == before

    @invariant()
    def messages_are_where_the_model_says(self) -> None:
        assert dict(self.desk.rows(_PLACES, self.who)) == self.model.places()

    @invariant()
    def all_that_follows_is_right(self) -> None:
        assert self.desk.rows(_WRONG_KEYS, self.who) == []
        assert self.desk.rows(_WRONG_CASES, self.who) == []
        assert self.desk.rows(_SHOWN, self.who) == []
        assert self.desk.rows(_WRONG_COUNTS, self.who) == []

    def teardown(self) -> None:
        """With everything undone each message is where it was said."""
        for step in self.model.steps:
            step.is_undone = step.kind != "said"
        said = self.model.places()
        self.desk.run(self._lift_restrictions())
        for key in sorted(self.moves):
            _, refusal = self._ask(case_moves.undo(self.desk.database, self.viewer, key))
            assert refusal in (None, "undone")
        assert dict(self.desk.rows(_PLACES, self.who)) == said

    def _hears(self) -> None:
        text = f"{self.who} {next(self.numbers)}"
        keys = (ThreadKey(kind="sample", key=text),)
        event = received(self.who, text, thread_keys=keys)
        incoming = Incoming(account_id=self.desk.account, fence=None, events=(event,))
        [result] = self.desk.run(accept(self.desk.database, self.desk.blobs, [incoming]))
        assert not isinstance(result, BaseException), result
        [(message, case, into)] = self.desk.rows(
            "select m.id, c.id, c.merged_into_id from messages m join cases c on c.id = m.case_id"
            " where m.text = $1",
            text,
        )
        assert into is None
        self.model.said(message, case)

    def _go(self, choice: st.DataObject) -> int | None:
        """A move of any kind; None: it was refused, as the model says it has to be."""
        case = self._live(choice)
        others = sorted(one for one in self._lives() if one != case)
        here = sorted(one for one, at in self.model.places().items() if at == case)
        kinds = [*(["split"] if here else []), *(["merge"] if others else [])]
        kinds += ["move"] if here and others else []
        if not kinds:
            return None
        kind = choice.draw(st.sampled_from(kinds))
        into = choice.draw(st.sampled_from(others)) if kind != "split" else 0
        picked: tuple[int, ...] = ()
        if kind != "merge":
            some = st.lists(st.sampled_from(here), min_size=1, unique=True)
            picked = tuple(sorted(choice.draw(some)))
        may = kind == "split" or self.model.may_be_seen(case, into)
        moved, refusal = self._ask(self._move(kind, case, into, picked))
        assert refusal == (None if may else "would_show")
        if moved is None:
            return None
        target = moved.move.to_case_id
        self.model.classes.setdefault(target, self.model.classes[case])
        step = Step(kind, case, target, picked)
        self.model.steps.append(step)
        self._hide()
        self.moves[moved.move.id] = step
        return moved.move.id

    def _ask(self, doing: Coroutine[Any, Any, Moved]) -> tuple[Moved | None, str | None]:
        """What came of it, or why it was refused."""
        try:
            return self.desk.run(doing), None
        except Conflict as error:
            return None, error.code

    def _move(
        self, kind: str, case: int, into: int, picked: tuple[int, ...]
    ) -> Coroutine[Any, Any, Moved]:
        database, viewer = self.desk.database, self.viewer
        if kind == "merge":
            return case_moves.merge(database, viewer, case, into)
        wanted = NewMove(message_ids=picked, to_case_id=into or None)
        return case_moves.move(database, viewer, case, wanted)

    def _undo(self, key: int) -> bool:
        step = self.moves[key]
        before, after = self.model.places(), self.model.places(without=step)
        offer = self.desk.run(case_undoing.foresee(self.desk.database, self.viewer, key))
        _, refusal = self._ask(case_moves.undo(self.desk.database, self.viewer, key))
        may = self.model.may_go(before, after)
        assert refusal == (None if may else "would_show")
        assert (offer.is_possible, offer.code) == (may, refusal or "")
        step.is_undone = may
        self._hide()
        return may

    def _hide(self) -> None:
        """What stands for a restricted case is restricted like it, and stays so."""
        for case, now in self.desk.rows(_CLASSES, self.who):
            assert self.model.classes.get(case, now) in (now, "normal")
            self.model.classes[case] = now

    def _live(self, choice: st.DataObject) -> int:
        return choice.draw(st.sampled_from(self._lives()))

    def _lives(self) -> list[int]:
        return [case for (case,) in self.desk.rows(_LIVES, self.who)]

    def _record(self) -> list[tuple[Any, ...]]:
        """Cases that were made by mistake, and hold nothing, are nothing to anybody."""
        return self.desk.rows(_RECORD, self.who)

    async def _lift_restrictions(self) -> None:
        async with self.desk.database.transaction() as work:
            await work.driver.execute("update cases set access_class = 'normal'")


_MINE = "(select home_person_id from identities where handle = $1)"
_LIVES = f"select id from cases where person_id in {_MINE} and merged_into_id is null order by id"
_PLACES = f"select id, case_id from messages where person_id in {_MINE} and direction = 'in'"
_CLASSES = f"select id, access_class from cases where person_id in {_MINE}"
_RECORD = f"""
select c.id, c.state, c.solved_at, c.snoozed_until, c.owner_id, c.last_message_id,
    c.standing::text,
    array(select m.id from messages m where m.case_id = c.id and m.direction = 'in' order by m.id)
from cases c where c.person_id in {_MINE} and c.merged_into_id is null order by c.id
"""
_WRONG_KEYS = f"""
select t.key from thread_keys t join messages m on m.id = t.message_id
where m.person_id in {_MINE} and t.case_id <> m.case_id
"""
_WRONG_CASES = f"""
select c.id from cases c where c.person_id in {_MINE} and (
    c.last_message_id <> coalesce((select max(id) from messages m
        where m.case_id = c.id and m.direction <> 'event'), 0)
    or (c.merged_into_id is null) <> (c.standing is null)
    or (c.merged_into_id is not null and (c.state <> 'solved' or c.last_message_id <> 0
        or exists (select from waiting_cases w where w.case_id = c.id)
        or exists (select from cases k
                   where k.id = c.merged_into_id and k.merged_into_id is not null))))
"""
_SHOWN = f"""
select c.id from cases c join cases k on k.id = c.merged_into_id
where c.person_id in {_MINE} and c.access_class = 'normal' and k.access_class <> 'normal'
"""
_WRONG_COUNTS = f"""
select p.id from persons p where p.id in {_MINE} and p.open_cases <>
    (select count(*) from cases c where c.person_id = p.id and c.state <> 'solved')
"""


def test_whatever_goes_where_in_whatever_order_messages_are_where_the_model_says(
    database_url: str, tmp_path: Path
) -> None:
    with asyncio.Runner() as runner:
        desk = Machine.desk = Desk(runner, database_url, tmp_path)
        try:
            [(agent,)] = [runner.run(_agent(desk))]
            Machine.viewer = Viewer(agent)
            run_state_machine_as_test(
                Machine,
                settings=settings(
                    max_examples=RUNS,
                    stateful_step_count=STEPS,
                    deadline=None,
                    derandomize="ONETHREAD_MERGE_RUNS" not in os.environ,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(desk.database.close())


async def _agent(desk: Desk) -> tuple[int]:
    async with desk.database.transaction() as work:
        made = await work.driver.fetchval(
            "insert into agents (email, name, role, created_at)"
            " values ('bo@desk.invalid', 'Bo', 'agent', now()) returning id"
        )
        return (int(made),)
