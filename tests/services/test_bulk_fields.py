"""Fields and topics of many cases at once, and their one undo."""

import pytest

from router.services import case_fields, cases, privacy, topics
from router.services.bulk import jobs, running
from router.services.bulk.jobs import BulkChange
from router.services.case_fields import FieldChange
from router.services.case_values import FieldValue
from router.services.cases import CaseChange
from router.services.errors import Forbidden, Refused
from router.services.topics import NewTopic
from router.storage import privacy as erased
from tests.services.test_bulk import people, work
from tests.services.test_case_fields import admin, define, fill, has
from tests.stage import Stage


async def test_a_topic_is_set_for_many_and_goes_with_what_it_brought(stage: Stage) -> None:
    bo = await stage.agent()
    ana, ben = await people(stage, 2)
    team = await stage.value(
        "insert into teams (name, created_at) values ('Payouts', now()) returning id"
    )
    wanted = NewTopic(name="Withdrawals", default_priority=2, default_team_id=int(str(team)))
    topic = await topics.add_topic(stage.database, admin(bo), wanted)

    await jobs.start_job(stage.database, bo, BulkChange(topic_id=topic.id), ids=[ana, ben])
    done = await work(stage, bo)
    set_to = await stage.value(
        "select array_agg(distinct (topic_id, priority, team_id)::text) from cases"
    )
    await jobs.undo_job(stage.database, bo, done.id)
    undone = await work(stage, bo)

    assert (done.done, set_to) == (2, [f"({topic.id},2,{team})"])
    assert (undone.undone, undone.kept) == (2, 0)
    assert await stage.value(
        "select array_agg(distinct (topic_id, priority, team_id)::text) from cases"
    ) == ["(,3,)"]
    with pytest.raises(Refused) as refused:
        await jobs.start_job(stage.database, bo, BulkChange(topic_id=999), ids=[ana])
    assert refused.value.field == "change.topic_id"


async def test_undo_gives_nobody_who_was_erased_their_topic_back(stage: Stage) -> None:
    bo = await stage.agent()
    ana, ben = await people(stage, 2)
    old, new = [
        (await topics.add_topic(stage.database, admin(bo), NewTopic(name=name))).id
        for name in ("Gambling", "Deposits")
    ]
    await stage.run("update cases set topic_id = $1", old)
    change = BulkChange(topic_id=new)
    await jobs.start_job(stage.database, bo, change, ids=[ana, ben])
    done = await work(stage, bo)
    await jobs.start_job(stage.database, bo, BulkChange(priority=1), ids=[ana])
    await work(stage, bo)

    await privacy.erase_person(stage.database, stage.blobs, "cli", ana)
    noted = await stage.value(
        "select string_agg(before::text, '') from bulk_steps where person_id = $1", ana
    )
    await jobs.undo_job(stage.database, bo, done.id)
    await work(stage, bo)

    assert "topic" not in str(noted)
    topic_of = "select topic_id from cases where person_id = $1"
    assert [await stage.value(topic_of, one) for one in (ana, ben)] == [None, old]


async def test_a_field_is_filled_in_for_many_and_put_back_from_the_histories(stage: Stage) -> None:
    bo, cy = await stage.agent("Bo"), await stage.agent("Cy")
    ana, ben, eve = await people(stage, 3)
    chain = await define(stage, bo, "Chain", "choice", choices=("Tron", "Bitcoin"))
    note = await define(stage, bo, "Note")
    await fill(stage, cy, await case_of(stage, ana), chain, "Tron")
    await fill(stage, cy, await case_of(stage, ben), chain, "bitcoin")

    put = (FieldValue(field_id=chain, value="bitcoin"), FieldValue(field_id=note, value=" x "))
    await jobs.start_job(stage.database, bo, BulkChange(set_fields=put), ids=[ana, ben, eve])
    done = await work(stage, bo)
    filled = [await has(stage, bo, await case_of(stage, one)) for one in (ana, ben, eve)]
    await fill(stage, cy, await case_of(stage, eve), note, "theirs")
    await jobs.undo_job(stage.database, bo, done.id)
    undone = await work(stage, bo)

    assert (done.done, filled) == (3, [{"Chain": "Bitcoin", "Note": "x"}] * 3)
    assert (undone.undone, undone.kept) == (2, 1)
    assert [await has(stage, bo, await case_of(stage, one)) for one in (ana, ben, eve)] == [
        {"Chain": "Tron", "Note": ""},
        {"Chain": "Bitcoin", "Note": ""},
        {"Chain": "Bitcoin", "Note": "theirs"},
    ]
    # What it put there goes with the people: the job and its steps say only which fields.
    kept = """select (select string_agg(change::text, '') from bulk_jobs)
        || string_agg(before::text, '') from bulk_steps"""
    text = str(await stage.value(kept))
    assert "Tron" not in text
    assert "itcoin" not in text
    for change, field in (
        (FieldValue(field_id=chain, value="Ether"), "change.set_fields[0].value"),
        (FieldValue(field_id=note + 99, value="x"), "change.set_fields[0].field_id"),
    ):
        with pytest.raises(Refused) as refused:
            await jobs.start_job(stage.database, bo, BulkChange(set_fields=(change,)), ids=[ana])
        assert refused.value.field == field


