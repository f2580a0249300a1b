"""All cases of an incident answered by one job: each once, whoever dies, stopped, told of."""

import asyncio
import os
import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from core.capabilities import Capabilities
from router.failpoints import EXIT_STATUS
from router.runtime.answerer import Answerer
from router.runtime.lease_keeper import LeaseKeeper
from router.services import cases
from router.services.automation.actions import Tools
from router.services.callers import Caller
from router.services.cases import CaseChange
from router.services.errors import Conflict, Forbidden, NotFound, Refused
from router.services.incidents import answers, keeping
from router.services.incidents.shapes import (
    AnswerAsked,
    AnswerWanted,
    IncidentAnswer,
    NewIncident,
)
from router.services.roles import PERMISSIONS, Permission, Role
from router.services.viewer import viewer_of
from tests.services.rule_desk import VOICE, RuleDesk
from tests.stage import NORMAL, Stage

HELD = replace(VOICE, capabilities_of=lambda channel: Capabilities(hold=timedelta(minutes=5)))
SAID = "select string_agg(text, ' ' order by id) from messages where direction = 'out'"
TWICE = (
    "select count(*) from (select person_id from messages where direction = 'out'"
    " group by person_id having count(*) > 1) x"
)


class Desk(RuleDesk):
    """With one incident."""

    incident: int

    def worker_of(self, name: str, voice: object = VOICE) -> Answerer:
        keeper = LeaseKeeper(self.stage.database, name)
        return Answerer(self.stage.database, keeper, voice)  # type: ignore[arg-type]  # a Voice

    async def hit(self, *who: str) -> list[int]:
        """Each wrote, and is in the incident; the cases."""
        found = [await self.stage.case_of(await self.stage.says(one)) for one in who]
        for case in found:
            await self.put(case)
        return found

    async def put(self, case: int) -> None:
        change = CaseChange(incident_id=self.incident)
        await cases.change_case(self.stage.database, viewer_of(self.admin), case, change)

    async def begin(self, text: str = "Be patient.", key: str = "k", **more: object) -> int:
        wanted = AnswerWanted(text=text, client_key=key, **more)  # type: ignore[arg-type]  # fields
        made = await answers.begin(self.stage.database, self.admin, self.incident, wanted)
        return made.id

    async def shown(self, caller: Caller | None = None) -> IncidentAnswer:
        found = await answers.list_answers(self.stage.database, caller or self.admin, self.incident)
        return found.answers[0]

    async def failures(self) -> list[tuple[int, str]]:
        one = await self.shown()
        found = await answers.list_failures(
            self.stage.database, self.admin, one.id, after=0, limit=50
        )
        return [(each.case_id, each.code) for each in found.failures]

    async def state_of(self, case: int) -> object:
        return await self.stage.value("select state from cases where id = $1", case)


async def work_off(worker: Answerer) -> None:
    while await worker.round():
        pass


@pytest.fixture
async def desk(stage: Stage) -> Desk:
    ready = await Desk.open(stage)
    assert isinstance(ready, Desk)
    made = await keeping.add(stage.database, ready.admin, NewIncident(title="Deposits are stuck"))
    ready.incident = made.incident.id
    return ready


async def test_all_unsolved_cases_are_answered_once_and_solved_with_it(desk: Desk) -> None:
    ana, bo, cy = await desk.hit("ana", "bo", "cy")
    solved = CaseChange(state="solved")
    await cases.change_case(desk.stage.database, viewer_of(desk.admin), cy, solved)

    first = await desk.begin("It works again, {{person.name}}.", solves=True)
    again = await desk.begin("It works again, {{person.name}}.", solves=True)
    await work_off(desk.worker_of("one"))
    await work_off(desk.worker_of("one"))

    assert first == again
    shown = await desk.shown()
    assert (shown.state, shown.cases, shown.done, shown.waiting) == ("done", 2, 2, 0)
    assert [await desk.state_of(one) for one in (ana, bo, cy)] == ["solved"] * 3
    said = await desk.stage.value("select count(*) from messages where direction = 'out'")
    assert (said, await desk.stage.value(TWICE)) == (2, 0)
    assert await desk.stage.value("select count(*) from deliveries where state = 'queued'") == 2
    told = await desk.stage.value("select array_agg(action) from audit_log")
    assert "incident.answered" in str(told)


async def test_solved_cases_are_answered_too_where_that_is_asked(desk: Desk) -> None:
    _, bo = await desk.hit("ana", "bo")
    solved = CaseChange(state="solved")
    await cases.change_case(desk.stage.database, viewer_of(desk.admin), bo, solved)

    await desk.begin(only_unsolved=False)
    await work_off(desk.worker_of("one"))

    assert await desk.stage.value(SAID) == "Be patient. Be patient."


