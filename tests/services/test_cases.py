"""What agents do: change cases, write drafts, name and find persons."""

from datetime import timedelta

import pytest

from core.clock import FakeClock
from router.services import cases, conversations, drafts, people
from router.services.callers import Caller
from router.services.cases import CaseChange
from router.services.conversations import MessagePage
from router.services.drafts import EMPTY, Draft
from router.services.errors import Conflict, NotFound, Refused
from router.services.people import PersonChange
from router.services.roles import PERMISSIONS, Role
from router.services.viewer import Viewer
from tests.services.builders import signed_sender
from tests.stage import NORMAL, Stage


async def whole(stage: Stage, viewer: Viewer, person: int) -> MessagePage:
    return await conversations.load_page(stage.database, viewer, person, limit=50)


async def test_solving_a_case_leaves_an_event_and_a_fact(stage: Stage, clock: FakeClock) -> None:
    bo = await stage.agent()
    message = await stage.says("ana")
    person, case = await stage.person_of(message), await stage.case_of(message)
    clock.advance(timedelta(hours=1))

    solved = await cases.change_case(stage.database, bo, case, CaseChange(state="solved"))

    assert (solved.state, solved.solved_at, solved.revision) == ("solved", clock.now(), 2)
    event = (await whole(stage, bo, person)).messages[-1]
    assert (event.direction, event.author.kind, event.author.id) == ("event", "agent", bo.agent_id)
    assert event.event == {"event": "case_solved", "case_id": case, "agent_id": bo.agent_id}
    assert (await stage.kinds())[-2:] == [
        ("message.created", person, event.id),
        ("case.changed", person, case),
    ]


async def test_assigning_names_the_new_owner_in_the_timeline(stage: Stage) -> None:
    bo, cy = await stage.agent("Bo"), await stage.agent("Cy")
    message = await stage.says("ana")

    changed = await cases.change_case(
        stage.database, bo, await stage.case_of(message), CaseChange(owner_id=cy.agent_id)
    )

    assert changed.owner is not None
    assert changed.owner.name == "Cy"
    event = (await whole(stage, bo, await stage.person_of(message))).messages[-1].event
    assert event is not None
    assert (event["event"], event["owner_name"]) == ("case_assigned", "Cy")


async def test_change_to_what_a_case_already_is_changes_nothing(stage: Stage) -> None:
    bo = await stage.agent()
    message = await stage.says("ana")
    before = await stage.kinds()

    same = await cases.change_case(
        stage.database, bo, await stage.case_of(message), CaseChange(state="open", priority=3)
    )

    assert same.revision == 1
    assert await stage.kinds() == before


async def test_case_changed_meanwhile_is_not_overwritten(stage: Stage) -> None:
    bo = await stage.agent()
    case = await stage.case_of(await stage.says("ana"))
    await cases.change_case(stage.database, bo, case, CaseChange(priority=1))

    with pytest.raises(Conflict) as refused:
        await cases.change_case(stage.database, bo, case, CaseChange(priority=4, expect_revision=1))

    assert (refused.value.code, refused.value.facts) == ("moved_on", {"revision": 2})


async def test_case_is_taken_on_whatever_changed_of_it_unless_somebody_has_it(stage: Stage) -> None:
    bo, cy = await stage.agent(), await stage.agent("Cy")
    case = await stage.case_of(await stage.says("ana"))
    await cases.change_case(stage.database, bo, case, CaseChange(priority=1))
    mine, theirs = (
        CaseChange(owner_id=one.agent_id, expect_nobody=True, force=True) for one in (bo, cy)
    )

    taken = await cases.change_case(stage.database, bo, case, mine, may_force=True)
    again = await cases.change_case(stage.database, bo, case, mine, may_force=True)
    with pytest.raises(Conflict) as refused:
        await cases.change_case(stage.database, cy, case, theirs, may_force=True)

    assert again == taken
    assert refused.value.code == "moved_on"


@pytest.mark.parametrize(
    ("change", "field"),
    [(CaseChange(owner_id=4711), "owner_id"), (CaseChange(team_id=4711), "team_id")],
)
async def test_case_goes_to_nobody_unknown(stage: Stage, change: CaseChange, field: str) -> None:
    bo = await stage.agent()
    case = await stage.case_of(await stage.says("ana"))

    with pytest.raises(Refused) as refused:
        await cases.change_case(stage.database, bo, case, change)

    assert refused.value.field == field


async def test_case_beyond_sight_is_not_found(stage: Stage) -> None:
    bo = await stage.agent(sight=NORMAL)
    case = await stage.case_of(await stage.says("ana"))
    await stage.restrict(case)

    with pytest.raises(NotFound):
        await cases.change_case(stage.database, bo, case, CaseChange(state="solved"))
    with pytest.raises(NotFound):
        await cases.change_case(stage.database, bo, 4711, CaseChange(state="solved"))


