"""Whoever restricts a case holds its conversation and those of its sides, taken in one order."""

import asyncio
from pathlib import Path

import pytest

from core.capabilities import Capabilities
from core.messages import ThreadKey
from router.services import case_moves, cases
from router.services.cases import CaseChange
from router.services.outbound import Copy
from router.services.outbound.addressed import REPLY_TOKEN, reply_token
from router.services.viewer import Viewer
from router.storage import persons
from router.storage.engine import Database
from router.storage.unit_of_work import UnitOfWork
from tests.services.answering_desk import AnsweringDesk, open_desk
from tests.waiting import until_blocked

MAIL = Capabilities(copies=True, threads=True, subject=True, can_open_conversation=True)
ANA, BEA = "ana@x.example", "bea@partner.example"
RESTRICT = CaseChange(access_class="fraud", may_lose_sight=True)


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AnsweringDesk:
    """Bea was there first: her conversation comes before Ana's."""
    desk = await open_desk(database, tmp_path)
    desk.capabilities[desk.channel] = MAIL
    await desk.hear(BEA, "Good morning")
    return desk


async def _joined(desk: AnsweringDesk, person: str, by: str) -> int:
    """A case of this person of which the other one has a side."""
    boss = Viewer(desk.author.agent_id)
    case = (await cases.open_case(desk.database, boss, await desk.hear(person), "Withdrawal")).id
    await desk.answer(await _root(desk, case), case_id=case, copies=[Copy(address=by)])
    thread = ThreadKey(REPLY_TOKEN, reply_token(desk.keyring, case))
    await desk.hear(by, "I have it here.", answers=(thread,))
    assert await desk.value("select count(*) from cases where joined_case_id = $1", case) == 1
    return case


async def _root(desk: AnsweringDesk, case: int) -> int:
    return int(await desk.value("select person_id from cases where id = $1", case))


async def _is_free(work: UnitOfWork, person: int) -> None:
    """Raises if somebody else holds this conversation."""
    await work.driver.execute("set local lock_timeout = '100ms'")
    await persons.lock_root(work, person)


async def _restrict(desk: AnsweringDesk, case: int) -> None:
    boss = Viewer(desk.author.agent_id)
    await cases.change_case(desk.database, boss, case, RESTRICT, may_classify=True)


async def test_case_is_restricted_with_the_conversations_of_its_sides_taken_in_order(
    desk: AnsweringDesk,
) -> None:
    case = await _joined(desk, ANA, BEA)
    ana, bea = await _root(desk, case), 1
    assert bea < ana

    async with desk.database.transaction() as work:
        await persons.lock_root(work, bea)
        restricting = asyncio.create_task(_restrict(desk, case))
        await desk.until_blocked()
        await _is_free(work, ana)

    await restricting
    classes = await desk.rows("select access_class from cases where id = $1 or joined_case_id = $1",
                              case)  # fmt: skip
    assert {row["access_class"] for row in classes} == {"fraud"}


async def test_case_that_a_restricted_one_stands_for_is_hidden_with_its_sides_taken_in_order(
    desk: AnsweringDesk,
) -> None:
    boss = Viewer(desk.author.agent_id)
    case = await _joined(desk, ANA, BEA)
    ana = await _root(desk, case)
    into = (await cases.open_case(desk.database, boss, ana, "Fraud")).id
    await _restrict(desk, into)

    async with desk.database.transaction() as work:
        await persons.lock_root(work, 1)
        merging = asyncio.create_task(case_moves.merge(desk.database, boss, case, into))
        await desk.until_blocked()
        await _is_free(work, ana)

    await merging
    assert await desk.value("select count(*) from cases where access_class = 'fraud'") == 3


async def test_two_cases_of_which_each_has_a_side_beside_the_other_are_restricted_at_once(
    desk: AnsweringDesk,
) -> None:
    """Neither waits for what the other one holds: no deadlock is tried again by anybody."""
    both = [await _joined(desk, ANA, BEA), await _joined(desk, BEA, ANA)]

    async with desk.database.transaction() as work:
        await persons.lock_roots(work, [1, await _root(desk, both[0])])
        restricting = [asyncio.create_task(_restrict(desk, case)) for case in both]
        await until_blocked(desk.database, 2)

    await asyncio.gather(*restricting)
    assert await desk.value("select count(*) from cases where access_class = 'fraud'") == 4
