"""Whatever happens in whatever order: nothing is said to anybody less proven than it needs."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.messages import PUBLIC_KINDS
from router.services import cases
from router.services.cases import CaseChange
from router.services.identity import marks
from router.services.identity.marks import IdentityChange
from router.services.outbound import leveling
from router.services.outbound.amending import Edit, edit_reply
from router.services.outbound.decisions import decide
from router.storage import persons
from router.storage.engine import Database
from router.storage.levels import NeedsRow, ThereRow
from tests.services.level_desk import LevelDesk, open_level_desk, refused


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> LevelDesk:
    return await open_level_desk(database, tmp_path)


LEVELS = st.integers(min_value=0, max_value=3)


@given(
    minimum=st.lists(LEVELS, max_size=3),
    said=st.integers(min_value=0, max_value=2),
    level=LEVELS,
    kind=st.sampled_from(["direct", "group", "thread", "mail_thread", "session"]),
    is_shared=st.booleans(),
    is_stepped_up=st.booleans(),
    is_outsider=st.booleans(),
    has_copies=st.booleans(),
    accounts=st.tuples(st.sampled_from([None, "7", "8"]), st.sampled_from([None, "7", "8"])),
)
def test_whatever_is_allowed_is_read_by_nobody_less_proven_than_is_needed(
    minimum: list[int],
    said: int,
    level: int,
    kind: str,
    is_shared: bool,
    is_stepped_up: bool,
    is_outsider: bool,
    has_copies: bool,
    accounts: tuple[str | None, str | None],
) -> None:
    needs = NeedsRow(
        case_id=1,
        topic_id=None,
        said_level=said,
        minimum_levels=tuple(minimum),
        channel_lists=(),
        host_account=accounts[0],
    )
    there = ThereRow(
        channel="sample",
        place_kind=kind,
        identity_id=None if is_outsider else 1,
        level=level,
        host_account=accounts[1],
        is_shared=is_shared,
        is_stepped_up=is_stepped_up,
    )

    if leveling.judge(needs, there, has_copies=has_copies) is not None:
        return

    needed = max([*minimum, said])
    is_public = kind in {one.value for one in PUBLIC_KINDS}
    if needed > 0:
        assert not is_outsider
        assert not is_public
    if any(minimum):
        assert not has_copies
    if needed >= 2:
        assert level >= 2
        assert not is_shared
        assert None in accounts or accounts[0] == accounts[1]
    if needed == 3:
        assert is_stepped_up
    assert level >= min(needed, 2)


LOW = """
    select d.id from deliveries d join messages m on m.id = d.message_id
    join cases c on c.id = m.case_id join identities i on i.id = d.identity_id
    where d.state in ('held', 'queued') and d.kind <> 'delete'
      and least(i.level, case when i.is_shared then 1 else 2 end)
          < greatest(c.minimum_level, coalesce(m.level, 0))
"""


@pytest.mark.parametrize("seed", [1, 2])
async def test_nothing_ever_waits_for_somebody_less_proven_than_it_needs(
    desk: LevelDesk, seed: int
) -> None:
    """A walk of everything that raises, lowers, sends and sends again, against one look at rows."""
    dice = random.Random(seed)
    ann = await desk.begin()
    identity = await desk.identity("ann")
    outcomes: set[str] = set()

    async def step() -> str:
        match dice.choice(
            ["answer", "answer", "edit", "resend", "level", "link", "unlink", "mark"]
        ):
            case "answer":
                return await refused(desk.answer(ann, f"Number {dice.random()}"))
            case "edit":
                mine = await desk.value(
                    "select max(id) from messages where agent_id is not null and direction = 'out'"
                )
                wanted = Edit(
                    message_id=mine, client_key=str(dice.random()), text=str(dice.random())
                )
                return await refused(
                    edit_reply(desk.database, desk.capabilities.__getitem__, desk.author, wanted)
                )
            case "resend":
                [row] = await desk.rows("select max(id) as id from deliveries")
                await desk.value(
                    "update deliveries set state = 'failed' where id = $1 and state = 'sent'",
                    row["id"],
                )
                return await refused(decide(desk.database, row["id"], "resend"))
            case "level":
                wanted_level = dice.choice([0, 1, 2])
                await cases.change_case(
                    desk.database,
                    desk.viewer,
                    await desk.value("select max(id) from cases"),
                    CaseChange(minimum_level=wanted_level),
                    may_lower=True,
                )
            case "link":
                if not await desk.value("select is_shared from identities where id = $1", identity):
                    await desk.link()
            case "unlink":
                async with desk.database.transaction() as work:
                    await persons.lock_root(work, ann)
                    await work.driver.execute(
                        "update identities set level = 1, host_account = null where id = $1",
                        identity,
                    )
                    await leveling.cancel_low(work, "conversation", ann)
            case "mark":
                await marks.change_identity(
                    desk.database,
                    desk.caller(),
                    identity,
                    IdentityChange(is_shared=dice.random() < 0.3),
                )
        return ""

    for number in range(40):
        outcomes.add(await step())
        if number % 5 == 4:
            await desk.send()
        assert await desk.rows(LOW) == []
    assert {"", "level_too_low"} <= outcomes
