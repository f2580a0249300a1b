"""Findings of messages, and how far triage has read; what cases were when nobody had decided."""

from collections.abc import Collection, Sequence

import msgspec

from router.storage import followers
from router.storage.danger_pages import BESIDE, OVER
from router.storage.records import Record, fetch, fetch_one
from router.storage.unit_of_work import Fact, UnitOfWork

FOLLOWER = "triage"


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """A message that a person wrote."""

    id: int
    person_id: int
    subject: str
    """Of one that opens its case; else none."""
    text: str
    language: str | None
    """Of the person."""
    case_topic_id: int | None
    priority: int
    may_get_topic: bool
    """Its case is not solved, and nobody has answered in it."""


class Read(msgspec.Struct, frozen=True, kw_only=True):
    until: int
    """The position of the last entry that was read."""
    count: int
    messages: tuple[Unread, ...]
    has_new_topics: bool
    """A topic may be another one since."""


class NewFinding(msgspec.Struct, frozen=True, kw_only=True):
    message_id: int
    person_id: int
    topic_id: int | None
    topic_confidence: float
    urgency: str
    emotion: str
    language: str | None
    is_complaint: bool
    danger: str | None
    danger_confidence: float
    words: tuple[str, ...]
    classifier: str
    version: str
    is_pending: bool


class TriageRow(msgspec.Struct, frozen=True, kw_only=True):
    """How the desk has it."""

    is_on: bool = True
    least_confidence: int = 50
    pages: bool = True
    escalate_minutes: int | None = 5


_SETTINGS = ", ".join(TriageRow.__struct_fields__)
_WRITTEN = ", ".join(one for one in NewFinding.__struct_fields__ if one != "person_id")


# Of the first that either side said in its case: a later one has that of what it answers.
_SUBJECT = """
    case when m.subject <> '' and (
        select true from messages x where x.case_id = m.case_id and x.id < m.id
            and x.direction in ('in', 'out') limit 1) is null then m.subject else '' end
"""


async def position_of(work: UnitOfWork) -> int:
    row = await fetch_one(work, "select position from followers where name = $1", FOLLOWER)
    return max(0 if row is None else int(row["position"]), await followers.trimmed(work))


async def read_after(work: UnitOfWork, position: int, *, limit: int) -> Read:
    """The next entries of the outbox, with the messages of people among them that nobody read."""
    rows = await fetch(
        work,
        f"""
        select o.position, o.kind, m.id, m.person_id, {_SUBJECT} as subject, m.text, r.language,
            c.topic_id as case_topic_id, c.priority,
            c.state <> 'solved' and c.first_reply_at is null as may_get_topic
        from (select position, kind, ref from outbox
              where position > $1 order by position limit $2) o
        left join messages m on o.kind = $3 and m.id = o.ref and m.direction = 'in'
            and m.nature = 'human' and m.state = 'shown' and (m.text <> '' or m.subject <> '')
            and m.case_id is not null
            and (select true from findings f where f.message_id = m.id) is null
        left join persons p on p.id = m.person_id
        left join persons r on r.id = p.root_id
        left join cases c on c.id = m.case_id
        order by o.position
        """,
        position,
        limit,
        Fact.MESSAGE_CREATED.value,
    )
    found = {
        row["id"]: Unread(**{name: row[name] for name in Unread.__struct_fields__})
        for row in rows
        if row["id"] is not None and (row["text"] or row["subject"])
    }
    return Read(
        until=int(rows[-1]["position"]) if rows else position,
        count=len(rows),
        messages=tuple(found.values()),
        has_new_topics=any(row["kind"] == Fact.VIEWS_CHANGED.value for row in rows),
    )


async def insert_findings(work: UnitOfWork, found: Sequence[NewFinding]) -> list[int]:
    """All of them by one statement; the messages of those that were not there."""
    if not found:
        return []
    rows = await work.driver.fetch(
        f"""
        insert into findings ({_WRITTEN}, at)
        select u.message_id, t.id, u.topic_confidence, u.urgency, u.emotion, u.language,
            u.is_complaint, u.danger, u.danger_confidence, u.words, u.classifier, u.version,
            u.is_pending, $14
        from unnest($1::bigint[], $2::bigint[], $3::float8[], $4::text[], $5::text[], $6::text[],
            $7::bool[], $8::text[], $9::float8[], $10::jsonb[], $11::text[], $12::text[],
            $13::bool[]) u({_WRITTEN})
        join messages m on m.id = u.message_id and (m.text <> '' or m.subject <> '')
        left join topics t on t.id = u.topic_id
        order by u.message_id on conflict do nothing returning message_id
        """,
        *(
            [_value(one, name) for one in found]
            for name in NewFinding.__struct_fields__
            if name != "person_id"
        ),
        work.now(),
    )
    return [row["message_id"] for row in rows]