async def test_person_with_two_cases_hears_it_once_and_both_are_solved(desk: Desk) -> None:
    [ana] = await desk.hit("ana")
    person = await desk.stage.value("select person_id from cases where id = $1", ana)
    other = await cases.open_case(desk.stage.database, viewer_of(desk.admin), int(str(person)), "")
    await desk.put(other.id)

    await desk.begin("Case {{case.number}}: be patient.", solves=True)
    await work_off(desk.worker_of("one"))

    shown = await desk.shown()
    assert (shown.done, shown.told) == (1, 1)
    assert await desk.stage.value(SAID) == f"Case {ana}: be patient."
    assert [await desk.state_of(one) for one in (ana, other.id)] == ["solved", "solved"]


_DYING = """
import asyncio, sys
from core.clock import SystemClock
from router.runtime.answerer import Answerer
from router.runtime.lease_keeper import LeaseKeeper
from router.storage.engine import Database
from tests.services.rule_desk import VOICE

async def main():
    database = Database(sys.argv[1], clock=SystemClock())
    worker = Answerer(database, LeaseKeeper(database, "dying"), VOICE)
    while await worker.round():
        pass

asyncio.run(main())
"""


async def test_killed_in_a_case_it_goes_on_there_and_nobody_is_told_twice(
    desk: Desk, database_url: str
) -> None:
    await desk.hit("ana", "bo", "cy", "dan")
    await desk.begin(solves=True)
    dying = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _DYING, database_url,
        env={
            **os.environ,
            "ONETHREAD_TEST_BUILD": "1",
            "ONETHREAD_FAILPOINTS": "answers.before_commit:3:exit",
        },
    )  # fmt: skip
    assert await dying.wait() == EXIT_STATUS
    died = await desk.shown()

    await work_off(desk.worker_of("next"))

    shown = await desk.shown()
    assert (died.state, died.done, died.waiting) == ("running", 2, 2)
    assert (shown.state, shown.done) == ("done", 4)
    said = await desk.stage.value("select count(*) from messages where direction = 'out'")
    assert (said, await desk.stage.value(TWICE)) == (4, 0)


async def test_two_workers_at_once_tell_everybody_once(desk: Desk) -> None:
    await desk.hit(*(f"p{number}" for number in range(12)))
    await desk.begin()

    await asyncio.gather(*(work_off(desk.worker_of(name)) for name in ("one", "two")))

    shown = await desk.shown()
    assert (shown.state, shown.done, shown.failed) == ("done", 12, 0)
    said = await desk.stage.value("select count(*) from messages where direction = 'out'")
    assert (said, await desk.stage.value(TWICE)) == (12, 0)


async def test_stopped_in_the_middle_the_rest_is_cancelled_and_what_went_out_stays(
    desk: Desk,
) -> None:
    found = await desk.hit(*(f"p{number}" for number in range(14)))
    answer = await desk.begin(solves=True)
    worker = desk.worker_of("one")
    await worker.round()
    await desk.stage.run("update deliveries set state = 'sent'")

    stopped = await answers.stop(desk.stage.database, desk.admin, answer)
    await work_off(worker)

    shown = await desk.shown()
    assert (stopped.state, stopped.cancelled) == ("stopping", 4)
    assert (shown.state, shown.done, shown.cancelled, shown.recalled) == ("stopped", 10, 4, 0)
    assert shown.because == "by_hand"
    assert shown.stopped_by is not None
    assert [await desk.state_of(one) for one in found[9:11]] == ["solved", "open"]
    with pytest.raises(Conflict):
        await answers.stop(desk.stage.database, desk.admin, answer)
    await desk.begin("Once more.", key="after")


async def test_what_is_still_held_when_it_is_stopped_never_goes_out(desk: Desk) -> None:
    ana, bo = await desk.hit("ana", "bo")
    answer = await desk.begin(solves=True)
    worker = desk.worker_of("one", HELD)
    await worker.round()
    due = await desk.stage.value("select min(due_at) from deliveries")
    await desk.stage.run(
        "update deliveries set state = 'sent' where person_id ="
        " (select person_id from cases where id = $1)",
        bo,
    )

    await answers.stop(desk.stage.database, desk.admin, answer)
    await work_off(worker)

    shown = await desk.shown()
    assert due == desk.stage.database.clock.now() + timedelta(minutes=5)
    assert (shown.state, shown.done, shown.recalled) == ("stopped", 1, 1)
    assert [await desk.state_of(one) for one in (ana, bo)] == ["open", "solved"]
    left = "select array_agg(state order by person_id) from deliveries"
    assert await desk.stage.value(left) == ["cancelled", "sent"]
    assert await desk.stage.value("select count(*) from drafts") == 0


