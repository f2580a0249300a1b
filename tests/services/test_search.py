"""Search: what is found, what is not, and how entries follow what is said."""

import pytest

from core.ids import RemoteId, RemotePlace
from core.messages import (
    MessageDeleted,
    MessageEdited,
    Place,
    PlaceKind,
)
from core.query_terms import QueryRefused
from router.blobs.disk import DiskBlobs
from router.services import cases, privacy
from router.services.cases import CaseChange
from router.services.conversations import mark_read
from router.services.search import following
from router.services.search.finding import SearchPage, search
from router.services.viewer import Viewer
from tests.stage import NORMAL, Stage


async def enter(stage: Stage) -> None:
    """Let the follower read everything that was said."""
    await stage.relay()
    while (await following.follow(stage.database)).count:
        pass


async def found(stage: Stage, by: Viewer, query: str) -> SearchPage:
    return await search(stage.database, by, query)


async def messages(stage: Stage, by: Viewer, query: str) -> set[int]:
    page = await found(stage, by, query)
    return {message.id for one in page.conversations for message in one.messages}


async def people(stage: Stage, by: Viewer, query: str) -> list[str]:
    return [one.display_name for one in (await found(stage, by, query)).conversations]


@pytest.mark.parametrize(
    ("text", "queries"),
    [
        (
            "Where is my refund? The policies say 5 days.",
            ["refunds", "policy", "REFUND", '"my refund"', "ref*"],
        ),
        (
            "Верните деньги, возврата всё ещё нет",
            ["возврат", "ВОЗВРАТЫ", "еще деньги", '"верните деньги"'],
        ),
        ("我的提现没有到账，请帮忙", ["提现", "没有到账", "帮", '"提现没有"', "忙"]),
        ("Order TX-4711 of ana@example.com", ["tx-4711", "4711", "ana@example.com", "example"]),
    ],
)
async def test_a_message_is_found_by_its_words(stage: Stage, text: str, queries: list[str]) -> None:
    bo = await stage.agent()
    message = await stage.says("ana", text)
    await stage.says("ben", "Something else entirely 别的事情")
    await enter(stage)

    for query in queries:
        assert await messages(stage, bo, query) == {message}, query


async def test_an_answer_says_that_something_was_just_said_which_is_not_found_yet(
    stage: Stage,
) -> None:
    bo = await stage.agent()
    message = await stage.says("ana", "Where is my refund?")

    unnumbered = await found(stage, bo, "refund")
    await stage.relay()
    early = await found(stage, bo, "refund")
    await enter(stage)
    late = await found(stage, bo, "refund")
    await mark_read(stage.database, bo, await stage.person_of(message), message)
    await stage.relay()

    for one in (unnumbered, early):
        assert (one.conversations, one.is_behind) == ((), True)
    assert [len(late.conversations), late.is_behind] == [1, False]
    assert not (await found(stage, bo, "refund")).is_behind


async def test_a_hit_marks_what_was_found_in_every_form(stage: Stage) -> None:
    bo = await stage.agent()
    await stage.says("ana", "Policies of refunds. 我的提现没有到账. Возврата нет.")
    await enter(stage)

    [one] = (await found(stage, bo, "policy refund 提现没有 возврат -nothing")).conversations
    [hit] = one.messages

    marked = [hit.excerpt[start:end] for start, end in hit.marks]
    assert marked == ["Policies", "refunds", "提现没有", "Возврата"]


async def test_what_was_found_in_a_subject_is_marked_there(stage: Stage) -> None:
    bo = await stage.agent()
    await stage.says("ana", "It has been three days.", subject="😀 Two refunds? 提现没有到账")
    await enter(stage)

    [one] = (await found(stage, bo, "refund 提现没有 three")).conversations
    [hit] = one.messages

    assert [hit.subject[start:end] for start, end in hit.subject_marks] == ["refunds", "提现没有"]
    assert [hit.excerpt[start:end] for start, end in hit.marks] == ["three"]


async def test_terms_of_messages_speak_of_one_message(stage: Stage) -> None:
    bo = await stage.agent()
    await stage.says("ana", "refund please")
    link = await stage.says("ana", "see https://example.com")
    await enter(stage)

    assert await messages(stage, bo, "refund has:link") == set()
    assert await messages(stage, bo, "has:link -refund") == {link}
    assert len(await messages(stage, bo, "refund OR has:link")) == 2


async def test_a_page_goes_on_where_it_ended(stage: Stage) -> None:
    bo = await stage.agent()
    said = [await stage.says(f"p{number}", "refund") for number in range(60)]
    await enter(stage)

    first = await found(stage, bo, "refund")
    assert first.next is not None
    second = await search(stage.database, bo, "refund", before=first.next)

    hits = [
        hit.id for page in (first, second) for one in page.conversations for hit in one.messages
    ]
    assert hits == said[::-1]
    assert second.next is None


async def test_facts_of_conversations_are_found(stage: Stage) -> None:
    bo, cy = await stage.agent("Bo"), await stage.agent("Cy")
    ana = await stage.says("ana", "one")
    ben = await stage.says("ben", "two")
    await stage.says("eve", "three")
    await cases.change_case(
        stage.database, bo, await stage.case_of(ana), CaseChange(owner_id=bo.agent_id, priority=1)
    )
    await cases.change_case(
        stage.database, bo, await stage.case_of(ben), CaseChange(state="solved")
    )
    await mark_read(stage.database, bo, await stage.person_of(ana), ana)
    await stage.deliver(ben)
    await enter(stage)

    expected = {
        "is:open": ["Eve", "Ana"],
        "is:solved": ["Ben"],
        "is:unassigned": ["Eve"],
        "is:unread": ["Eve", "Ben"],
        "is:failed": ["Ben"],
        "assignee:me": ["Ana"],
        "assignee:bo is:open": ["Ana"],
        "assignee:none": ["Eve", "Ben"],
        "priority:urgent": ["Ana"],
        "channel:sample -is:open": ["Ben"],
        "inbox:desk person:a": ["Ana"],
        "from:ana OR from:ben": ["Ben", "Ana"],
        f"person:#{await stage.person_of(ben)}": ["Ben"],
        f"case:{await stage.case_of(ana)}": ["Ana"],
        "after:today": ["Eve", "Ben", "Ana"],
        "before:today": [],
        "two is:solved": ["Ben"],
        "two is:open": [],
    }
    assert {query: await people(stage, bo, query) for query in expected} == expected
    assert await people(stage, cy, "assignee:me") == []


