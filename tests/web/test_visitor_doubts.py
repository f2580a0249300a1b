"""A visitor says that what their chat was joined with is not them; the answer tells nothing."""

from tests.web.visiting import Chat

LINES = "select count(*) from messages where direction = 'event' and text = 'join_doubted'"
SHARED = "select array_agg(handle order by id) from identities where doubted_at is not null"


async def test_visitor_whose_chat_is_joined_is_heard_once_and_agents_see_it(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    await page.say("Where is it?")
    other = await chat.visitor(page.site)
    await other.say("I am somebody else")
    agent = await chat.desk.signed_in()
    first, second = await chat.value("select array_agg(id order by id) from persons")
    merged = await agent.post(f"/persons/{second}/merge", {"into": first, "reason": "One."})
    assert merged.status == 201

    said = [(await other.call("POST", "/not-me")).status for _ in range(2)]

    assert said == [204, 204]
    assert await chat.value(LINES) == 1
    person = (await agent.get(f"/persons/{first}")).body
    doubted = {one["home_person_id"]: one["doubted_at"] for one in person["identities"]}
    assert doubted[first] is None
    assert doubted[second] is not None
    assert [one["is_shared"] for one in person["identities"]] == [False, True]


async def test_visitor_who_is_alone_gets_the_same_answer_and_nothing_changes(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    silent = (await page.call("POST", "/not-me")).status
    await page.say("Where is it?")

    assert [silent, (await page.call("POST", "/not-me")).status] == [204, 204]
    assert await chat.value(LINES) == 0
    assert await chat.value(SHARED) is None
