"""Whatever is said, proven, merged, split and undone in whatever order: who is one person with
whom, and whose history is shown to whom, is what a small model of its own says (F29).

`ONETHREAD_MERGE_RUNS` sets how many histories are tried; `make fuzz` tries 10,000.
"""

import asyncio
import os
from collections.abc import Coroutine
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from core.messages import Sender
from core.people import Evidence, EvidenceKind
from router.blobs.disk import DiskBlobs
from router.services.errors import Conflict
from router.services.identity import merging
from router.services.inbound import Incoming, accept
from router.storage.engine import Database
from tests.services.builders import make_account, received, signed_sender
from tests.services.merge_model import Model

RUNS = int(os.environ.get("ONETHREAD_MERGE_RUNS", "12"))
STEPS = 24
CHANNELS = ("ann", "bob", "cat")
SESSIONS = ("s1", "s2", "s3")
HOSTS = ("41", "42")
ADDRESSES = ("x@example.com", "y@example.com")
REASON = "Because."
Result = TypeVar("Result")
_examples = count(1)


class Desk:
    """The product, and a loop to run it in."""

    def __init__(self, runner: asyncio.Runner, url: str, folder: Path) -> None:
        self._runner = runner
        self.database = Database(url)
        self.blobs = DiskBlobs(folder / "blobs")
        self.account = self.run(make_account(self.database))

    def run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        return self._runner.run(coroutine)

    def hear(self, sender: Sender, text: str) -> None:
        incoming = Incoming(account_id=self.account, fence=None, events=(received(sender, text),))
        [result] = self.run(accept(self.database, self.blobs, [incoming]))
        assert not isinstance(result, BaseException), result

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        async def read() -> list[tuple[Any, ...]]:
            async with self.database.reading() as work:
                return [tuple(row) for row in await work.driver.fetch(statement, *values)]

        return self.run(read())


