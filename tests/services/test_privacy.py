"""A copy of everything about one person; and their erasure: they are nowhere, others are whole."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from core.messages import InboundAttachment, ThreadKey
from core.people import IdentityKey
from router.blobs.disk import DiskBlobs
from router.services import audit, privacy
from router.services.errors import Conflict, NotFound
from router.services.identity.merging import merge
from router.services.inbound import Incoming, accept
from router.storage import reach
from router.storage.engine import Database
from tests.services.answering_desk import make_agent
from tests.services.builders import make_account, received, signed_sender

CANARY = "canary-5dc1"
FILE = b"a file of canary-5dc1 " * 10


@pytest.fixture
def blobs(tmp_path: Path) -> DiskBlobs:
    return DiskBlobs(tmp_path / "blobs")


async def write_in(database: Database, blobs: DiskBlobs) -> dict[str, int]:
    """Ana by two handles, merged; and Ben, in the same account. Name -> person."""
    account = await make_account(database)
    events = [
        received(
            f"{CANARY}@example.com",
            f"My address is {CANARY}",
            subject=CANARY,
            html=f"<p>{CANARY}</p>",
            full_text=f"> {CANARY}",
            raw=f"raw {CANARY}".encode(),
            attachments=(InboundAttachment(name=f"{CANARY}.txt", content=FILE, size=len(FILE)),),
            thread_keys=(ThreadKey("message_id", f"<{CANARY}@example.com>"),),
            context={"from": CANARY},
        ),
        received("ana-phone", f"Also {CANARY}"),
        received("ben", "I am Ben"),
    ]
    await accept(
        database,
        blobs,
        [Incoming(account_id=account, fence=None, events=tuple(events), cursor=None)],
    )
    async with database.reading() as work:
        rows = await work.driver.fetch("select handle, home_person_id from identities")
    found = {row["handle"]: row["home_person_id"] for row in rows}
    await merge(
        database,
        loser_id=found["ana-phone"],
        winner_id=found[f"{CANARY}@example.com"],
        agent_id=None,
        reason=f"both are {CANARY}",
    )
    return {"ana": found[f"{CANARY}@example.com"], "phone": found["ana-phone"], "ben": found["ben"]}


async def everything(database: Database) -> str:
    async with database.reading() as work:
        tables = await work.driver.fetch(
            "select tablename from pg_tables where schemaname = 'public' order by 1"
        )
        texts = []
        for table in tables:
            rows = await work.driver.fetch(f"select t::text as row from {table['tablename']} t")
            texts += [row["row"] for row in rows]
        raw = await work.driver.fetch("select raw from message_sources where raw is not null")
    return "\n".join(texts) + "".join(row["raw"].decode("utf-8", "replace") for row in raw)


async def test_an_export_holds_all_that_was_said_and_every_file(
    database: Database, blobs: DiskBlobs, tmp_path: Path
) -> None:
    people = await write_in(database, blobs)
    made = await privacy.export_person(database, blobs, "cli", people["phone"], tmp_path / "ana")
    assert (made.messages, made.missing) == (2, ())
    document = msgspec.json.decode((tmp_path / "ana" / "person.json").read_bytes())
    assert document["root_id"] == people["ana"]
    assert {one["text"] for one in document["messages"]} == {
        f"My address is {CANARY}",
        f"Also {CANARY}",
    }
    assert len(document["identities"]) == 2
    contents = [path.read_bytes() for path in (tmp_path / "ana" / "files").iterdir()]
    assert FILE in contents
    assert f"raw {CANARY}".encode() in contents
    assert "Ben" not in (tmp_path / "ana" / "person.json").read_text()


async def test_an_export_overwrites_nothing(
    database: Database, blobs: DiskBlobs, tmp_path: Path
) -> None:
    people = await write_in(database, blobs)
    (tmp_path / "ana").mkdir()
    (tmp_path / "ana" / "mine.txt").write_text("mine")
    with pytest.raises(Conflict):
        await privacy.export_person(database, blobs, "cli", people["ana"], tmp_path / "ana")
    with pytest.raises(NotFound):
        await privacy.export_person(database, blobs, "cli", 999, tmp_path / "none")


async def test_an_erased_person_is_nowhere_and_the_others_are_as_before(
    database: Database, blobs: DiskBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A40, as far as the record and the files go."""
    monkeypatch.setattr(privacy, "FRESH", timedelta(0))
    people = await write_in(database, blobs)
    assert CANARY in await everything(database)
    await privacy.export_person(database, blobs, "cli", people["ben"], tmp_path / "before")

    done = await privacy.erase_person(database, blobs, "cli", people["ana"])

    assert (done.messages, set(done.person_ids)) == (2, {people["ana"], people["phone"]})
    assert CANARY not in (await everything(database)).lower()
    kept = [path.read_bytes() for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert not [content for content in kept if CANARY.encode() in content]
    await privacy.export_person(database, blobs, "cli", people["ben"], tmp_path / "after")
    before, after = (
        msgspec.json.decode((tmp_path / name / "person.json").read_bytes())
        for name in ("before", "after")
    )
    assert before["messages"] == after["messages"]
    assert before["identities"] == after["identities"]
    assert (await audit.verify(database)).is_whole


async def test_what_the_host_said_of_an_erased_persons_account_is_nowhere(
    database: Database, blobs: DiskBlobs, tmp_path: Path
) -> None:
    from router.services.host import accounts, links

    class Anything:
        def canonical(self, realm: str, handle: str) -> IdentityKey:
            return IdentityKey(realm, handle)

    mine = await make_account(database)
    said = accounts.AccountStatement(display_name=CANARY, attributes={"note": CANARY})
    await accounts.declare_account(database, "cli", f"{CANARY}-41", said)
    ana = received(signed_sender(f"{CANARY}-1", host=f"{CANARY}-41"))
    await accept(database, blobs, [Incoming(account_id=mine, fence=None, events=(ana,))])
    where = {"account": f"{CANARY}-41", "realm": "telegram", "handle": f"{CANARY}-7"}
    await links.link_identity(database, Anything(), "cli", **where)
    await links.unlink_identity(database, Anything(), "cli", **where)
    async with database.reading() as work:
        people = [row["id"] for row in await work.driver.fetch("select id from persons")]
    await privacy.export_person(database, blobs, "cli", people[0], tmp_path / "ana")
    copy = msgspec.json.decode((tmp_path / "ana" / "person.json").read_bytes())

    for person in people:
        await privacy.erase_person(database, blobs, "cli", person)

    assert [one["attributes"] for one in copy["host_accounts"]] == [{"note": CANARY}]
    assert CANARY not in (await everything(database)).lower()


async def test_who_writes_after_being_erased_is_a_new_person(
    database: Database, blobs: DiskBlobs
) -> None:
    people = await write_in(database, blobs)
    await privacy.erase_person(database, blobs, "cli", people["ana"])
    async with database.reading() as work:
        account = await work.driver.fetchval("select min(id) from accounts")
    again = received(f"{CANARY}@example.com", "Hello again")
    await accept(
        database,
        blobs,
        [Incoming(account_id=account, fence=None, events=(again,), cursor=None)],
    )
    async with database.reading() as work:
        person = await work.driver.fetchval(
            "select home_person_id from identities where handle = $1", f"{CANARY}@example.com"
        )
    assert person not in people.values()


async def test_nobody_is_erased_while_something_is_on_its_way_to_them(
    database: Database, blobs: DiskBlobs
) -> None:
    people = await write_in(database, blobs)
    async with database.transaction() as work:
        await work.driver.execute(
            "insert into deliveries (message_id, person_id, account_id, place_id, lane, send_key,"
            " state, due_at, queued_at, state_at) select m.id, m.person_id, m.account_id,"
            " m.place_id, 'l', 'k', 'sending', $1, $1, $1 from messages m where m.person_id = $2",
            work.now(),
            people["ana"],
        )
    with pytest.raises(Conflict):
        await privacy.erase_person(database, blobs, "cli", people["ana"])
    assert CANARY in await everything(database)


async def test_place_that_an_agent_opened_to_somebody_leaves_with_them_unless_it_is_anothers_too(
    database: Database, blobs: DiskBlobs, tmp_path: Path
) -> None:
    people = await write_in(database, blobs)
    agent = await make_agent(database)
    async with database.transaction() as work:
        account = await work.driver.fetchval("select min(id) from accounts")
        identities = {
            row["home_person_id"]: row["id"]
            for row in await work.driver.fetch("select id, home_person_id from identities")
        }
        for place, names in ((f"{CANARY}-alone", ("ana",)), ("both", ("ana", "ben"))):
            made = await work.driver.fetchval(
                "insert into places (account_id, remote_place, kind, context, created_at)"
                " values ($1, $2, 'direct', '{}', now()) returning id",
                account,
                place,
            )
            for name in names:
                await reach.insert_opened(work, identities[people[name]], made, agent)
    await privacy.export_person(database, blobs, "cli", people["ana"], tmp_path / "ana")
    copy = msgspec.json.decode((tmp_path / "ana" / "person.json").read_bytes())

    await privacy.erase_person(database, blobs, "cli", people["ana"])

    assert len(copy["opened_places"]) == 2
    assert CANARY not in (await everything(database)).lower()
    async with database.reading() as work:
        kept = await work.driver.fetch(
            "select o.identity_id from opened_places o join places p on p.id = o.place_id"
            " where p.remote_place = 'both'"
        )
    assert [row["identity_id"] for row in kept] == [identities[people["ben"]]]


async def test_what_was_owed_to_somebody_and_done_about_them_is_in_their_copy_and_leaves_with_them(
    database: Database, blobs: DiskBlobs, tmp_path: Path
) -> None:
    people = await write_in(database, blobs)
    agent = await make_agent(database)
    async with database.transaction() as work:
        case, message = await work.driver.fetchrow(
            "select case_id, id from messages where person_id = $1", people["ana"]
        )
        [bens] = await work.driver.fetchrow(
            "select id from cases where person_id = $1", people["ben"]
        )
        for statement in (
            "insert into promises (message_id, words, due_at, made_at)"
            f" values ({message}, '{CANARY}', now(), now())",
            "insert into findings (message_id, urgency, emotion, words, classifier, version, at)"
            f" values ({message}, 'low', 'angry', '[\"{CANARY}\"]', 'offline', '1', now())",
            "insert into assignments (case_id, step, because, at)"
            f" values ({case}, 'moved', 'gone', now())",
            "insert into deadlines (case_id, target, ref, policy, started_at)"
            f" values ({case}, 'resolution', 0, '', now())",
            "with t as (insert into topics (name, created_at) values ('Theft', now())"
            " returning id)"
            " insert into case_history (case_id, at, cause, state, priority, topic_id)"
            " select c.id, now(), 'agent', 'open', 3, t.id from t, cases c",
            "with l as (insert into queue_lines (access_class) values ('normal') returning id)"
            " insert into waiting_cases (case_id, line_id, rank, waiting_since, entered_at,"
            f" priority, weight, tier) select {case}, l.id, now(), now(), now(), 3, 1, '{CANARY}'"
            " from l",
            # While they were taken for Ben, rules saw what they wrote.
            "insert into rule_runs (person_id, case_id, message_id, outcome, explained, at) values"
            f" ({people['ben']}, {bens}, {message}, 'done', '{{\"saw\": \"{CANARY}\"}}', now())",
        ):
            await work.driver.execute(statement)
        macro = await work.driver.fetchval(
            "insert into macros (name, reach, agent_id, changed_at)"
            " values ('M', 'personal', $1, now()) returning id",
            agent,
        )
        await work.driver.execute(
            "insert into macro_runs (macro_id, agent_id, steps, at)"
            " values ($1, $2, $3::jsonb, now())",
            macro,
            agent,
            msgspec.json.encode(
                [{"case_id": one, "before": {"topic": CANARY}} for one in (bens, case)]
            ).decode(),
        )
    await privacy.export_person(database, blobs, "cli", people["ana"], tmp_path / "ana")
    copy = msgspec.json.decode((tmp_path / "ana" / "person.json").read_bytes())

    await privacy.erase_person(database, blobs, "cli", people["ana"])

    assert [one["words"] for one in copy["promises"]] == [CANARY]
    assert [one["step"] for one in copy["assignments"]] == ["moved"]
    assert [one["emotion"] for one in copy["findings"]] == ["angry"]
    assert [one["target"] for one in copy["deadlines"]] == ["resolution"]
    assert copy["case_history"]
    async with database.reading() as work:
        steps = await work.driver.fetchval("select steps from macro_runs")
        topics = await work.driver.fetch(
            "select distinct case_id from case_history where topic_id is not null"
        )
        [saw] = await work.driver.fetchrow("select explained from rule_runs")
        tier = await work.driver.fetchval("select tier from waiting_cases")
        words = await work.driver.fetchval("select words from findings")
    assert [one["before"] for one in steps] == [{"topic": CANARY}, {}]
    assert [row["case_id"] for row in topics] == [bens]
    assert (saw, tier, words) == ({}, "", [])