def _value(one: NewFinding, name: str) -> object:
    value: object = getattr(one, name)
    return msgspec.json.encode(value).decode() if name == "words" else value


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    has_facts: bool
    """There are entries of the outbox that were not read."""
    has_pending: bool
    has_due: bool
    """Dangers to which nobody came in time."""


async def waits(work: UnitOfWork) -> Waits:
    row = await fetch_one(
        work,
        """
        select (select true from outbox where position > coalesce(
                (select position from followers where name = $1), 0) limit 1) is not null as facts,
            (select true from findings where is_pending limit 1) is not null as pending,
            (select true from danger_pages where ended_at is null and escalated_at is null
                and escalate_at <= $2 limit 1) is not null as due
        """,
        FOLLOWER,
        work.now(),
    )
    assert row is not None
    return Waits(has_facts=row["facts"], has_pending=row["pending"], has_due=row["due"])


async def pending(
    work: UnitOfWork, *, limit: int, but: Collection[int] = ()
) -> list[tuple[int, int]]:
    """(message, person) of findings that mean something to their case, oldest first."""
    rows = await fetch(
        work,
        """
        select f.message_id, m.person_id from findings f join messages m on m.id = f.message_id
        where f.is_pending and f.message_id <> all($2::bigint[])
        order by f.message_id limit $1
        """,
        limit,
        list(but),
    )
    return [(row["message_id"], row["person_id"]) for row in rows]


async def find(work: UnitOfWork, message_id: int) -> Record | None:
    """One with its case as it is now; under the conversation's lock it stays so."""
    return await fetch_one(
        work,
        f"""
        select f.*, m.case_id, m.received_at, m.text, {_SUBJECT} as subject, p.root_id,
            c.topic_id as case_topic_id, c.priority,
            c.state, c.first_reply_at, c.access_class, c.owner_id, c.team_id,
            t.default_priority, t.key,
            t.id is not null as is_topic_in_use
        from findings f join messages m on m.id = f.message_id
        join persons p on p.id = m.person_id join cases c on c.id = m.case_id
        left join topics t on t.id = f.topic_id and t.archived_at is null
        where f.message_id = $1
        """,
        message_id,
    )


async def name_danger(work: UnitOfWork, message_id: int, danger: str) -> None:
    """An agent found it, and no word in particular."""
    await work.driver.execute(
        """
        update findings set danger = $2, danger_confidence = 1, urgency = 'urgent', words = '[]'
        where message_id = $1
        """,
        message_id,
        danger,
    )


async def settle(work: UnitOfWork, message_id: int, *, set_topic: bool, set_priority: bool) -> None:
    """Its case was looked at, and has these by it."""
    await work.driver.execute(
        """
        update findings set is_pending = false, set_topic = $2, set_priority = $3
        where message_id = $1
        """,
        message_id,
        set_topic,
        set_priority,
    )


async def decided(work: UnitOfWork, case_id: int, *, but: int | None = None) -> tuple[bool, bool]:
    """Whether anybody but a guess ever gave the case another topic, and another priority; beside
    what was said of this message.
    """
    row = await fetch_one(
        work,
        """
        select coalesce(bool_or(topic_id is distinct from topic), false) as has_topic,
            coalesce(bool_or(priority <> rank), false) as has_priority
        from (
            select cause, topic_id, priority, lag(topic_id) over w as topic,
                coalesce(lag(priority) over w, 3) as rank
            from case_history where case_id = $1 window w as (order by id)
        ) h where cause <> 'triage'
        """,
        case_id,
    )
    said = await fetch_one(
        work,
        """
        select coalesce(bool_or(k.topic_id is not null), false) as has_topic,
            coalesce(bool_or(k.is_urgent is not null), false) as has_priority
        from finding_corrections k join messages m on m.id = k.message_id
        where m.case_id = $1 and m.id is distinct from $2::bigint
        """,
        case_id,
        but,
    )
    assert row is not None
    assert said is not None
    return row["has_topic"] or said["has_topic"], row["has_priority"] or said["has_priority"]