class Machine(RuleBasedStateMachine):
    """Every example has handles and host accounts of its own, so that one database does for all."""

    desk: Desk

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.of = f"{next(_examples)}."
        self.texts = count(1)

    @rule(who=st.sampled_from(CHANNELS))
    def writes(self, who: str) -> None:
        self._hear(self._plain(who), self.of + who)

    @rule(who=st.sampled_from((*CHANNELS, *SESSIONS)))
    def is_imitated(self, who: str) -> None:
        claim = Sender(
            realm=_realm(who),
            handle=self.of + who,
            shown_as=who.title(),
            evidence=(Evidence(kind=EvidenceKind.CLAIM),),
        )
        self._hear(claim, f"claimed {self.of + who}")

    @rule(who=st.sampled_from(SESSIONS))
    def visits(self, who: str) -> None:
        evidence = (Evidence(kind=EvidenceKind.SESSION_TOKEN),)
        sender = Sender(
            realm="web:shop", handle=self.of + who, shown_as=who.title(), evidence=evidence
        )
        self._hear(sender, self.of + who)

    @rule(address=st.sampled_from(ADDRESSES))
    def mails(self, address: str) -> None:
        evidence = (Evidence(kind=EvidenceKind.AUTHENTICATED_MAIL),)
        sender = Sender(realm="email", handle=self.of + address, shown_as="", evidence=evidence)
        self._hear(sender, self.of + address)

    @rule(
        who=st.sampled_from(SESSIONS),
        host=st.sampled_from(HOSTS),
        address=st.none() | st.sampled_from(ADDRESSES),
    )
    def signs_in(self, who: str, host: str, address: str | None) -> None:
        host, text = self.of + host, self._text()
        handle = self.of + who
        email = None if address is None else self.of + address
        self.desk.hear(signed_sender(handle, host=host, email=email), text)
        known = len(self.model.lines)
        if self.model.link(handle, host, f"host {host}", email):
            self.model.hear(handle, text)
        self._name_new_lines(known)

    @precondition(lambda self: len(self.model.seats) > 1)
    @rule(choice=st.data())
    def is_merged(self, choice: st.DataObject) -> None:
        left, right = self._two(choice)
        if right in self.model.with_(left):
            return
        self.model.merge(self._merge(left, right), left, right)

    @precondition(lambda self: any(len(one) > 1 for one in self.model.people()))
    @rule(choice=st.data())
    def is_split(self, choice: st.DataObject) -> None:
        one = self._joined(choice)
        self.model.split(self._split(one), one)

    @precondition(lambda self: self.model.lines)
    @rule(choice=st.data())
    def is_undone(self, choice: st.DataObject) -> None:
        key = choice.draw(st.sampled_from(sorted(self.model.lines)))
        may = self.model.may_undo(key)
        try:
            self._undo(key)
        except Conflict:
            assert not may
        else:
            assert may
            self.model.undo(key)

    @precondition(lambda self: len(self.model.seats) > 1)
    @rule(choice=st.data())
    def is_merged_by_mistake(self, choice: st.DataObject) -> None:
        left, right = self._two(choice)
        if right in self.model.with_(left):
            return
        before = self._record()
        key = self._merge(left, right)
        self._undo(key)
        self.model.merge(key, left, right)
        self.model.undo(key)
        assert self._record() == before

    @precondition(lambda self: any(len(one) > 1 for one in self.model.people()))
    @rule(choice=st.data())
    def is_split_by_mistake(self, choice: st.DataObject) -> None:
        one = self._joined(choice)
        before = self._record()
        key = self._split(one)
        self._undo(key)
        self.model.split(key, one)
        self.model.undo(key)
        assert self._record() == before

    @invariant()
    def people_are_whom_the_model_says(self) -> None:
        found: dict[int, set[str]] = {}
        for handle, root in self._roots():
            found.setdefault(root, set()).add(handle)
        assert {frozenset(one) for one in found.values()} == self.model.people()

    @invariant()
    def each_sees_the_history_that_the_model_says(self) -> None:
        said: dict[int, list[str]] = {}
        for root, text in self.desk.rows(_SAID, self.of):
            said.setdefault(root, []).append(text)
        for handle, root in self._roots():
            assert said.get(root, []) == self.model.history(handle)

    @invariant()
    def nobody_has_two_host_accounts_unless_an_agent_said_so(self) -> None:
        if any(line.host is None for line in self.model.lines.values()):
            return
        for together in self.model.people():
            assert len({self.model.hosts[one] for one in together} - {None}) <= 1

    @invariant()
    def cases_and_pointers_are_right(self) -> None:
        assert self.desk.rows(_STRAYS, self.of) == []
        assert self.desk.rows(_WRONG_POINTERS, self.of) == []

    def _hear(self, sender: Sender, handle: str) -> None:
        text = self._text()
        self.desk.hear(sender, text)
        self.model.hear(handle, text)

    def _plain(self, who: str) -> Sender:
        evidence = (Evidence(kind=EvidenceKind.NETWORK_ID),)
        return Sender(realm="sample", handle=self.of + who, shown_as=who.title(), evidence=evidence)

    def _text(self) -> str:
        return f"{self.of}{next(self.texts)}"

    def _two(self, choice: st.DataObject) -> list[str]:
        pairs = st.lists(
            st.sampled_from(sorted(self.model.seats)), min_size=2, max_size=2, unique=True
        )
        return [self._standing_for(one) for one in choice.draw(pairs)]

    def _standing_for(self, handle: str) -> str:
        """Whoever stands for them: a merge is of whole conversations, and ties these two."""
        by_home = {home: one for one, home in self._homes().items()}
        return by_home[dict(self._roots())[handle]]

    def _joined(self, choice: st.DataObject) -> str:
        joined = sorted(one for one in self.model.seats if len(self.model.with_(one)) > 1)
        return choice.draw(st.sampled_from(joined))

    def _merge(self, left: str, right: str) -> int:
        homes = self._homes()
        row = self.desk.run(
            merging.merge(
                self.desk.database,
                loser_id=homes[left],
                winner_id=homes[right],
                agent_id=None,
                reason=REASON,
            )
        )
        return row.id

    def _split(self, handle: str) -> int:
        [(identity,)] = self.desk.rows(
            f"select id from identities i where home_person_id = $1 and {_OURS}",
            self._homes()[handle],
            self.of,
        )
        row = self.desk.run(
            merging.split(self.desk.database, identity_id=identity, agent_id=None, reason=REASON)
        )
        return row.id

    def _undo(self, key: int) -> None:
        self.desk.run(
            merging.undo_merge(self.desk.database, merge_id=key, agent_id=None, reason=REASON)
        )

    def _name_new_lines(self, known: int) -> None:
        """The model's lines that came by themselves get the numbers of the product's rows."""
        fresh = [key for key in self.model.lines if key < 0]
        by_home = {home: handle for handle, home in self._homes().items()}
        rows = self.desk.rows(
            "select id, loser_id, winner_id from person_merges where loser_id = any($1::bigint[])"
            " order by id",
            list(by_home),
        )
        made = [
            (id, frozenset({by_home[loser], by_home[winner]}))
            for id, loser, winner in rows
            if id not in self.model.lines
        ]
        assert len(self.model.lines) - known == len(fresh)
        assert sorted(map(sorted, (ends for _, ends in made))) == sorted(
            sorted({self.model.lines[key].left[0], self.model.lines[key].right[0]}) for key in fresh
        )
        for key in fresh:
            line = self.model.lines.pop(key)
            ends = frozenset({line.left[0], line.right[0]})
            [id] = [id for id, both in made if both == ends]
            self.model.lines[id] = line

    def _homes(self) -> dict[str, int]:
        rows = self.desk.rows(
            f"select {_NAME}, home_person_id from identities i where {_OURS}", 0, self.of
        )
        return dict(rows)

    def _roots(self) -> list[tuple[str, int]]:
        return self.desk.rows(
            f"select {_NAME}, p.root_id from identities i"
            f" join persons p on p.id = i.home_person_id where {_OURS}",
            0,
            self.of,
        )

    def _record(self) -> list[list[tuple[Any, ...]]]:
        return [self.desk.rows(statement, self.of) for statement in _RECORD]