async def test_stop_while_a_case_is_being_answered_waits_for_that_one(desk: Desk) -> None:
    await desk.hit("ana", "bo", "cy")
    answer = await desk.begin()
    worker = desk.worker_of("one")

    await asyncio.gather(worker.round(), answers.stop(desk.stage.database, desk.admin, answer))
    await desk.stage.run("update deliveries set state = 'sent'")
    await work_off(worker)

    shown = await desk.shown()
    assert shown.state == "stopped"
    assert shown.done + shown.cancelled == 3
    said = await desk.stage.value("select count(*) from messages where direction = 'out'")
    assert said == shown.done


async def test_where_it_cannot_be_said_the_reason_is_told_and_nothing_is_solved(
    desk: Desk,
) -> None:
    ana, bo, cy, dan, eve = await desk.hit("ana", "bo", "cy", "dan", "eve")
    stage = desk.stage
    before = await answers.preview(
        stage.database,
        Tools(voice=VOICE),
        desk.admin,
        desk.incident,
        AnswerAsked(text="Send 500 back.", solves=True),
    )
    await desk.begin("Send 500 back.", solves=True)
    await stage.run("update cases set minimum_level = 3 where id = $1", ana)
    await stage.run("update cases set is_private = true where id = $1", bo)
    await stage.run(
        "update places set kind = 'group' where id = (select place_id from messages"
        " where case_id = $1 limit 1)",
        bo,
    )
    await stage.run("update cases set incident_id = null where id = $1", cy)
    solved = CaseChange(state="solved")
    await cases.change_case(stage.database, viewer_of(desk.admin), dan, solved)
    await work_off(desk.worker_of("one"))

    failed = dict(await desk.failures())
    assert (before.cases, before.conversations, before.cannot) == (5, 5, 0)
    assert failed == {
        ana: "level_too_low",
        bo: "public_place",
        cy: "moved_on",
        dan: "solved_before",
    }
    assert [await desk.state_of(one) for one in (ana, bo, cy, eve)] == [
        *("open", "open", "open"),
        "solved",
    ]
    refused = await stage.value("select count(*) from audit_log where action = 'level.refused'")
    assert refused == 1


async def test_agent_who_may_not_answer_any_more_answers_no_more(desk: Desk) -> None:
    await desk.hit(*(f"p{number}" for number in range(12)))
    await desk.begin()
    worker = desk.worker_of("one")
    await worker.round()
    await desk.stage.run("update deliveries set state = 'sent'")
    await desk.stage.run("update agents set is_active = false where id = $1", desk.admin.agent_id)

    await work_off(worker)

    shown = await desk.shown()
    assert (shown.state, shown.because, shown.done, shown.cancelled) == ("stopped", "left", 10, 2)
    told = "select array_agg(actor || ' ' || subject) from audit_log where action = $1"
    about = f"system incidents/{desk.incident}"
    assert await desk.stage.value(told, "incident.answer_stopped") == [about]


async def test_cases_that_somebody_does_not_see_are_in_no_number_of_an_answer(desk: Desk) -> None:
    ana, secret = await desk.hit("ana", "bo")
    await desk.stage.restrict(secret)
    await desk.begin()
    await work_off(desk.worker_of("one"))
    narrow = replace(desk.admin, access_classes=NORMAL.classes)

    assert ((await desk.shown()).cases, (await desk.shown(narrow)).cases) == (2, 1)
    wanted = AnswerWanted(text="Only to some.", client_key="narrow", only_unsolved=False)
    made = await answers.begin(desk.stage.database, narrow, desk.incident, wanted)
    await work_off(desk.worker_of("one"))
    assert made.cases == 1
    told = "select array_agg(case_id) from messages where text = 'Only to some.'"
    assert await desk.stage.value(told) == [ana]


async def test_what_makes_no_sense_or_is_not_allowed_is_refused(desk: Desk) -> None:
    database = desk.stage.database
    with pytest.raises(Refused) as empty:
        await desk.begin()
    await desk.hit("ana")
    with pytest.raises(Refused):
        await desk.begin(" ")
    writer = replace(
        desk.admin,
        role=Role.AGENT,
        permissions=PERMISSIONS[Role.AGENT] - {Permission.CHANGE_CASES},
    )
    wanted = AnswerWanted(text="Hello", client_key="w", solves=True)
    with pytest.raises(Forbidden):
        await answers.begin(database, writer, desk.incident, wanted)
    with pytest.raises(NotFound):
        await answers.begin(database, desk.admin, 10_000, wanted)
    await desk.begin(key="first")
    with pytest.raises(Conflict) as busy:
        await desk.begin(key="second")

    assert (empty.value.code, busy.value.code) == ("empty", "answering")
