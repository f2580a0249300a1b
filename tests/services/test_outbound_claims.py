"""Claims under competition: order in every lane, one hold at a time, and late owners refused."""

import asyncio
import random
from collections import defaultdict
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.clock import FakeClock
from core.delivery import DeliveryState, Transition
from router.services.outbound import new_send_key
from router.storage import claims, deliveries, leases
from router.storage.claims import Asked, Claimed, Owner
from router.storage.deliveries import Cleared, NewDelivery
from router.storage.engine import Database, StatementRefused
from router.storage.outcomes import Finished, finish
from tests.services.answering_desk import AnsweringDesk, open_desk
from tests.services.builders import make_account

SENT = Transition(state=DeliveryState.SENT)


class Lanes:
    """Deliveries of one account, queued without the services in front."""

    def __init__(self, desk: AnsweringDesk, account: int, person: int, place: int) -> None:
        self.desk, self.account, self.person, self.place = desk, account, person, place
        self.lease = leases.account_lease(account)

    @classmethod
    async def open(cls, desk: AnsweringDesk) -> "Lanes":
        account = await make_account(desk.database)
        person = await desk.hear("ann", account=account)
        place = await desk.value("select max(id) from places where account_id = $1", account)
        return cls(desk, account, person, place)

    async def owner(self, name: str) -> Owner:
        await self.desk.value(
            "update leases set expires_at = '-infinity' where name = $1", self.lease
        )
        async with self.desk.database.transaction() as work:
            fence = await leases.take(work, self.lease, name)
        assert fence is not None
        return Owner(account_id=self.account, lease=self.lease, fence=fence)

    async def queue(self, *lanes: str, state: str = "queued", wait: float = 0.0) -> list[int]:
        message = await self.desk.value("select max(id) from messages")
        last = await self.desk.value("select coalesce(max(revision), 0) from deliveries")
        async with self.desk.database.transaction() as work:
            return await deliveries.queue(
                work,
                [
                    NewDelivery(
                        message_id=message,
                        person_id=self.person,
                        account_id=self.account,
                        place_id=self.place,
                        identity_id=None,
                        part=0,
                        part_count=1,
                        revision=last + number,
                        text="",
                        lane=f"{self.account}:{lane}",
                        send_key=new_send_key(),
                        state=state,
                        due_at=work.now() + timedelta(seconds=wait),
                    )
                    for number, lane in enumerate(lanes, start=1)
                ],
                Cleared(
                    message_id=message,
                    place_id=self.place,
                    identity_id=None,
                    has_copies=False,
                    level=1,
                ),
            )

    async def claim(self, owner: Owner, slots: int = 100) -> Claimed:
        async with self.desk.database.transaction() as work:
            return await claims.claim(work, [Asked(owner=owner, slots=slots)])

    async def finish(
        self, owner: Owner, ids: list[int], transition: Transition = SENT
    ) -> frozenset[int]:
        attempts = {
            row["id"]: row["attempt"]
            for row in await self.desk.rows(
                "select id, attempt from deliveries where id = any($1::bigint[])", ids
            )
        }
        done = [
            Finished(
                delivery_id=one,
                attempt=attempts[one],
                fence=owner.fence,
                transition=transition,
                outcome="sent",
            )
            for one in ids
        ]
        async with self.desk.database.transaction() as work:
            return await finish(work, done)


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AnsweringDesk:
    return await open_desk(database, tmp_path)


@pytest.fixture
async def lanes(desk: AnsweringDesk) -> Lanes:
    return await Lanes.open(desk)


async def test_claim_takes_the_head_of_each_lane_and_no_more_than_asked(lanes: Lanes) -> None:
    a1, a2, b1, _, _ = await lanes.queue("a", "a", "b", "b", "c")
    owner = await lanes.owner("us")

    assert (await lanes.claim(owner, slots=2)).delivery_ids == [a1, b1]

    assert a2 not in (await lanes.claim(owner)).delivery_ids


async def test_next_of_a_lane_is_free_once_the_former_is_settled(lanes: Lanes) -> None:
    first, second = await lanes.queue("a", "a")
    owner = await lanes.owner("us")
    await lanes.claim(owner)
    assert (await lanes.claim(owner)).delivery_ids == []

    assert await lanes.finish(owner, [first]) == frozenset()

    assert (await lanes.claim(owner)).delivery_ids == [second]


async def test_nothing_is_claimed_for_an_account_that_is_not_active(lanes: Lanes) -> None:
    await lanes.queue("a")
    owner = await lanes.owner("us")
    await lanes.desk.value("update accounts set state = 'paused'")

    assert await lanes.claim(owner) == Claimed(delivery_ids=[], lost_accounts=frozenset())


async def test_former_owner_can_neither_claim_nor_finish(lanes: Lanes) -> None:
    first, _ = await lanes.queue("a", "b")
    old = await lanes.owner("old")
    await lanes.claim(old, slots=1)
    new = await lanes.owner("new")

    assert (await lanes.claim(old)).lost_accounts == {lanes.account}
    async with lanes.desk.database.transaction() as work:
        assert await claims.adopt_orphans(work, new) == [first]
    assert await lanes.finish(old, [first]) == {first}
    assert await lanes.finish(new, [first]) == frozenset()


async def test_owner_whose_lease_has_run_out_claims_nothing(lanes: Lanes) -> None:
    await lanes.queue("a")
    owner = await lanes.owner("us")
    await lanes.desk.value("update leases set expires_at = clock_timestamp() - interval '1 s'")

    assert (await lanes.claim(owner)).lost_accounts == {lanes.account}
    assert await lanes.desk.states() == ["queued"]


