"""Whoever sees a case sees what hangs on it: participants' sides of it, and what it stands for."""

from pathlib import Path

import pytest

from core.capabilities import Capabilities
from core.messages import ThreadKey
from router.services import case_moves, cases, conversations, views
from router.services.cases import CaseChange
from router.services.errors import Conflict, NotFound
from router.services.identity import merging
from router.services.outbound import Copy
from router.services.outbound.addressed import REPLY_TOKEN, reply_token
from router.services.shown.case_moves import NewMove
from router.services.viewer import Viewer
from router.storage import attached_cases
from router.storage.engine import Database
from tests.services.answering_desk import AnsweringDesk, open_desk
from tests.stage import NORMAL, Stage

MAIL = Capabilities(copies=True, threads=True, subject=True, can_open_conversation=True)
ANA, BEA = "ana@x.example", "bea@partner.example"
RESTRICT = CaseChange(access_class="fraud", may_lose_sight=True)
OPEN_UP = CaseChange(access_class="normal")


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AnsweringDesk:
    desk = await open_desk(database, tmp_path)
    desk.capabilities[desk.channel] = MAIL
    return desk


async def _copied(desk: AnsweringDesk) -> tuple[int, ThreadKey]:
    """Ana's case, and what an answer to our reply names, of which Bea got a copy."""
    ana = await desk.hear(ANA, subject="Withdrawal")
    await desk.answer(ana, copies=[Copy(address=BEA)])
    case = await desk.value("select max(id) from cases")
    return case, ThreadKey(REPLY_TOKEN, reply_token(desk.keyring, case))


async def _change(desk: AnsweringDesk, case: int, change: CaseChange) -> None:
    boss = Viewer(desk.author.agent_id)
    await cases.change_case(desk.database, boss, case, change, may_classify=True)


async def _seen(desk: AnsweringDesk) -> list[int]:
    """Whose conversations everybody sees."""
    anybody = Viewer(desk.author.agent_id, NORMAL)
    return list((await views.list_index(desk.database, anybody, "all")).ids)


async def test_what_a_participant_said_and_says_of_a_restricted_case_is_as_restricted(
    desk: AnsweringDesk,
) -> None:
    case, thread = await _copied(desk)
    bea = await desk.hear(BEA, "I have it here.", answers=(thread,))
    assert bea in await _seen(desk)

    await _change(desk, case, RESTRICT)

    assert await _seen(desk) == []
    assert ("access.changed", bea) in {fact[:2] for fact in await desk.facts()}
    assert await desk.hear(BEA, "Here is more.", answers=(thread,)) == bea
    assert await _seen(desk) == []
    assert await desk.value("select count(*) from cases where joined_case_id = $1", case) == 1

    await _change(desk, case, OPEN_UP)

    assert bea in await _seen(desk)


async def test_side_that_everybody_saw_is_restricted_by_the_next_that_is_said_in_it(
    desk: AnsweringDesk,
) -> None:
    case, thread = await _copied(desk)
    await desk.hear(BEA, "I have it here.", answers=(thread,))
    # As if its participant's first answer and the restriction had met.
    await desk.value("update cases set access_class = 'fraud' where id = $1", case)

    await desk.hear(BEA, "Here is more.", answers=(thread,))

    assert await _seen(desk) == []


@pytest.mark.parametrize("restricts_first", [False, True])
async def test_what_a_split_takes_out_of_a_side_is_a_side_too_and_as_restricted(
    desk: AnsweringDesk, *, restricts_first: bool
) -> None:
    cora = "cora@partner.example"
    beas, coras = [await desk.hear(one, "Good morning") for one in (BEA, cora)]
    merged = await merging.merge(
        desk.database, loser_id=coras, winner_id=beas, agent_id=None, reason="One desk."
    )
    ana = await desk.hear(ANA, subject="Withdrawal")
    await desk.answer(ana, copies=[Copy(address=BEA), Copy(address=cora)])
    case = await desk.value("select id from cases where person_id = $1", ana)
    thread = ThreadKey(REPLY_TOKEN, reply_token(desk.keyring, case))
    for one in (BEA, cora):
        await desk.hear(one, "I have it here.", answers=(thread,))
    part = merging.undo_merge(
        desk.database, merge_id=merged.id, agent_id=None, reason="They are two."
    )

    if restricts_first:
        await _change(desk, case, RESTRICT)
        await part
    else:
        await part
        await _change(desk, case, RESTRICT)

    sides = await desk.rows(
        "select person_id, access_class from cases where joined_case_id = $1 order by 1", case
    )
    assert [tuple(row.values()) for row in sides] == [(beas, "fraud"), (coras, "fraud")]
    assert await desk.value(
        "select count(*) from messages m join cases c on c.id = m.case_id"
        " where m.text = 'I have it here.' and c.access_class <> 'fraud'"
    ) == 0  # fmt: skip


