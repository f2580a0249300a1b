"""Canned replies, what their variables may tell, notes that name agents, and drafts of all."""

from pathlib import Path

import pytest

from router.services import conversations, drafts, snippets
from router.services.drafts import Draft
from router.services.errors import Forbidden, NotFound, Refused
from router.services.snippets import NewSnippet, SnippetText
from router.services.viewer import Viewer
from router.storage.engine import Database
from tests.services.answering_desk import AnsweringDesk, make_agent, open_desk

HELLO = {"en": SnippetText(text="Hello {{person.name}}"), "zh": SnippetText(text="您好")}


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AnsweringDesk:
    return await open_desk(database, tmp_path)


async def save(
    desk: AnsweringDesk, viewer: Viewer, wanted: NewSnippet, *, keeps: bool = False
) -> int:
    made = await snippets.save_snippet(
        desk.database, viewer, None, wanted, actor="agents/1", may_change_all=keeps
    )
    return made.id


async def titles(desk: AnsweringDesk, viewer: Viewer) -> list[str]:
    found = await snippets.list_snippets(desk.database, viewer, may_change_all=False)
    return [one.title for one in found]


async def make_team(desk: AnsweringDesk, *members: int) -> int:
    team = await desk.value(
        "insert into teams (name, created_at) values ('Billing', now()) returning id"
    )
    for member in members:
        await desk.value(
            "insert into memberships (team_id, agent_id) values ($1, $2)", team, member
        )
    return int(team)


async def test_each_agent_has_shared_canned_replies_their_teams_and_their_own(
    desk: AnsweringDesk,
) -> None:
    ada, bo = Viewer(desk.author.agent_id), Viewer(await make_agent(desk.database, "Bo"))
    team = await make_team(desk, ada.agent_id)
    for reach, keeps in (("shared", True), ("personal", False), ("team", False)):
        wanted = NewSnippet(
            reach=reach,  # type: ignore[arg-type]  # one of three
            title=f"{reach} one",
            texts=HELLO,
            team_id=team if reach == "team" else None,
        )
        await save(desk, ada, wanted, keeps=keeps)
    assert await titles(desk, ada) == ["personal one", "shared one", "team one"]
    assert await titles(desk, bo) == ["shared one"]


async def test_shared_canned_replies_are_for_who_keeps_them(desk: AnsweringDesk) -> None:
    ada, bo = Viewer(desk.author.agent_id), Viewer(await make_agent(desk.database, "Bo"))
    wanted = NewSnippet(reach="shared", title="For all", texts=HELLO)
    with pytest.raises(Forbidden):
        await save(desk, ada, wanted)
    shared = await save(desk, ada, wanted, keeps=True)
    own = await save(desk, ada, NewSnippet(reach="personal", title="Mine", texts=HELLO))
    for one, refusal in ((shared, Forbidden), (own, NotFound)):
        with pytest.raises(refusal):
            await snippets.drop_snippet(
                desk.database, bo, one, actor="agents/2", may_change_all=False
            )
    with pytest.raises(Refused):
        await save(desk, ada, NewSnippet(reach="team", title="Whose?", texts=HELLO))


async def test_linked_facts_are_told_only_to_who_is_proven_to_be_the_person(
    desk: AnsweringDesk,
) -> None:
    ann = await desk.hear("ann")
    place = await desk.value("select max(id) from places")
    await desk.value("""update persons set attributes = '{"tier": "gold"}' where id = $1""", ann)
    viewer = Viewer(desk.author.agent_id)

    async def facts() -> dict[str, str]:
        return await snippets.load_facts(desk.database, viewer, "Ada L", ann, place)

    await desk.value("update cases set subject = 'Refund'")
    low = await facts()
    assert (low["agent.first_name"], "person.tier" in low) == ("Ada", False)
    assert "case.subject" not in low
    await desk.value("update identities set level = 2 where home_person_id = $1", ann)
    proven = await facts()
    assert (proven["person.tier"], proven["case.subject"]) == ("gold", "Refund")
    await desk.value("update cases set minimum_level = 3")
    assert "case.subject" not in await facts()
    await desk.value("update places set kind = 'group' where id = $1", place)
    assert "person.tier" not in await facts()


async def test_note_tells_the_agents_and_the_team_members_that_it_names_each_once(
    desk: AnsweringDesk,
) -> None:
    bo, cy = await make_agent(desk.database, "Bo"), await make_agent(desk.database, "Cy")
    team = await make_team(desk, bo, cy)
    ann = await desk.hear("ann")
    said = await desk.note(ann, "@Bo look", mentioned_agents=(bo,), mentioned_teams=(team,))
    rows = await desk.rows("select agent_id, team_id from mentions order by agent_id")
    assert [(row["agent_id"], row["team_id"]) for row in rows] == [(bo, None), (cy, team)]
    page = await conversations.load_page(desk.database, Viewer(bo), ann, limit=9)
    assert page.messages[-1].mentions == (bo, cy)
    await conversations.mark_read(desk.database, Viewer(bo), ann, said.message_id)
    seen = await desk.rows("select agent_id from mentions where seen_at is not null")
    assert [row["agent_id"] for row in seen] == [bo]


async def test_drafts_are_listed_to_their_agent_and_named_to_the_others(
    desk: AnsweringDesk,
) -> None:
    ada, bo = Viewer(desk.author.agent_id), Viewer(await make_agent(desk.database, "Bo"))
    ann = await desk.hear("ann")
    await drafts.save_draft(desk.database, ada, ann, "reply", Draft(text="Dear Ann"))
    [mine] = await drafts.list_drafts(desk.database, ada)
    assert (mine.person_id, mine.kind, mine.text) == (ann, "reply", "Dear Ann")
    assert await drafts.list_drafts(desk.database, bo) == []
    assert [one.name for one in await drafts.list_drafters(desk.database, bo, ann)] == ["Ada"]
    assert await drafts.list_drafters(desk.database, ada, ann) == []
