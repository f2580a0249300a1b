"""Splits that are undone after something else came to hold: nobody has what is another's."""

import pytest

from tests.services.joined_people import STRAYS, People
from tests.stage import Stage


@pytest.fixture
async def people(stage: Stage) -> People:
    for who in ("ana", "bo", "cy"):
        await stage.says(who, f"{who} one")
    return People(stage)


async def test_undoing_a_split_of_two_whom_nothing_joins_any_more_moves_nothing(
    people: People,
) -> None:
    edge = await people.merge("bo", "ana")
    both = [await people.stage.says(who, "in the case of both") for who in ("ana", "bo")]
    split = await people.split("bo")
    await people.undo(edge)

    await people.undo(split)

    assert not await people.together("ana", "bo")
    assert len({await people.stage.case_of(one) for one in both}) == 2
    assert await people.rows(STRAYS) == []


async def test_undoing_a_split_gives_nobody_back_what_somebody_else_said_who_has_left(
    people: People,
) -> None:
    first = await people.merge("cy", "ana")
    await people.merge("bo", "ana")
    await people.stage.run(
        "update cases set state = 'solved' where person_id = $1", await people.home("cy")
    )
    for who in ("cy", "ana", "bo"):
        await people.stage.says(who, "in the case of bo")
    split = await people.split("bo")
    await people.undo(first)

    await people.undo(split)

    assert await people.together("ana", "bo")
    assert not await people.together("ana", "cy")
    assert await people.rows(STRAYS) == []


@pytest.mark.parametrize(
    "speaks",
    [
        """with a as (insert into agents (email, name, role, created_at)
             values ('bo@desk.example', 'Bo', 'agent', now()) returning id),
           j as (insert into bulk_jobs (agent_id, change, classes, state, wanted, made_at)
             select id, '{}', '[]', 'done', 1, now() from a returning id)
           insert into bulk_steps (job_id, person_id, case_id, state)
             select j.id, c.person_id, c.id, 'done' from j, cases c where c.id = $1""",
        """insert into case_ratings (case_id, account_id, rating, comment, rated_at)
             select $1, min(id), 1, '', now() from accounts""",
    ],
)
async def test_branch_of_which_something_speaks_stays_empty_and_solved_when_a_split_is_undone(
    people: People, speaks: str
) -> None:
    stage = people.stage
    await people.merge("bo", "ana")
    both = [await stage.says(who, "in the case of both") for who in ("ana", "bo")]
    split = await people.split("bo")
    branch = max([await stage.case_of(one) for one in both])
    await stage.run(speaks, branch)

    await people.undo(split)

    assert await people.together("ana", "bo")
    assert len({await stage.case_of(one) for one in both}) == 1
    assert await people.rows("select state from cases where id = $1", branch) == [("solved",)]


@pytest.mark.parametrize(
    "closer",
    [
        "access_class = 'fraud'",
        "is_private = true",
        "minimum_level = 2",
        """allowed_channels = '["email"]'""",
    ],
)
async def test_what_was_restricted_after_a_split_stays_so_when_it_is_undone(
    people: People, closer: str
) -> None:
    stage = people.stage
    await people.merge("bo", "ana")
    both = [await stage.says(who, "in the case of both") for who in ("ana", "bo")]
    split = await people.split("bo")
    branch = max([await stage.case_of(one) for one in both])  # it is newer
    said = await people.rows("select id from messages where case_id = $1 order by id", branch)
    await stage.run(f"update cases set {closer} where id = $1", branch)

    await people.undo(split)

    assert await people.together("ana", "bo")
    assert said == await people.rows(
        "select id from messages where case_id = $1 and direction <> 'event' order by id", branch
    )


async def test_case_that_parts_from_one_whose_incident_a_merge_gave_it_has_it_by_the_merge(
    people: People,
) -> None:
    stage = people.stage
    await people.merge("bo", "ana")
    both = [await stage.says(who, "in the case of both") for who in ("ana", "bo")]
    case = await stage.case_of(both[0])
    given = "update cases set incident_by_merge = true where id = $1"
    await stage.run(given, case)

    await people.split("bo")

    parted = sorted({await stage.case_of(one) for one in both})
    kept = "select incident_by_merge from cases where id = any($1::bigint[])"
    assert len(parted) == 2
    assert await people.rows(kept, parted) == [(True,), (True,)]