async def test_former_owner_adopts_nothing(lanes: Lanes) -> None:
    await lanes.queue("a")
    old = await lanes.owner("old")
    await lanes.claim(old)
    await lanes.owner("new")

    async with lanes.desk.database.transaction() as work:
        assert await claims.adopt_orphans(work, old) == []


async def test_takeover_waits_for_a_claim_that_is_being_committed(lanes: Lanes) -> None:
    await lanes.queue("a")
    old = await lanes.owner("old")
    async with lanes.desk.database.transaction() as work:
        claimed = await claims.claim(work, [Asked(owner=old, slots=1)])
        taking = asyncio.create_task(lanes.owner("new"))
        done, _ = await asyncio.wait([taking], timeout=0.3)
        assert not done
    new = await taking

    async with lanes.desk.database.transaction() as work:
        assert await claims.adopt_orphans(work, new) == claimed.delivery_ids


async def test_two_in_one_lane_can_never_be_under_way(lanes: Lanes) -> None:
    await lanes.queue("a", "a")

    with pytest.raises(StatementRefused):
        await lanes.desk.value("update deliveries set state = 'sending', claim = 1")


async def test_eight_workers_keep_the_order_of_forty_lanes(lanes: Lanes) -> None:
    """Even if all of them took themselves for the owner at once."""
    wanted = [f"lane{number % 40}" for number in range(400)]
    await lanes.queue(*wanted)
    owner = await lanes.owner("us")
    order: list[int] = []
    under_way: dict[str, int] = {}
    lane_of = {row["id"]: row["lane"] for row in await lanes.desk.deliveries()}

    async def worker(seed: int) -> None:
        dice = random.Random(seed)
        while len(order) < len(wanted):
            claimed = await lanes.claim(owner, slots=dice.randint(1, 9))
            for one in claimed.delivery_ids:
                assert lane_of[one] not in under_way
                under_way[lane_of[one]] = one
                order.append(one)
            await asyncio.sleep(dice.random() / 200)
            for one in claimed.delivery_ids:
                del under_way[lane_of[one]]
            assert await lanes.finish(owner, claimed.delivery_ids) == frozenset()

    async with asyncio.TaskGroup() as group:
        for seed in range(8):
            group.create_task(worker(seed))

    assert sorted(order) == sorted(lane_of)
    by_lane: dict[str, list[int]] = defaultdict(list)
    for one in order:
        by_lane[lane_of[one]].append(one)
    assert all(ids == sorted(ids) for ids in by_lane.values())


class Model:
    """What must hold of lanes, in a few lines of Python."""

    def __init__(self) -> None:
        self.waiting: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self.sending: dict[int, str] = {}
        self.now = 0.0

    def queue(self, lane: str, delivery: int, wait: float) -> None:
        self.waiting[lane].append((delivery, self.now + wait))

    def claimable(self) -> set[int]:
        return {
            ids[0][0]
            for lane, ids in self.waiting.items()
            if ids and ids[0][1] <= self.now and lane not in self.sending.values()
        }

    def claim(self, delivery: int) -> None:
        lane = next(lane for lane, ids in self.waiting.items() if ids and ids[0][0] == delivery)
        self.waiting[lane].pop(0)
        self.sending[delivery] = lane

    def finish(self, delivery: int, retry_in: float | None) -> None:
        lane = self.sending.pop(delivery)
        if retry_in is not None:
            self.waiting[lane].insert(0, (delivery, self.now + retry_in))


_step = st.one_of(
    st.tuples(st.just("queue"), st.sampled_from("abc"), st.sampled_from([0.0, 0.0, 5.0])),
    st.tuples(st.just("claim"), st.integers(1, 4), st.none()),
    st.tuples(st.just("finish"), st.integers(0, 3), st.sampled_from([None, None, 0.0, 5.0])),
    st.tuples(st.just("wait"), st.sampled_from([1.0, 5.0]), st.none()),
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(_step, min_size=5, max_size=25))
async def test_lanes_behave_as_their_model(
    desk: AnsweringDesk, clock: FakeClock, steps: list[tuple[str, object, object]]
) -> None:
    lanes = await Lanes.open(desk)
    owner = await lanes.owner("us")
    model = Model()
    for what, first, second in steps:
        if what == "queue":
            assert isinstance(first, str)
            assert isinstance(second, float)
            state = "held" if second else "queued"
            [made] = await lanes.queue(first, state=state, wait=second)
            model.queue(first, made, second)
        elif what == "claim":
            assert isinstance(first, int)
            free = model.claimable()
            claimed = (await lanes.claim(owner, slots=first)).delivery_ids
            assert set(claimed) <= free
            assert len(claimed) == min(first, len(free))
            for one in claimed:
                model.claim(one)
        elif what == "finish" and model.sending:
            assert isinstance(first, int)
            one = sorted(model.sending)[first % len(model.sending)]
            transition = SENT
            if isinstance(second, float):
                due = clock.now() + timedelta(seconds=second)
                transition = Transition(state=DeliveryState.QUEUED, due_at=due)
            assert await lanes.finish(owner, [one], transition) == frozenset()
            model.finish(one, second if isinstance(second, float) else None)
        elif what == "wait":
            assert isinstance(first, float)
            clock.advance(timedelta(seconds=first))
            model.now += first
