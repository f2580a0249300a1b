"""Splits and undone merges: whose cases, threads, marks and deliveries things are then."""

import pytest

from core.messages import Participant, ThreadKey
from router.services import cases, conversations, decisions, drafts
from router.services.cases import CaseChange
from router.services.drafts import Draft
from router.services.errors import Conflict, NotFound, Refused
from router.services.identity import merging
from router.services.shown.people import load_merge
from router.storage.unit_of_work import Fact
from tests.services.joined_people import REASON, STATE, STATE_OF_AGENTS, STRAYS, People
from tests.stage import NORMAL, Stage

WHOLE = (*STATE, *STATE_OF_AGENTS)


@pytest.fixture
async def people(stage: Stage) -> People:
    for who in ("ana", "bo", "cy", "di"):
        await stage.says(who, f"{who} one")
    return People(stage)


async def test_a_split_takes_one_out_alone_and_what_was_merged_into_it_stays(
    people: People,
) -> None:
    for loser in ("bo", "cy", "di"):
        await people.merge(loser, "ana")

    await people.split("ana")

    assert await people.together("bo", "cy", "di")
    assert not await people.together("ana", "bo")
    assert await people.said_with("ana") == ["ana one"]


async def test_a_split_from_between_two_leaves_them_together(people: People) -> None:
    await people.merge("cy", "bo")
    await people.merge("bo", "ana")

    await people.split("bo")

    assert await people.together("ana", "cy")
    assert await people.said_with("bo") == ["bo one"]


async def test_undoing_a_split_restores_everybody_with_what_was_said_since(
    people: People,
) -> None:
    await people.merge("bo", "ana")
    await people.merge("cy", "bo")
    before = await people.root("ana")
    split = await people.split("bo")
    await people.stage.says("bo", "bo two")

    await people.undo(split)

    assert await people.root("bo") == before == await people.root("cy")
    assert await people.said_with("cy") == ["ana one", "bo one", "cy one", "bo two"]


async def test_undoing_a_split_at_once_leaves_no_trace_in_the_record(people: People) -> None:
    await people.merge("bo", "ana")
    await people.stage.says("bo", "in the case of both")
    before = await _record(people)

    await people.undo(await people.split("bo"))

    assert await _record(people) == before


async def _record(people: People) -> object:
    """Without what only counts on who stands for others, and without how often a case changed."""
    return (
        await people.everything(*(one for one in WHOLE if one not in ("persons", "cases"))),
        await people.rows("select id, person_id, state, last_message_id from cases order by id"),
        await people.rows("select id, root_id from persons order by id"),
        await people.rows("select p::text from persons p where id = root_id order by id"),
    )


async def test_the_edge_of_somebody_split_out_can_still_be_undone(people: People) -> None:
    first = await people.merge("bo", "ana")
    await people.merge("cy", "ana")
    split = await people.split("ana")

    await people.undo(first)
    assert not await people.together("bo", "cy")
    await people.undo(split)

    assert await people.together("ana", "cy")
    assert not await people.together("ana", "bo")


async def test_whoever_was_split_out_and_merged_elsewhere_brings_both_together_when_undone(
    people: People,
) -> None:
    await people.merge("bo", "ana")
    split = await people.split("bo")
    await people.merge("bo", "cy")

    await people.undo(split)

    assert await people.together("ana", "bo", "cy")


async def test_undoing_a_split_of_two_who_were_merged_again_is_refused(people: People) -> None:
    await people.merge("bo", "ana")
    split = await people.split("bo")
    await people.merge("bo", "ana")

    with pytest.raises(Conflict, match="one person already") as refused:
        await people.undo(split)

    assert refused.value.code == "already_merged"


async def test_one_alone_cannot_be_split_nor_an_unknown_one(people: People) -> None:
    with pytest.raises(Conflict) as refused:
        await people.split("ana")
    assert refused.value.code == "alone"
    with pytest.raises(NotFound):
        await merging.split(people.stage.database, identity_id=999, agent_id=None, reason=REASON)
    with pytest.raises(Refused):
        await merging.split(
            people.stage.database,
            identity_id=await people.identity("ana"),
            agent_id=None,
            reason=" ",
        )