async def test_side_that_was_restricted_by_itself_stays_as_it_is(desk: AnsweringDesk) -> None:
    case, thread = await _copied(desk)
    bea = await desk.hear(BEA, "I have it here.", answers=(thread,))
    side = await desk.value("select id from cases where joined_case_id = $1", case)
    await _change(desk, side, CaseChange(access_class="legal"))

    await _change(desk, case, RESTRICT)
    await _change(desk, case, OPEN_UP)

    assert await desk.value("select access_class from cases where id = $1", side) == "legal"
    assert bea not in await _seen(desk)


async def test_owner_of_a_side_is_named_before_they_lose_it(desk: AnsweringDesk) -> None:
    case, thread = await _copied(desk)
    await desk.hear(BEA, "I have it here.", answers=(thread,))
    side = await desk.value("select id from cases where joined_case_id = $1", case)
    bo = await desk.value(
        "insert into agents (name, email, role, created_at) values ('Bo', 'bo@x.example', 'agent',"
        " now()) returning id"
    )
    await _change(desk, side, CaseChange(owner_id=bo))

    with pytest.raises(Conflict) as refused:
        await _change(desk, case, CaseChange(access_class="fraud"))
    await _change(desk, case, RESTRICT)

    assert (refused.value.code, refused.value.facts["agents"]) == ("would_lose_sight", "Bo")
    assert await desk.value("select owner_id from cases where id = $1", side) is None


async def test_case_that_another_stands_for_is_as_restricted_whichever_came_first(
    stage: Stage,
) -> None:
    boss = await stage.agent("Ida", role="owner")
    bo = Viewer(boss.agent_id, NORMAL)
    message = await stage.says("ana", "about shoes")
    person, kept = await stage.person_of(message), await stage.case_of(message)
    early, late = [
        (await cases.open_case(stage.database, boss, person, subject)).id
        for subject in ("My passport", "My wallet")
    ]
    await case_moves.merge(stage.database, boss, early, kept)

    await cases.change_case(stage.database, boss, kept, RESTRICT, may_classify=True)
    move = (await case_moves.merge(stage.database, boss, late, kept)).move

    assert list((await views.list_index(stage.database, bo, "all")).ids) == []
    with pytest.raises(NotFound):
        await conversations.load_page(stage.database, bo, person, limit=50)
    await case_moves.undo(stage.database, boss, move.id)
    with pytest.raises(NotFound):
        await conversations.load_page(stage.database, bo, person, limit=50)
    await cases.change_case(stage.database, boss, kept, OPEN_UP, may_classify=True)
    async with stage.database.reading() as work:
        rows = await work.driver.fetch("select id, access_class from cases")
    assert {row["id"]: row["access_class"] for row in rows} == {
        kept: "normal",
        early: "normal",
        late: "fraud",
    }


@pytest.mark.parametrize("restricts_new", [True, False])
async def test_line_of_what_was_moved_names_no_case_that_is_restricted_since(
    stage: Stage, *, restricts_new: bool
) -> None:
    boss = await stage.agent("Ida", role="owner")
    message = await stage.says("ana", "about shoes")
    kept = await stage.case_of(message)
    await stage.run("update cases set subject = 'My secret' where id = $1", kept)
    wanted = NewMove(message_ids=(message,), subject="My secret")
    made = (await case_moves.move(stage.database, boss, kept, wanted)).move.to_case_id
    hidden, shown = (made, kept) if restricts_new else (kept, made)
    told = "select count(*) from messages where case_id = $1 and context::text like '%secret%'"
    assert await stage.value(told, shown) == 1

    await cases.change_case(stage.database, boss, hidden, RESTRICT, may_classify=True)

    assert await stage.value(told, shown) == 0
    assert await stage.value(told, hidden) == 1
    assert "message.changed" in {fact[0] for fact in await stage.kinds()}


async def test_what_hangs_on_a_case_is_looked_for_by_keys(database: Database) -> None:
    asked = {"HANGING": "bigint[]", "BEHIND": "bigint[]", "NAMING": "bigint"}
    async with database.transaction() as work:
        await work.driver.execute("set local enable_seqscan = off")
        await work.driver.execute("set local plan_cache_mode = force_generic_plan")
        for name, kind in asked.items():
            statement = getattr(attached_cases, name)
            await work.driver.execute(f"prepare asked({kind}) as {statement}")
            value = "'{1}'" if kind == "bigint[]" else "1"
            rows = await work.driver.fetch(f"explain execute asked({value})")
            await work.driver.execute("deallocate asked")
            lines = [row[0] for row in rows]
            assert not any("Seq Scan" in line for line in lines), lines
