"""What keeps deadlines: nothing that fails holds back the rest, and nothing is written twice."""

from collections.abc import Collection
from datetime import timedelta

import pytest

from core.clock import FakeClock
from router.runtime.deadlines import ASIDE_SECONDS, DeadlineWatch
from router.runtime.lease_keeper import LeaseKeeper
from router.services import cases
from router.services.cases import CaseChange
from router.services.deadlines import following
from router.services.host import accounts
from router.services.viewer import Viewer
from router.storage import deadlines as stored
from router.storage.records import Record
from router.storage.unit_of_work import UnitOfWork
from tests.services.builders import signed_sender
from tests.services.test_deadlines import ALWAYS, agree, catch_up, lines, plan, rows
from tests.stage import Stage


class Broken:
    """Nothing can be read of the case that is `at` fault."""

    def __init__(self) -> None:
        self.at: int | None = None
        self._read = stored.cases_to_derive

    async def __call__(self, work: UnitOfWork, case_ids: Collection[int]) -> list[Record]:
        if self.at in case_ids:
            raise ValueError("odd")
        return await self._read(work, case_ids)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Broken:
    made = Broken()
    monkeypatch.setattr(stored, "cases_to_derive", made)
    return made


@pytest.fixture
def watch(stage: Stage) -> DeadlineWatch:
    return DeadlineWatch(stage.database, LeaseKeeper(stage.database, "one"))


@pytest.fixture
async def boss(stage: Stage) -> Viewer:
    made = await stage.agent("Ida", role="supervisor")
    await agree(stage, made, plan({"name": "All", "first_reply": ALWAYS}))
    await catch_up(stage)
    return made


async def work(stage: Stage, watch: DeadlineWatch) -> None:
    await stage.relay()
    while await watch.round():
        pass


async def owing(stage: Stage) -> list[int]:
    return [case for (case,) in await rows(stage, "case_id")]


@pytest.mark.usefixtures("boss")
async def test_case_that_cannot_be_derived_holds_back_no_other_and_comes_again(
    stage: Stage, watch: DeadlineWatch, broken: Broken, clock: FakeClock
) -> None:
    first, second = [await stage.case_of(await stage.says(who)) for who in ("ana", "ben")]
    broken.at = first

    await work(stage, watch)
    third = await stage.case_of(await stage.says("eve"))
    await work(stage, watch)

    assert await owing(stage) == [second, third]
    broken.at = None
    clock.advance(timedelta(seconds=ASIDE_SECONDS))
    await work(stage, watch)
    assert await owing(stage) == [first, second, third]


async def test_case_that_cannot_be_derived_holds_back_no_new_plan(
    stage: Stage, watch: DeadlineWatch, broken: Broken, boss: Viewer
) -> None:
    first, second = [await stage.case_of(await stage.says(who)) for who in ("ana", "ben")]
    await work(stage, watch)
    broken.at = second

    await agree(stage, boss, plan({"name": "New", "first_reply": ALWAYS}))
    await work(stage, watch)

    assert await rows(stage, "case_id, policy") == [(first, "New"), (second, "All")]


@pytest.mark.usefixtures("boss")
async def test_alarm_that_fails_keeps_no_other_from_being_told(
    stage: Stage, watch: DeadlineWatch, broken: Broken, clock: FakeClock
) -> None:
    first = await stage.case_of(await stage.says("ana"))
    await stage.says("ben")
    await work(stage, watch)
    clock.advance(timedelta(minutes=50))
    broken.at = first

    await work(stage, watch)

    assert await lines(stage) == [("deadline_near", "first_reply")]
    broken.at = None
    clock.advance(timedelta(seconds=ASIDE_SECONDS))
    await work(stage, watch)
    assert await lines(stage) == [("deadline_near", "first_reply")] * 2


@pytest.mark.usefixtures("boss")
async def test_what_is_due_is_told_while_much_is_still_to_be_read(
    stage: Stage, watch: DeadlineWatch, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.says("ana")
    await work(stage, watch)
    clock.advance(timedelta(minutes=50))

    async def is_behind(*_: object, **__: object) -> bool:
        return True

    monkeypatch.setattr(following, "follow", is_behind)

    assert await watch.round()
    assert await lines(stage) == [("deadline_near", "first_reply")]


async def test_deadlines_that_stay_as_they_are_are_not_touched(stage: Stage, boss: Viewer) -> None:
    case = await stage.case_of(await stage.says("ana"))
    await stage.case_of(await stage.says("ben"))
    await catch_up(stage)
    untouched = (
        "select array(select (case_id, xmin, xmax)::text from deadlines union all"
        " select (case_id, xmin, xmax)::text from deadline_alarms order by 1)"
    )
    before = await stage.value(untouched)
    assert isinstance(before, list)

    await stage.says("ana", "Hello?")
    await catch_up(stage)
    assert await stage.value(untouched) == before

    await cases.change_case(stage.database, boss, case, CaseChange(state="solved"))
    await catch_up(stage)
    assert await stage.value(untouched) != before
    assert await stage.value("select count(*) from deadline_alarms where case_id = $1", case) == 0


async def test_policy_for_a_tier_holds_for_whom_the_host_says_is_of_it(
    stage: Stage, boss: Viewer
) -> None:
    vip = {"name": "Vip", "fits": {"tiers": ["VIP"]}, "first_reply": ALWAYS}
    await agree(stage, boss, plan(vip, {"name": "All", "first_reply": ALWAYS}))
    await stage.says(signed_sender("ana", host="41"))
    await stage.says("ben")
    await catch_up(stage)
    assert await rows(stage, "policy") == [("All",), ("All",)]

    said = accounts.AccountStatement(tier="vip")
    await accounts.declare_account(stage.database, "cli", "41", said)
    await catch_up(stage)

    assert await rows(stage, "policy") == [("Vip",), ("All",)]