async def test_what_was_said_in_the_others_case_goes_on_in_a_case_of_ones_own(
    people: People,
) -> None:
    stage = people.stage
    edge = await people.merge("bo", "ana")
    agent = await stage.agent()
    of_bo = await stage.case_of(await stage.says("bo", "again"))
    await cases.change_case(
        stage.database, agent, of_bo, CaseChange(owner_id=agent.agent_id, priority=1)
    )
    await stage.run("update cases set label_ids = '{7, 9}' where id = $1", of_bo)
    asked = await stage.says("ana", "in whose case?")

    await people.undo(edge)

    own = await stage.case_of(asked)
    assert own != of_bo
    assert await people.rows(
        "select person_id, state, owner_id, priority, label_ids, last_message_id from cases"
        " where id = $1",
        own,
    ) == [(await people.home("ana"), "open", agent.agent_id, 1, [7, 9], asked)]
    assert await people.rows(STRAYS) == []


async def test_a_case_of_a_split_shows_nothing_of_whom_it_was_split_from(people: People) -> None:
    stage = people.stage
    case = await stage.case_of(await stage.says("ana", "secret"))
    await stage.run("update cases set subject = 'Ana''s divorce' where id = $1", case)
    edge = await people.merge("bo", "ana")
    await stage.run(
        "update cases set state = 'solved' where person_id = $1", await people.home("bo")
    )
    said = await stage.says("bo", "mine", subject="Mine")
    assert await stage.case_of(said) == case

    await people.undo(edge)

    assert (
        await stage.value("select subject from cases where id = $1", await stage.case_of(said))
        == "Mine"
    )


async def test_what_was_said_in_a_restricted_case_stays_restricted_after_a_split(
    people: People,
) -> None:
    stage = people.stage
    edge = await people.merge("bo", "ana")
    said = await stage.says("bo", "to the fraud team")
    case = await stage.case_of(said)
    await stage.restrict(case)
    other = await stage.says("ana", "too")
    both = {await stage.case_of(said), await stage.case_of(other)}

    await people.undo(edge)

    classes = await people.rows(
        "select distinct c.access_class from messages m join cases c on c.id = m.case_id"
        " where m.id = any($1::bigint[])",
        [said, other],
    )
    assert len(both) == 1
    assert classes == [("fraud",)]
    clerk = await stage.agent(sight=NORMAL)
    assert await _texts(people, clerk, "ana") == ["ana one"]
    with pytest.raises(NotFound):  # nothing else was ever said by them
        await _texts(people, clerk, "bo")


async def _texts(people: People, viewer: object, who: str) -> list[str]:
    page = await conversations.load_page(
        people.stage.database,
        viewer,  # type: ignore[arg-type]  # a Viewer
        await people.home(who),
        limit=50,
    )
    return [message.text for message in page.messages]


async def test_what_an_answer_needs_it_needs_after_a_split_too(people: People) -> None:
    stage = people.stage
    edge = await people.merge("bo", "ana")
    both = [await stage.says(who, "about the withdrawal") for who in ("ana", "bo")]
    await stage.run("update cases set minimum_level = 2, allowed_channels = '[\"sample\"]'")

    await people.undo(edge)

    assert await people.rows(
        "select distinct minimum_level, allowed_channels from cases where id = any($1::bigint[])",
        [await stage.case_of(one) for one in both],
    ) == [(2, ["sample"])]


async def test_an_answer_to_ones_own_thread_finds_ones_own_case_after_a_split(
    people: People,
) -> None:
    stage = people.stage
    edge = await people.merge("bo", "ana")
    ref = ThreadKey(kind="mail", key="<bo@x>")
    said = await stage.says("bo", "first", thread_keys=(ref,))

    await people.undo(edge)
    answer = await stage.says("bo", "second", answers=(ref,))

    assert await stage.case_of(answer) == await stage.case_of(said)
    assert await people.rows("select warnings from messages where id = $1", answer) == [([],)]


async def test_a_participant_still_finds_the_case_in_which_they_were_named(
    people: People,
) -> None:
    stage = people.stage
    edge = await people.merge("bo", "ana")
    ref = ThreadKey(kind="mail", key="<bo-cc@x>")
    named = Participant(realm="sample", handle="cy", shown_as="Cy", role="cc")
    said = await stage.says("bo", "with cy", thread_keys=(ref,), participants=(named,))

    await people.undo(edge)
    answer = await stage.says("cy", "I agree", answers=(ref,))

    assert await people.rows(
        "select joined_case_id from cases where id = $1", await stage.case_of(answer)
    ) == [(await stage.case_of(said),)]