async def test_what_is_restricted_never_shows(stage: Stage) -> None:
    bo, cy = await stage.agent("Bo"), await stage.agent("Cy", sight=NORMAL)
    secret = await stage.says("ana", "my secret refund")
    case = await stage.case_of(secret)
    await cases.change_case(stage.database, bo, case, CaseChange(owner_id=bo.agent_id, priority=1))
    await stage.deliver(secret)
    await stage.restrict(case)
    second = await cases.open_case(stage.database, bo, await stage.person_of(secret), "Open")
    await cases.change_case(stage.database, bo, second.id, CaseChange(state="solved"))
    await stage.run("update cases set last_message_id = 1 where id = $1", second.id)
    hidden = await stage.says("eve", "hidden refund")
    await stage.restrict(await stage.case_of(hidden))
    await enter(stage)

    assert await people(stage, cy, "is:solved") == ["Ana"]
    for query in (
        *("refund", "secret OR hidden", "is:open", "assignee:bo", "priority:urgent", "is:failed"),
        *("person:eve", "is:unread", f"case:{case}", "channel:sample", "from:ana", "-nothing"),
    ):
        assert await people(stage, cy, query) == [], query
        assert await people(stage, bo, query), query
    assert (await found(stage, cy, "eve")).persons == ()


async def test_a_hidden_message_moves_its_conversation_nowhere(stage: Stage) -> None:
    bo, cy = await stage.agent("Bo"), await stage.agent("Cy", sight=NORMAL)
    ana = await stage.person_of(await stage.says("ana"))
    await stage.says("ben")
    second = await cases.open_case(stage.database, bo, ana, "Fraud")
    await stage.restrict(second.id)
    hidden = await stage.says("ana", "news")
    await stage.run("update messages set case_id = $1 where id = $2", second.id, hidden)
    await stage.run("update cases set last_message_id = $1 where id = $2", hidden, second.id)
    await stage.run("update cases set last_message_id = 1 where id <> $1 and person_id = $2",
                    second.id, ana)  # fmt: skip

    assert await people(stage, bo, "is:open") == ["Ana", "Ben"]
    assert await people(stage, cy, "is:open") == ["Ben", "Ana"]


async def test_entries_follow_edits_deletions_and_erasure(stage: Stage, blobs: DiskBlobs) -> None:
    bo = await stage.agent()
    await stage.says("ana", "first words", key="a")
    await stage.says("ben", "spoken words", key="b")
    await enter(stage)
    assert len(await messages(stage, bo, "words")) == 2

    await stage.accept(_edited("ana", "a", "second thoughts"))
    await stage.accept(_deleted("ben", "b"))
    await enter(stage)

    assert await messages(stage, bo, "words") == set()
    [ana] = await people(stage, bo, "thoughts")
    assert ana == "Ana"
    person = await stage.value("select root_id from persons where display_name = 'Ana'")
    await privacy.erase_person(stage.database, blobs, "agents/1", int(str(person)))
    assert await stage.value("select count(*) from search_entries") == 0


def _edited(who: str, key: str, text: str) -> MessageEdited:
    return MessageEdited(
        event_key=f"edit-{key}",
        place=_place(who),
        remote_id=RemoteId(key),
        text=text,
    )


def _deleted(who: str, key: str) -> MessageDeleted:
    return MessageDeleted(event_key=f"gone-{key}", place=_place(who), remote_id=RemoteId(key))


def _place(who: str) -> Place:
    return Place(remote=RemotePlace(who), kind=PlaceKind.DIRECT)


async def test_what_is_older_than_the_follower_is_entered_from_the_newest_back(
    stage: Stage,
) -> None:
    bo = await stage.agent()
    said = [await stage.says("ana", f"refund {number}") for number in range(5)]
    newest = await stage.relay()
    await stage.run(
        "insert into followers (name, position) values ('search', $1), ('search_history', $2)"
        " on conflict (name) do update set position = excluded.position",
        newest,
        said[-1],
    )

    assert (await following.follow(stage.database)).count == 0
    assert await following.catch_up(stage.database, limit=2)
    assert len((await found(stage, bo, "refund")).conversations[0].messages) == 2
    while await following.catch_up(stage.database, limit=2):
        pass

    [one] = (await found(stage, bo, "refund")).conversations
    assert len(one.messages) + one.more == 5


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("assignee:nobody", "no_such"),
        ("team:sales", "no_such"),
        ("channel:pigeon", "no_such"),
        ("the", "too_common"),
    ],
)
async def test_what_cannot_be_answered_says_why(stage: Stage, query: str, fault: str) -> None:
    bo = await stage.agent()

    with pytest.raises(QueryRefused) as refused:
        await found(stage, bo, f"  {query}")

    assert refused.value.fault == fault
    assert refused.value.spot.at == 2


@pytest.fixture
def blobs(tmp_path_factory: pytest.TempPathFactory) -> DiskBlobs:
    return DiskBlobs(tmp_path_factory.mktemp("erased"))
