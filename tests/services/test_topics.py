"""Topics as a tree: what binds a topic binds those below it, and what a case gets with one."""

from pathlib import Path

import pytest

from router.services import case_times, ready_topics, topics
from router.services.callers import Caller
from router.services.cases import CaseChange
from router.services.errors import Conflict, Refused
from router.services.outbound import leveling
from router.services.roles import Role
from router.services.topics import NewTopic, TopicChange
from router.storage.engine import Database
from tests.services.level_desk import LevelDesk, open_level_desk, refused
from tests.services.test_raised_levels import change


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> LevelDesk:
    return await open_level_desk(database, tmp_path)


def boss(desk: LevelDesk) -> Caller:
    return desk.caller(Role.ADMIN)


async def test_what_binds_a_topic_binds_the_answers_of_those_below_it(desk: LevelDesk) -> None:
    ann = await desk.begin()
    money = await topics.add_topic(desk.database, boss(desk), NewTopic(name="Money"))
    payout = await topics.add_topic(
        desk.database, boss(desk), NewTopic(name="Payout", parent_id=money.id)
    )
    written = await desk.answer(ann, "Soon", topic_id=payout.id)

    await topics.change_topic(desk.database, boss(desk), money.id, TopicChange(minimum_level=3))

    [waiting] = await desk.deliveries(written.message_id)
    assert (waiting["state"], waiting["code"]) == ("cancelled", "level_too_low")
    assert await refused(desk.answer(ann, topic_id=payout.id)) == "level_too_low"


async def test_topic_that_goes_below_another_needs_what_that_one_does(desk: LevelDesk) -> None:
    await desk.begin()
    strict = await topics.add_topic(
        desk.database, boss(desk), NewTopic(name="Strict", minimum_level=2)
    )
    plain = await topics.add_topic(desk.database, boss(desk), NewTopic(name="Plain"))
    case = await change(desk, CaseChange(topic="plain"))

    await topics.change_topic(desk.database, boss(desk), plain.id, TopicChange(parent_id=strict.id))

    async with desk.database.reading() as work:
        assert (await leveling.declared_of_case(work, case.id)).level == 2


async def test_tree_without_end_or_with_a_name_twice_is_refused(desk: LevelDesk) -> None:
    above = await topics.add_topic(desk.database, boss(desk), NewTopic(name="Above"))
    below = await topics.add_topic(
        desk.database, boss(desk), NewTopic(name="Below", parent_id=above.id)
    )

    with pytest.raises(Refused) as circle:
        await topics.change_topic(
            desk.database, boss(desk), above.id, TopicChange(parent_id=below.id)
        )
    with pytest.raises(Conflict):
        await topics.add_topic(desk.database, boss(desk), NewTopic(name="below"))

    assert (circle.value.code, circle.value.field) == ("circle", "parent_id")


async def test_case_gets_priority_and_team_of_its_topic_unless_somebody_decided(
    desk: LevelDesk,
) -> None:
    await desk.begin()
    team = await desk.value(
        "insert into teams (name, created_at) values ('Pay', now()) returning id"
    )
    for name, priority in (("Urgent", 1), ("High", 2)):
        await topics.add_topic(
            desk.database,
            boss(desk),
            NewTopic(name=name, default_priority=priority, default_team_id=team),
        )

    first = await change(desk, CaseChange(topic="Urgent"))
    second = await change(desk, CaseChange(topic="High"))
    await change(desk, CaseChange(priority=4))
    third = await change(desk, CaseChange(topic="Urgent"))

    assert (first.priority, first.team_id) == (1, team)
    assert (second.priority, third.priority) == (2, 4)
    with pytest.raises(Refused):
        await change(desk, CaseChange(topic="No such"))


async def test_archived_topic_takes_those_below_along_and_binds_its_cases_still(
    desk: LevelDesk,
) -> None:
    await desk.begin()
    above = await topics.add_topic(
        desk.database, boss(desk), NewTopic(name="Above", minimum_level=2)
    )
    await topics.add_topic(desk.database, boss(desk), NewTopic(name="Below", parent_id=above.id))
    case = await change(desk, CaseChange(topic="Below"))

    await topics.archive_topic(desk.database, boss(desk), above.id)

    assert await topics.list_topics(desk.database) == []
    history = await case_times.history_of(desk.database, desk.viewer, case.id)
    assert [row.topic for row in history.changes][-1] == "Below"
    async with desk.database.reading() as work:
        assert (await leveling.declared_of_case(work, case.id)).level == 2


async def test_ready_tree_is_added_once_and_keeps_what_the_desk_has(desk: LevelDesk) -> None:
    own = await topics.add_topic(desk.database, boss(desk), NewTopic(name="Fees"))

    first = await ready_topics.add_ready(desk.database, boss(desk), "en")
    again = await ready_topics.add_ready(desk.database, boss(desk), "ru")

    assert [row.id for row in again] == [row.id for row in first]
    assert len(first) == len(ready_topics.load_ready())
    [kept] = [row for row in first if row.name == "Fees"]
    assert (kept.id, kept.key) == (own.id, "")
    withdrawal = next(row for row in first if row.key == "withdrawal")
    assert len(withdrawal.path) == 2
    assert len(withdrawal.examples) > 20


async def test_every_change_of_a_case_stands_in_its_history(desk: LevelDesk) -> None:
    await desk.begin()
    case = await change(desk, CaseChange(priority=2))
    await change(desk, CaseChange(state="solved"))
    await change(desk, CaseChange(state="open"))

    rows = await case_times.history_of(desk.database, desk.viewer, case.id)

    assert [(row.cause, row.state, row.priority) for row in rows.changes] == [
        ("opened", "open", 3),
        ("answered", "waiting", 3),
        ("agent", "waiting", 2),
        ("agent", "solved", 2),
        ("agent", "open", 2),
    ]
    assert rows.reopened_count == 1