async def test_what_was_read_while_merged_is_read_on_both_sides(people: People) -> None:
    stage = people.stage
    agent = await stage.agent()
    edge = await people.merge("bo", "ana")
    newest = await stage.says("bo", "again")
    await conversations.mark_read(stage.database, agent, await people.root("bo"), newest)

    await people.undo(edge)
    since = await stage.says("ana", "since")

    rows = await conversations.load_rows_of(
        stage.database, agent, [await people.home("ana"), await people.home("bo")]
    )
    assert [(row.unread_count, row.last_message_id) for row in rows] == [(1, since), (0, newest)]


async def test_a_draft_stays_with_whoever_stood_for_both(people: People) -> None:
    stage = people.stage
    agent = await stage.agent()
    edge = await people.merge("bo", "ana")
    bo = await people.home("bo")
    await drafts.save_draft(stage.database, agent, bo, "reply", Draft(text="Dear"))

    await people.undo(edge)

    ana = await people.home("ana")
    assert (await drafts.load_draft(stage.database, agent, ana, "reply")).text == "Dear"
    assert (await drafts.load_draft(stage.database, agent, bo, "reply")).text == ""


async def test_what_was_sent_goes_with_whom_it_was_sent_to(people: People) -> None:
    stage = people.stage
    edge = await people.merge("bo", "ana")
    to_bo = await stage.says("bo", "trouble")
    await stage.deliver(to_bo)
    agent = await stage.agent()

    await people.undo(edge)

    rows = await conversations.load_rows_of(
        stage.database, agent, [await people.home("ana"), await people.home("bo")]
    )
    assert [row.has_trouble for row in rows] == [False, True]


async def test_every_root_is_told_after_a_split_and_after_its_undo(people: People) -> None:
    await people.merge("bo", "ana")
    told = len(await people.stage.kinds())
    split = await people.split("ana")

    ana, bo = await people.home("ana"), await people.home("bo")
    facts = (await people.stage.kinds())[told:]
    assert (Fact.PERSON_SPLIT, ana, split) in facts
    assert {person for kind, person, _ in facts if kind == Fact.PERSON_CHANGED} == {ana, bo}
    told += len(facts)

    await people.undo(split)
    facts = (await people.stage.kinds())[told:]
    assert {kind for kind, _, ref in facts if ref == split} >= {Fact.PERSON_MERGED}
    assert {person for kind, person, _ in facts if kind == Fact.PERSON_CHANGED} == {ana, bo}


async def test_every_old_id_leads_to_whoever_stands_for_it(people: People) -> None:
    agent = await people.stage.agent()
    edge = await people.merge("bo", "ana")
    bo = await people.home("bo")

    merged = await conversations.load_rows_of(people.stage.database, agent, [bo])
    await people.undo(edge)
    apart = await conversations.load_rows_of(people.stage.database, agent, [bo])

    assert [row.person_id for row in (*merged, *apart)] == [await people.home("ana"), bo]


async def test_an_agent_who_sees_nothing_of_somebody_can_neither_split_nor_undo(
    people: People,
) -> None:
    stage = people.stage
    edge = await people.merge("bo", "ana")
    await stage.run("update cases set access_class = 'fraud'")
    clerk = await stage.agent(sight=NORMAL)

    with pytest.raises(NotFound):
        await decisions.split(stage.database, clerk, await people.identity("bo"), REASON)
    with pytest.raises(NotFound):
        await decisions.undo_merge(stage.database, clerk, edge, REASON)


async def test_a_split_is_shown_as_one_with_who_stands_for_whom(people: People) -> None:
    await people.merge("bo", "ana")
    split = await people.split("bo")

    async with people.stage.database.reading() as work:
        shown = await load_merge(work, split)

    assert shown is not None
    ana, bo = await people.home("ana"), await people.home("bo")
    assert (shown.kind, shown.loser_id, shown.winner_id, shown.undone_at) == (
        "split",
        bo,
        ana,
        None,
    )
