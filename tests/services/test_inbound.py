"""The path in: what is stored, where, once, and what happens to what cannot be."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from core.connector import Cursor, CursorValue, LeaseLost
from core.ids import RemoteId, RemotePlace
from core.messages import (
    AnyInboundEvent,
    InboundAttachment,
    MessageDeleted,
    MessageEdited,
    MessageNature,
    Place,
    PlaceKind,
    ThreadKey,
    Unreadable,
)
from core.people import Evidence, EvidenceKind
from router.blobs.disk import DiskBlobs
from router.services.inbound import Incoming, accept
from router.storage import leases
from router.storage.engine import Database
from tests.services.builders import make_account, received, sender, signed_sender

CLAIM = (Evidence(kind=EvidenceKind.CLAIM),)
AUTHENTICATED = (Evidence(kind=EvidenceKind.AUTHENTICATED_MAIL),)


@pytest.fixture
def blobs(tmp_path: Path) -> DiskBlobs:
    return DiskBlobs(tmp_path / "blobs")


class Desk:
    """One account and what came in by it."""

    def __init__(self, database: Database, blobs: DiskBlobs, account: int) -> None:
        self.database, self.blobs, self.account = database, blobs, account

    async def accept(
        self,
        *events: AnyInboundEvent,
        fence: int | None = None,
        cursor: Cursor | None = None,
        account: int | None = None,
    ) -> list[int | None]:
        [result] = await accept(
            self.database,
            self.blobs,
            [
                Incoming(
                    account_id=account or self.account, fence=fence, events=events, cursor=cursor
                )
            ],
        )
        if isinstance(result, BaseException):
            raise result
        return result

    async def rows(self, sql: str, *values: Any) -> list[Any]:
        async with self.database.reading() as work:
            return [tuple(row) for row in await work.driver.fetch(sql, *values)]

    async def value(self, sql: str, *values: Any) -> Any:
        async with self.database.reading() as work:
            return await work.driver.fetchval(sql, *values)

    async def run(self, sql: str) -> None:
        async with self.database.transaction() as work:
            await work.driver.execute(sql)


@pytest.fixture
async def desk(database: Database, blobs: DiskBlobs) -> Desk:
    return Desk(database, blobs, await make_account(database))


async def test_two_messages_of_one_sender_are_one_conversation_in_order(desk: Desk) -> None:
    first, second = await desk.accept(received("ana", "one"), received("ana", "two"))

    assert first is not None
    assert second is not None
    assert first < second
    assert await desk.value("select count(*) from persons") == 1
    assert await desk.rows("select text from messages order by id") == [("one",), ("two",)]
    assert await desk.rows("select last_message_id, last_inbound_id, open_cases from persons") == [
        (second, second, 1)
    ]


async def test_the_same_event_again_is_the_same_message(desk: Desk) -> None:
    event = received("ana")
    first = await desk.accept(event)
    again = await desk.accept(event, event)

    assert again == first * 2
    assert await desk.value("select count(*) from messages") == 1
    assert await desk.value("select count(*) from outbox where kind = 'message.created'") == 1


async def test_many_batches_of_the_same_people_at_once_lose_and_double_nothing(desk: Desk) -> None:
    events = [received(f"p{n % 7}", str(n), key=f"k{n}") for n in range(140)]
    batches = [events[i : i + 20] for i in range(0, 140, 20)]

    await asyncio.gather(*(desk.accept(*reversed(batch)) for batch in batches for _ in range(2)))

    assert await desk.value("select count(*) from messages") == 140
    assert await desk.value("select count(*) from persons") == 7
    assert await desk.value("select count(*) from cases") == 7


async def test_a_forged_sender_is_a_person_apart_and_marked(desk: Desk) -> None:
    await desk.accept(received(sender("ana@x.test", realm="email", evidence=AUTHENTICATED)))
    await desk.accept(received(sender("ana@x.test", realm="email", evidence=CLAIM), place="p2"))

    assert await desk.rows("select realm, level from identities order by id") == [
        ("email", 1),
        ("claimed:email", 0),
    ]
    assert await desk.rows("select count(distinct person_id), min(level) from messages") == [(2, 0)]


async def test_signed_token_with_verified_address_joins_chat_and_mail(desk: Desk) -> None:
    mail = sender("ana@x.test", realm="email", evidence=AUTHENTICATED)
    await desk.accept(received(mail, "by mail"))
    await desk.accept(
        received(signed_sender("visitor-1", host="acct-7", email="ana@x.test"), "by chat")
    )
    await desk.accept(received(mail, "by mail again"))

    assert await desk.rows("select count(distinct root_id) from persons") == [(1,)]
    assert await desk.rows("select distinct host_account from identities") == [("acct-7",)]


async def test_anonymous_visitor_who_signs_in_keeps_one_conversation(desk: Desk) -> None:
    anonymous = sender("visitor-1", realm="web:shop")
    await desk.accept(received(anonymous, "before"))
    await desk.accept(received(signed_sender("visitor-1", host="acct-7"), "after"))

    assert await desk.rows("select count(distinct root_id) from persons") == [(1,)]
    assert await desk.value("select count(*) from messages") == 2


async def test_a_session_of_one_host_account_never_joins_another(desk: Desk) -> None:
    await desk.accept(received(signed_sender("visitor-1", host="acct-7"), "mine"))
    await desk.accept(received(signed_sender("visitor-1", host="acct-8"), "not mine", key="bad"))

    assert await desk.rows("select event_key, state from quarantine") == [("bad", "waiting")]
    assert await desk.value("select text from messages where state = 'shown'") == "mine"


async def test_verified_address_of_another_account_is_not_taken_over(desk: Desk) -> None:
    await desk.accept(received(signed_sender("v1", host="acct-7", email="ana@x.test")))
    await desk.accept(received(signed_sender("v2", host="acct-8", email="ana@x.test")))

    assert await desk.rows("select count(distinct root_id) from persons") == [(2,)]
    assert await desk.value("select host_account from identities where realm = 'email'") == "acct-7"


async def test_poison_event_is_quarantined_and_visible_while_the_rest_is_stored(
    desk: Desk,
) -> None:
    bad = received(signed_sender("v1", host="b"), key="bad")
    await desk.accept(received(signed_sender("v1", host="a")))
    result = await desk.accept(received("ana", "good"), bad, received("bo", "good too"))

    assert all(message is not None for message in result)
    assert await desk.value("select count(*) from messages where text like 'good%'") == 2
    assert await desk.rows("select state, warnings::text from messages where state <> 'shown'") == [
        ("placeholder", '["This session belongs to another account."]')
    ]


async def test_unreadable_event_shows_a_placeholder_and_keeps_its_source(desk: Desk) -> None:
    event = Unreadable(event_key="u1", raw=b"\xff\x00junk", reason="No MIME at all.")
    await desk.accept(event)
    await desk.accept(event)

    assert await desk.value("select raw from message_sources") == b"\xff\x00junk"
    assert await desk.rows("select reason, seen, message_id is not null from quarantine") == [
        ("No MIME at all.", 2, True)
    ]
    assert await desk.value("select count(*) from messages") == 1


async def test_nul_and_lone_surrogates_are_stored_without_them(desk: Desk) -> None:
    event = received("ana", "a\x00b\ud800c", key="k\x00", context={"x": "y\x00z"})
    await desk.accept(event)

    assert await desk.rows("select text, context ->> 'x' from messages") == [("ab?c", "yz")]


async def test_cursor_commits_with_its_events_and_not_without_the_lease(desk: Desk) -> None:
    async with desk.database.transaction() as work:
        name = leases.account_lease(desk.account)
        fence = await leases.take(work, name, "me")
    cursor = Cursor(scope="INBOX", value=CursorValue("1:7"))
    await desk.accept(received("ana"), fence=fence, cursor=cursor)
    assert await desk.rows("select scope, value, fence from receive_cursors") == [
        ("INBOX", "1:7", fence)
    ]

    async with desk.database.transaction() as work:
        await leases.give_back(work, {name: fence or 0}, "me")
        await leases.take(work, name, "another")
    late = Cursor(scope="INBOX", value=CursorValue("1:8"))
    with pytest.raises(LeaseLost):
        await desk.accept(received("bo"), fence=fence, cursor=late)

    assert await desk.value("select count(*) from messages") == 1
    assert await desk.value("select value from receive_cursors") == "1:7"


async def test_edit_and_deletion_before_their_message_are_applied_when_it_comes(
    desk: Desk,
) -> None:
    event = received("ana", "first", key="m1")
    edit = MessageEdited(event_key="e1", place=event.place, remote_id=RemoteId("m1"), text="second")
    await desk.accept(edit)
    await desk.accept(event)
    await desk.accept(edit)

    assert await desk.rows("select text, revision from messages") == [("second", 1)]
    assert await desk.rows("select revision, text from message_revisions order by 1") == [
        (0, "first"),
        (1, "second"),
    ]


async def test_deleted_message_keeps_its_text_for_the_agents(desk: Desk) -> None:
    event = received("ana", "oops", key="m1")
    await desk.accept(event)
    await desk.accept(MessageDeleted(event_key="d1", place=event.place, remote_id=RemoteId("m1")))

    assert await desk.rows("select text, deleted_at is not null from messages") == [("oops", True)]


async def test_answer_joins_the_case_its_thread_names_and_opens_it_again(desk: Desk) -> None:
    key = ThreadKey(kind="message_id", key="<1@x>")
    await desk.accept(received("ana", thread_keys=(key,)))
    async with desk.database.transaction() as work:
        await work.driver.execute("update cases set state = 'solved'")
    await desk.accept(received("ana", "still broken", answers=(key,)))

    assert await desk.rows("select state, count(*) over () from cases") == [("open", 1)]


async def test_a_strangers_answer_to_a_known_thread_stays_out_of_it(desk: Desk) -> None:
    key = ThreadKey(kind="message_id", key="<1@x>")
    await desk.accept(received("ana", thread_keys=(key,)))
    await desk.accept(received("mallory", "let me in", answers=(key,)))

    assert await desk.value("select count(distinct case_id) from messages") == 2
    assert "somebody else" in await desk.value(
        "select warnings::text from messages order by id desc limit 1"
    )


async def test_message_after_a_solved_case_opens_a_new_one_unless_automatic(desk: Desk) -> None:
    await desk.accept(received("ana"))
    async with desk.database.transaction() as work:
        await work.driver.execute("update cases set state = 'solved'")
    await desk.accept(received("ana", "away", nature=MessageNature.AUTO_REPLY))
    assert await desk.rows("select state from cases") == [("solved",)]

    await desk.accept(received("ana", "a new matter"))
    assert await desk.rows("select state from cases order by id") == [("solved",), ("open",)]


@pytest.mark.parametrize(
    ("nature", "kind", "is_reached"),
    [
        (MessageNature.HUMAN, PlaceKind.DIRECT, True),
        (MessageNature.AUTO_REPLY, PlaceKind.DIRECT, False),
        (MessageNature.HUMAN, PlaceKind.GROUP, False),
    ],
)
async def test_whoever_writes_to_us_alone_can_be_reached_again(
    desk: Desk, nature: MessageNature, kind: PlaceKind, is_reached: bool
) -> None:
    await desk.accept(received("ana"))
    await desk.run("update identities set is_reachable = false")
    place = Place(remote=RemotePlace(f"at {kind}"), kind=kind)

    await desk.accept(structs.replace(received("ana", "hello?"), place=place, nature=nature))

    assert await desk.value("select is_reachable from identities") is is_reached


async def test_files_and_large_sources_are_kept_as_blobs(desk: Desk) -> None:
    source = b"x" * 20_000
    event = received(
        "ana",
        raw=source,
        attachments=(
            InboundAttachment(name="a.txt", media_type="text/plain", content=b"hi", size=2),
            InboundAttachment(name="b.exe", refused="Too large."),
        ),
    )
    await desk.accept(event)

    [(kept, name), (missing, _)] = await desk.rows(
        "select blob_key, state from attachments order by position"
    )
    assert name == "stored"
    assert missing is None
    async with desk.blobs.open(kept) as file:
        assert await file.read() == b"hi"
    assert await desk.value("select raw from message_sources") is None


async def test_one_bad_request_does_not_fail_its_neighbours_batch(desk: Desk) -> None:
    results = await accept(
        desk.database,
        desk.blobs,
        [
            Incoming(account_id=desk.account, fence=None, events=(received("ana"),)),
            Incoming(account_id=desk.account, fence=99, events=(received("bo"),)),
            Incoming(account_id=desk.account, fence=None, events=(received("cy"),)),
        ],
    )

    assert isinstance(results[1], LeaseLost)
    assert await desk.value("select count(*) from messages") == 2


async def test_what_a_colleague_wrote_elsewhere_goes_to_whom_the_place_is_proven_to_be(
    desk: Desk,
) -> None:
    await desk.accept(received(sender("ana", evidence=AUTHENTICATED), place="ana"))
    await desk.accept(received(sender("ana", evidence=CLAIM), "forged", place="ana"))

    [answer] = await desk.accept(
        received(sender("desk", evidence=AUTHENTICATED), "Dear Ana", place="ana", is_from_desk=True)
    )

    owner = await desk.value("select person_id from messages where id = $1", answer)
    assert owner == await desk.value("select person_id from messages where text = 'Hello'")