async def best_guess(work: UnitOfWork, case_id: int) -> float:
    """How sure the guess was by which the case has its topic; 0: there was none."""
    row = await fetch_one(
        work,
        """
        select max(f.topic_confidence) as sure from findings f
        join messages m on m.id = f.message_id where m.case_id = $1 and f.set_topic
        """,
        case_id,
    )
    return 0.0 if row is None or row["sure"] is None else float(row["sure"])


async def of_messages(work: UnitOfWork, message_ids: Collection[int]) -> list[Record]:
    """Those that there are, by message, with their corrections and who was told."""
    return await fetch(work, f"{_SHOWN} where f.message_id = any($1::bigint[]) order by 1",
                       sorted(message_ids))  # fmt: skip


async def of_case(work: UnitOfWork, case_id: int, *, limit: int) -> list[Record]:
    """The newest first."""
    return await fetch(
        work, f"{_SHOWN} where m.case_id = $1 order by m.id desc limit $2", case_id, limit
    )


_SHOWN = f"""
    select f.message_id, m.case_id, p.root_id, f.topic_id, t.name as topic, f.topic_confidence,
        f.urgency, f.emotion, f.language, f.is_complaint, f.danger, f.danger_confidence, f.words,
        f.classifier, f.version, f.at, f.set_topic, f.set_priority,
        k.agent_id as corrected_by, ka.name as corrected_name, k.at as corrected_at,
        k.topic_id as right_topic_id, kt.name as right_topic, k.is_urgent,
        g.at as told_at, g.told, g.escalated_at, {OVER}
    from findings f join messages m on m.id = f.message_id
    join persons p on p.id = m.person_id
    left join topics t on t.id = f.topic_id
    left join finding_corrections k on k.message_id = f.message_id
    left join agents ka on ka.id = k.agent_id
    left join topics kt on kt.id = k.topic_id
    left join danger_pages g on g.message_id = f.message_id
    {BESIDE}
"""


async def correct(
    work: UnitOfWork,
    message_id: int,
    agent_id: int,
    *,
    topic_id: int | None,
    is_urgent: bool | None,
) -> None:
    """The agent's is the last word; what they leave out stays as it was said before."""
    await work.driver.execute(
        """
        insert into finding_corrections as k (message_id, topic_id, is_urgent, agent_id, at)
        values ($1, $2, $3, $4, $5)
        on conflict (message_id) do update set topic_id = coalesce(excluded.topic_id, k.topic_id),
            is_urgent = coalesce(excluded.is_urgent, k.is_urgent), agent_id = excluded.agent_id,
            at = excluded.at
        """,
        message_id,
        topic_id,
        is_urgent,
        agent_id,
        work.now(),
    )


async def corrected(work: UnitOfWork, *, limit: int) -> list[Record]:
    """What agents said of messages whose words are still there, the newest first."""
    return await fetch(
        work,
        f"""
        select {_SUBJECT} as subject, m.text, k.topic_id, k.is_urgent, f.danger
        from finding_corrections k join findings f using (message_id)
        join messages m on m.id = k.message_id
        left join topics t on t.id = k.topic_id
        where (m.text <> '' or m.subject <> '') and m.deleted_at is null and t.archived_at is null
        order by k.at desc, k.message_id desc limit $1
        """,
        limit,
    )


async def corrections_mark(work: UnitOfWork) -> object:
    """Another one once anything of it changes: what agents said, and the words it was said of."""
    row = await fetch_one(
        work,
        """
        select max(k.at) as at, count(*) as count,
            sum(hashtextextended(m.subject || ' ' || m.text, 0)) as texts,
            count(*) filter (where m.deleted_at is null) as there
        from finding_corrections k join messages m on m.id = k.message_id
        """,
    )
    return None if row is None else tuple(row.values())


async def load_settings(work: UnitOfWork) -> TriageRow:
    row = await fetch_one(work, f"select {_SETTINGS} from triage_settings")
    return TriageRow() if row is None else TriageRow(**row)


async def save_settings(work: UnitOfWork, wanted: TriageRow) -> None:
    await work.driver.execute(
        f"""
        insert into triage_settings (id, {_SETTINGS}) values (1, $1, $2, $3, $4)
        on conflict (id) do update set is_on = excluded.is_on,
            least_confidence = excluded.least_confidence, pages = excluded.pages,
            escalate_minutes = excluded.escalate_minutes
        """,
        *msgspec.structs.astuple(wanted),
    )
