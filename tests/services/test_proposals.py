"""Four eyes: two people with different host accounts are merged by two agents, or not at all."""

import pytest

from router.services import audit, decisions
from router.services.errors import Conflict, Forbidden, NotFound
from router.services.identity import merging, proposals
from router.services.shown.joins import Proposal
from router.services.viewer import Viewer
from tests.services.builders import signed_sender
from tests.services.joined_people import REASON, People
from tests.stage import NORMAL, Stage


class Desk:
    def __init__(self, stage: Stage, one: Viewer, two: Viewer) -> None:
        self.stage, self.one, self.two = stage, one, two
        self.people = People(stage)

    async def propose(self) -> Proposal:
        return await proposals.propose(
            self.stage.database,
            self.one,
            loser_id=await self.people.home("s2"),
            winner_id=await self.people.home("s1"),
            reason=REASON,
        )

    async def approve(self, proposal: Proposal, by: Viewer) -> Proposal:
        return await proposals.approve(self.stage.database, by, proposal.id, "I know them.")


@pytest.fixture
async def desk(stage: Stage) -> Desk:
    await stage.says(signed_sender("s1", host="41"))
    await stage.says(signed_sender("s2", host="42"))
    return Desk(stage, await stage.agent("One"), await stage.agent("Two"))


async def test_one_agent_cannot_merge_two_with_different_host_accounts(desk: Desk) -> None:
    with pytest.raises(Conflict) as refused:
        await decisions.merge(
            desk.stage.database,
            desk.one,
            loser_id=await desk.people.home("s2"),
            winner_id=await desk.people.home("s1"),
            reason=REASON,
            four_eyes=True,
        )

    assert refused.value.code == "second_agent_needed"
    assert not await desk.people.together("s1", "s2")
    assert await desk.people.rows(
        "select actor, facts ->> 'reason' from audit_log where action = 'merge.refused'"
    ) == [(f"agents/{desk.one.agent_id}", "second_agent_needed")]


async def test_one_agent_merges_people_of_one_host_account_or_none(desk: Desk) -> None:
    for number, sender in enumerate(("bo", "cy")):
        await desk.stage.says(sender)
        await decisions.merge(
            desk.stage.database,
            desk.one,
            loser_id=await desk.people.home(sender),
            winner_id=await desk.people.home(f"s{number + 1}"),
            reason=REASON,
            four_eyes=True,
        )

    assert await desk.people.together("bo", "s1")


async def test_one_agent_cannot_join_them_by_undoing_a_split_either(desk: Desk) -> None:
    await desk.stage.says("bo")
    await desk.people.merge("bo", "s1")
    split = await desk.people.split("bo")
    await desk.people.merge("bo", "s2")

    with pytest.raises(Conflict) as refused:
        await decisions.undo_merge(desk.stage.database, desk.one, split, REASON, four_eyes=True)

    assert refused.value.code == "second_agent_needed"
    assert not await desk.people.together("s1", "s2")


async def test_a_second_agent_makes_the_merge_that_the_first_proposed(desk: Desk) -> None:
    proposal = await desk.propose()
    assert (proposal.state, proposal.may_approve) == ("open", False)

    done = await desk.approve(proposal, desk.two)

    assert (done.state, done.agent.name, done.decided_by and done.decided_by.name) == (
        "approved",
        "One",
        "Two",
    )
    assert await desk.people.together("s1", "s2")
    assert (
        await desk.stage.value("select agent_id from person_merges where id = $1", done.merge_id)
        == desk.one.agent_id
    )
    [(facts,)] = await desk.people.rows(
        "select facts from audit_log where action = 'person.merged'"
    )
    assert (facts["approved_by"], facts["proposal"]) == (desk.two.agent_id, proposal.id)
    assert (await audit.verify(desk.stage.database)).is_whole


async def test_nobody_approves_their_own_proposal(desk: Desk) -> None:
    proposal = await desk.propose()

    with pytest.raises(Forbidden) as refused:
        await desk.approve(proposal, desk.one)

    assert refused.value.code == "own_proposal"
    assert not await desk.people.together("s1", "s2")


async def test_an_approval_is_of_the_two_as_they_were_proposed(desk: Desk) -> None:
    proposal = await desk.propose()
    await desk.stage.says("eve")
    await merging.merge(
        desk.stage.database,
        loser_id=await desk.people.home("eve"),
        winner_id=await desk.people.home("s2"),
        agent_id=desk.one.agent_id,
        reason=REASON,
    )

    with pytest.raises(Conflict) as refused:
        await desk.approve(proposal, desk.two)

    assert refused.value.code == "moved_on"
    assert not await desk.people.together("s1", "s2")


async def test_a_proposal_is_decided_once(desk: Desk) -> None:
    proposal = await desk.propose()
    await desk.approve(proposal, desk.two)

    for decide in (proposals.approve, proposals.refuse):
        with pytest.raises(Conflict) as refused:
            await decide(desk.stage.database, desk.two, proposal.id, "")
        assert refused.value.code == "already_decided"


async def test_the_same_is_proposed_once_until_it_is_decided(desk: Desk) -> None:
    first = await desk.propose()
    with pytest.raises(Conflict) as refused:
        await desk.propose()
    assert refused.value.code == "already_proposed"

    done = await proposals.refuse(desk.stage.database, desk.two, first.id, "Never heard of it.")
    assert (done.state, done.decision_reason) == ("refused", "Never heard of it.")
    assert (await desk.propose()).id != first.id
    taken_back = await proposals.refuse(
        desk.stage.database, desk.one, (await _open(desk))[0].id, ""
    )
    assert taken_back.state == "withdrawn"


async def test_a_proposal_ends_after_a_week(desk: Desk) -> None:
    proposal = await desk.propose()
    await desk.stage.run(
        "update join_proposals set expires_at = expires_at - $1::interval", proposals.LIFETIME
    )

    assert await _open(desk) == []
    with pytest.raises(Conflict) as refused:
        await desk.approve(proposal, desk.two)
    assert refused.value.code == "expired"
    assert (await desk.propose()).state == "open"


async def test_a_proposal_about_people_whom_one_may_not_see_is_not_there(desk: Desk) -> None:
    proposal = await desk.propose()
    clerk = await desk.stage.agent(sight=NORMAL)
    assert [one.id for one in await _open(desk, clerk)] == [proposal.id]
    await desk.stage.run(
        "update cases set access_class = 'kyc' where person_id = $1",
        await desk.people.home("s2"),
    )

    assert await _open(desk, clerk) == []
    with pytest.raises(NotFound):
        await desk.approve(proposal, clerk)


async def _open(desk: Desk, viewer: Viewer | None = None) -> list[Proposal]:
    shown, _ = await proposals.list_proposals(
        desk.stage.database, viewer or desk.one, only_open=True, before=None, limit=50
    )
    return shown
