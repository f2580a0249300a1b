"""What agents say of findings: the last word, and what the next model is built of."""

from datetime import timedelta

import pytest

from core.clock import FakeClock
from router.services.assignment import availability
from router.services.triage import correcting, learning, scoring, shown
from router.services.triage.shapes import NewCorrection
from router.services.viewer import Viewer
from router.storage.sight import Sight
from tests.services.triage_desk import STOLEN, STUCK, TriageDesk
from tests.stage import Stage

CLOSED = Sight(frozenset({"fraud"}))


@pytest.fixture
async def desk(stage: Stage) -> TriageDesk:
    return await TriageDesk.open(stage)


@pytest.fixture
async def bo(stage: Stage) -> Viewer:
    return await stage.agent("Bo")


async def correct(desk: TriageDesk, by: Viewer, message: int, **said: object) -> None:
    wanted = NewCorrection(**said)  # type: ignore[arg-type]  # a test names real fields
    await correcting.correct(desk.stage.database, by, message, wanted, may_lower=False)


async def test_agent_who_says_that_it_is_not_urgent_takes_the_guessed_priority_back(
    desk: TriageDesk, bo: Viewer, clock: FakeClock
) -> None:
    await availability.set_own(desk.stage.database, bo.agent_id, "online")
    message, case = await desk.says("ana", STUCK)

    await correct(desk, bo, message, is_urgent=False)

    assert (await desk.case(case))[1] == 3
    clock.advance(timedelta(minutes=10))
    await desk.read()
    assert len(await desk.lines(case)) == 1
    found = await shown.list_of_case(desk.stage.database, bo, case)
    assert found.findings[0].correction is not None
    assert found.findings[0].correction.is_urgent is False


async def test_agent_who_names_another_topic_gives_it_to_the_case_and_teaches_it(
    desk: TriageDesk, bo: Viewer
) -> None:
    message, case = await desk.says("ana", "zibbelwock quandary of the frumious kind")
    bonus = await desk.topic("bonus")

    await correct(desk, bo, message, topic_id=bonus)
    found, _ = await _read_by_another(desk, "another zibbelwock quandary, frumious too")

    assert (await desk.case(case))[0] == "bonus"
    assert found["key"] == "bonus"
    async with desk.stage.database.reading() as work:
        lessons = await learning.load(work)
    assert lessons.topics[-1].label == str(bonus)


async def _read_by_another(desk: TriageDesk, text: str) -> tuple[dict[str, object], int]:
    message = await desk.stage.says("eve", text)
    await desk.read(desk.another())
    return dict(await desk.finding(message)), message


async def test_same_words_are_no_danger_again_once_an_agent_said_so(
    desk: TriageDesk, bo: Viewer
) -> None:
    message, _ = await desk.says("ana", STOLEN)
    assert (await desk.finding(message))["danger"] == "stolen_account"

    await correct(desk, bo, message, is_urgent=False)
    found, _ = await _read_by_another(desk, STOLEN)

    assert found["danger"] is None
    assert str(found["version"]) != str((await desk.finding(message))["version"])


async def test_words_of_a_life_at_risk_are_told_again_though_an_agent_calmed_one(
    desk: TriageDesk, bo: Viewer
) -> None:
    message, _ = await desk.says("ana", "I want to die")
    await correct(desk, bo, message, is_urgent=False)

    found, _ = await _read_by_another(desk, "I want to die")

    assert found["danger"] == "self_harm"
    async with desk.stage.database.reading() as work:
        lessons = await learning.load(work)
    assert [(one.text, one.label) for one in lessons.dangers] == [("I want to die", "calm")]


async def test_subject_that_was_read_is_taught_too(desk: TriageDesk, bo: Viewer) -> None:
    message = await desk.stage.says("ana", "Please look", subject=STOLEN)
    await desk.read()
    assert (await desk.finding(message))["danger"] == "stolen_account"
    await correct(desk, bo, message, is_urgent=False)

    again = await desk.stage.says("eve", "Please look", subject=STOLEN)
    await desk.read(desk.another())

    assert (await desk.finding(again))["danger"] is None


@pytest.mark.parametrize("gone", ["text = ''", "deleted_at = now()"])
async def test_words_that_are_gone_are_unlearned_without_a_new_start(
    desk: TriageDesk, bo: Viewer, clock: FakeClock, gone: str
) -> None:
    message, _ = await desk.says("ana", "zibbelwock quandary of the frumious kind")
    await correct(desk, bo, message, topic_id=await desk.topic("bonus"))
    clock.advance(timedelta(minutes=10))
    learned, _ = await desk.says("eve", "another zibbelwock quandary, frumious too")
    await desk.stage.run(f"update messages set {gone} where id = $1", message)
    clock.advance(timedelta(minutes=10))

    after, _ = await desk.says("joe", "another zibbelwock quandary, frumious too")

    assert (await desk.finding(learned))["key"] == "bonus"
    assert (await desk.finding(after))["key"] != "bonus"


async def test_finding_of_a_case_that_one_may_not_see_does_not_exist(
    desk: TriageDesk, bo: Viewer, stage: Stage
) -> None:
    from router.services.errors import NotFound

    message, case = await desk.says("ana", STUCK)
    stranger = Viewer(bo.agent_id, CLOSED)

    with pytest.raises(NotFound):
        await shown.list_of_case(stage.database, stranger, case)
    with pytest.raises(NotFound):
        await correct(desk, stranger, message, is_urgent=False)


async def test_score_is_of_the_desks_own_examples_and_says_which_topics_are_weak(
    desk: TriageDesk, bo: Viewer
) -> None:
    message, _ = await desk.says("ana", "zibbelwock quandary")
    await correct(desk, bo, message, topic_id=await desk.topic("bonus"))

    found = await scoring.score(desk.stage.database)

    assert found.corrections == 1
    assert found.held_out > 100
    assert found.macro_f1 > 0.5
    assert found.weakest[0].f1 <= found.weakest[-1].f1