async def test_undo_puts_back_what_is_no_choice_any_more_and_a_topic_that_needs_less(
    stage: Stage,
) -> None:
    ada, bo = await stage.agent("Ada", role="admin"), await stage.agent()
    [ana] = await people(stage, 1)
    chain = await define(stage, ada, "Chain", "choice", choices=("Tron", "Ether"))
    await fill(stage, bo, await case_of(stage, ana), chain, "Ether")
    change = FieldChange(choices=("Tron",))
    await case_fields.change_field(stage.database, admin(ada), chain, change)
    wanted = NewTopic(name="Withdrawals", minimum_level=2)
    topic = await topics.add_topic(stage.database, admin(ada), wanted)

    put = (FieldValue(field_id=chain, value="Tron"),)
    await jobs.start_job(
        stage.database, bo, BulkChange(set_fields=put, topic_id=topic.id), ids=[ana]
    )
    done = await work(stage, bo)
    back, case = CaseChange(topic_id=None), await case_of(stage, ana)
    with pytest.raises(Forbidden):
        await cases.change_case(stage.database, bo, case, back)
    lower = await jobs.start_job(stage.database, bo, BulkChange(topic_id=None), ids=[ana])
    refused = await work(stage, bo)
    await jobs.undo_job(stage.database, bo, done.id)
    while await running.step(stage.database):
        pass

    assert (refused.id, refused.failed) == (lower.id, 1)
    assert refused.reasons[0].sentence == "It would need less than before."
    assert await has(stage, bo, await case_of(stage, ana)) == {"Chain": "Ether"}
    assert await stage.value("select topic_id from cases") is None


async def test_field_that_is_a_teams_by_now_is_neither_filled_in_nor_put_back(stage: Stage) -> None:
    ada, bo = await stage.agent("Ada", role="admin"), await stage.agent()
    ana, ben = await people(stage, 2)
    team = await stage.value(
        "insert into teams (name, created_at) values ('Payouts', now()) returning id"
    )
    note = await define(stage, ada, "Note")
    put = BulkChange(set_fields=(FieldValue(field_id=note, value="x"),))
    await jobs.start_job(stage.database, bo, put, ids=[ana])
    first = await work(stage, bo)
    await jobs.start_job(stage.database, bo, put, ids=[ben])

    theirs = FieldChange(team_ids=(int(str(team)),))
    await case_fields.change_field(stage.database, admin(ada), note, theirs)
    done = await work(stage, bo)
    await jobs.undo_job(stage.database, bo, first.id)
    while await running.step(stage.database):
        pass
    undone = (await jobs.list_jobs(stage.database, bo))[1]

    assert (done.failed, done.done, undone.kept, undone.undone) == (1, 0, 1, 0)
    assert await stage.value("select array_agg(value) from case_field_values") == ["x"]
    with pytest.raises(Refused):
        await jobs.start_job(stage.database, bo, put, ids=[ben])


async def test_job_that_fills_in_no_field_beside_what_else_it_does_comes_to_its_end(
    stage: Stage,
) -> None:
    bo = await stage.agent()
    [ana] = await people(stage, 1)

    change = BulkChange(state="solved", set_fields=())
    await jobs.start_job(stage.database, bo, change, ids=[ana])

    assert (await work(stage, bo)).state == "done"
    assert await stage.value("select state from cases") == "solved"


async def case_of(stage: Stage, person: int) -> int:
    return int(str(await stage.value("select id from cases where person_id = $1", person)))


async def test_steps_of_a_case_are_found_by_their_index_when_somebody_is_erased(
    stage: Stage,
) -> None:
    [asked] = [one for one in erased._BLOTTED if "update bulk_steps" in one]
    async with stage.database.reading() as work:
        await work.driver.execute("set local enable_seqscan = off")
        rows = await work.driver.fetch(f"explain {asked}", [1])
    assert any("ix_bulk_steps_case_id" in row[0] for row in rows), rows