def _realm(who: str) -> str:
    return "web:shop" if who in SESSIONS else "sample"


_NAME = """case when i.realm = 'host' then 'host ' || i.handle
    when i.realm like 'claimed:%' then 'claimed ' || i.handle else i.handle end"""
_OURS = "starts_with(i.handle, $2::text) and $1::bigint is not null"
_MINE = """select i.home_person_id from identities i where starts_with(i.handle, $1)"""
_SAID = """
select p.root_id, m.text from messages m join persons p on p.id = m.person_id
where starts_with(m.text, $1) and m.state = 'shown' order by m.id
"""
_STRAYS = f"""
select m.id from messages m join persons p on p.id = m.person_id
join cases c on c.id = m.case_id join persons o on o.id = c.person_id
where o.root_id <> p.root_id and p.id in ({_MINE})
"""
_WRONG_POINTERS = f"""
select p.id from persons p where p.root_id = p.id and p.id in ({_MINE}) and (
    p.last_message_id <> coalesce((select max(m.id) from persons o
        join messages m on m.person_id = o.id where o.root_id = p.id), 0)
    or p.open_cases <> (select count(*) from persons o
        join cases c on c.person_id = o.id where o.root_id = p.id and c.state <> 'solved'))
"""
_RECORD = (
    f"select id, root_id from persons where id in ({_MINE}) order by id",
    f"select p::text from persons p where id = root_id and id in ({_MINE}) order by id",
    f"select m::text from messages m where person_id in ({_MINE}) order by id",
    f"""select id, person_id, state, subject, access_class, last_message_id, opened_at
        from cases where person_id in ({_MINE}) order by id""",
    f"select i::text from identities i where i.home_person_id in ({_MINE}) order by id",
)


def test_whatever_happens_in_whatever_order_people_are_whom_the_model_says(
    database_url: str, tmp_path: Path
) -> None:
    with asyncio.Runner() as runner:
        Machine.desk = Desk(runner, database_url, tmp_path)
        try:
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
            runner.run(Machine.desk.database.close())