async def test_new_case_is_open_and_has_an_event(stage: Stage) -> None:
    bo = await stage.agent()
    person = await stage.meets("ana")

    case = await cases.open_case(stage.database, bo, person, "Refund")

    assert (case.state, case.subject) == ("open", "Refund")
    event = (await whole(stage, bo, person)).messages[-1]
    assert (event.case_id, event.text) == (case.id, "case_opened")


async def test_draft_is_kept_and_dropped(stage: Stage) -> None:
    bo = await stage.agent()
    person = await stage.meets("ana")
    draft = Draft(text="Dear Ana", options={"place_id": 3})

    await drafts.save_draft(stage.database, bo, person, "reply", draft)
    found = await drafts.load_draft(stage.database, bo, person, "reply")
    assert (found.text, found.options) == (draft.text, draft.options)
    assert await drafts.load_draft(stage.database, bo, person, "note") == EMPTY
    await drafts.drop_draft(stage.database, bo, person, "reply")

    assert await drafts.load_draft(stage.database, bo, person, "reply") == EMPTY
    kinds = [one for one in await stage.kinds() if one[0] == "read.changed"]
    assert kinds == [("read.changed", person, bo.agent_id)] * 2


async def test_draft_follows_its_person_through_a_merge(stage: Stage) -> None:
    bo = await stage.agent()
    ana, ada = await stage.meets("ana"), await stage.meets("ada")
    await drafts.save_draft(stage.database, bo, ada, "reply", Draft(text="for ada"))

    await stage.merge(ada, ana, bo)

    assert (await drafts.load_draft(stage.database, bo, ana, "reply")).text == "for ada"
    await drafts.drop_draft(stage.database, bo, ana, "reply")
    assert (await drafts.load_draft(stage.database, bo, ada, "reply")).text == ""


async def test_person_is_renamed_and_given_attributes(stage: Stage) -> None:
    bo = await stage.agent()
    person = await stage.meets("ana")
    caller = Caller(
        agent_id=bo.agent_id,
        name="Bo",
        role=Role.AGENT,
        permissions=PERMISSIONS[Role.AGENT],
        team_ids=frozenset(),
        access_classes=bo.sight.classes,
    )
    await people.change_person(
        stage.database, caller, person, PersonChange(attributes={"plan": "gold", "old": 1})
    )

    changed = await people.change_person(
        stage.database,
        caller,
        person,
        PersonChange(display_name="Ana B.", language="pt-BR", attributes={"old": None, "n": 2}),
    )

    assert (changed.display_name, changed.language) == ("Ana B.", "pt-BR")
    assert changed.attributes == {"plan": "gold", "n": 2}
    assert (await stage.kinds())[-1] == ("person.changed", person, person)


@pytest.mark.parametrize("text", ["an", "AN", "Ana", "ana@sh"])
async def test_person_is_found_by_the_beginning_of_a_name_or_address(
    stage: Stage, text: str
) -> None:
    bo = await stage.agent()
    person = await stage.meets(signed_sender("ana", host="7", email="ana@shop.invalid"))
    await stage.meets("zoe")
    await stage.says(signed_sender("ana", host="7", email="ana@shop.invalid"), text="It is me")

    hits = await people.find_persons(stage.database, bo, text)

    assert [hit.id for hit in hits] == [person]
    assert "ana@shop.invalid" in hits[0].identities
    assert [use.account_id for use in hits[0].channels] == [stage.account]
    assert hits[0].snippet == "It is me"


@pytest.mark.parametrize("text", ["%", "_", "\\", "  "])
async def test_search_takes_no_character_as_a_pattern(stage: Stage, text: str) -> None:
    bo = await stage.agent()
    await stage.meets("ana")

    assert await people.find_persons(stage.database, bo, text) == []


async def test_search_hides_persons_beyond_sight(stage: Stage) -> None:
    bo = await stage.agent(sight=NORMAL)
    await stage.restrict(await stage.case_of(await stage.says("ana")))

    assert await people.find_persons(stage.database, bo, "ana") == []


async def test_case_marked_private_says_so_in_the_timeline(stage: Stage) -> None:
    bo = await stage.agent()
    person = await stage.meets("ana")
    case = (await cases.open_case(stage.database, bo, person, "Refund")).id

    marked = await cases.change_case(stage.database, bo, case, CaseChange(is_private=True))
    opened = await cases.change_case(stage.database, bo, case, CaseChange(is_private=False))

    assert (marked.is_private, opened.is_private) == (True, False)
    texts = [one.text for one in (await whole(stage, bo, person)).messages]
    assert texts[-2:] == ["case_made_private", "case_made_open"]


async def test_restricted_case_is_private_whatever_was_marked(stage: Stage) -> None:
    bo = await stage.agent()
    case = await stage.case_of(await stage.says("ana"))
    await stage.restrict(case)

    changed = await cases.change_case(stage.database, bo, case, CaseChange(priority=1))

    assert changed.is_private
