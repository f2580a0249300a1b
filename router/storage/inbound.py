"""The set-based statements of the path in: arrays by unnest, one round trip a table and batch.

Arrays are sorted by the key of the rows they touch: unsorted parallel batches deadlock.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec

from router.storage import persons
from router.storage.unit_of_work import UnitOfWork

DedupKey = tuple[int, str]
ThreadRef = tuple[int, str, str]


class CaseRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    root_id: int
    state: str
    is_of_message: bool = False
    """Named by a message that is in it, and not by itself."""
    was_moved: bool = False
    """That message came to it from another case."""


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    person_id: int
    case_id: int
    place_id: int
    account_id: int
    direction: str
    nature: str
    identity_id: int | None
    author_name: str
    level: int | None
    subject: str
    text: str
    full_text: str | None
    html: str | None
    language: str | None
    context: str
    warnings: str
    participants: str
    dedup_key: str
    state: str
    sent_at: datetime | None
    received_at: datetime
    spans: str | None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What is there already of a batch, looked up under the locks of all its conversations."""

    roots: dict[int, int]
    """Person -> root."""
    messages: dict[DedupKey, int]
    """Ids of those that were accepted before."""
    cases: dict[int, CaseRow]
    """Root -> its open case, or else its newest solved one."""
    pinned: dict[tuple[int, int], CaseRow]
    """(person, place) -> the case into which agents said that it belongs, if it is not solved."""


async def lock_and_find(
    work: UnitOfWork,
    person_ids: Collection[int],
    keys: Sequence[DedupKey],
    *,
    guess: Mapping[int, int] | None,
) -> Found:
    """Hold the conversations of these persons until the commit, in ascending order, and look.

    `guess`: who stood for whom a moment ago; it spares a look, and is not believed.
    """
    wanted = sorted(set(person_ids))
    found = Found(roots={}, messages={}, cases={}, pinned={})

    async def look() -> dict[int, int]:
        nonlocal found
        found = await _find(work, wanted, keys)
        return found.roots

    await persons.lock_and_look(work, guess or await persons.roots_of(work, wanted), look)
    return found


async def _find(work: UnitOfWork, person_ids: Sequence[int], keys: Sequence[DedupKey]) -> Found:
    rows = await work.driver.fetch(
        """
        with wanted as (select id, root_id from persons where id = any($1::bigint[]))
        select 'root' as what, id as a, root_id as b, null as c from wanted
        union all
        select 'message', m.account_id, m.id, m.dedup_key
        from unnest($2::bigint[], $3::text[]) u(account, key)
        join messages m on m.account_id = u.account and m.dedup_key = u.key
        union all
        select 'case', newest.root_id, newest.id, newest.state from (
            select distinct on (p.root_id) c.id, p.root_id, c.state
            from persons p join cases c on c.person_id = p.id
            where p.root_id in (select root_id from wanted) and c.merged_into_id is null
            order by p.root_id, c.state = 'solved', c.id desc
        ) newest
        union all
        select 'pin ' || c.state, n.person_id, c.id, n.place_id::text
        from case_pins n join wanted w on w.id = n.person_id
        join messages m on m.id = n.message_id join cases c on c.id = m.case_id
        join persons o on o.id = c.person_id
        where c.state <> 'solved' and o.root_id = w.root_id
        """,
        person_ids,
        [key[0] for key in keys],
        [key[1] for key in keys],
    )
    roots: dict[int, int] = {}
    messages: dict[DedupKey, int] = {}
    cases: dict[int, CaseRow] = {}
    pinned: list[tuple[str, int, int, str]] = []
    for what, a, b, c in rows:
        match what:
            case "root":
                roots[a] = b
            case "message":
                messages[a, c] = b
            case "case":
                cases[a] = CaseRow(id=b, root_id=a, state=c)
            case _:
                pinned.append((what, a, b, c))
    return Found(
        roots=roots,
        messages=messages,
        cases=cases,
        pinned={
            (person, int(place)): CaseRow(
                id=case, root_id=roots[person], state=what.removeprefix("pin ")
            )
            for what, person, case, place in pinned
        },
    )


async def cases_by_thread(
    work: UnitOfWork, refs: Sequence[ThreadRef]
) -> dict[ThreadRef, list[CaseRow]]:
    """The cases that these thread keys point at, with the root they belong to now, oldest first.

    Of an id that several people used it is one for each of them. A participant's side of a case
    stands for that case, until we have answered in it; of merged cases the one that stands for all.
    """
    if not refs:
        return {}
    rows = await work.driver.fetch(
        """
        select t.account_id, t.kind, t.key, c.id, p.root_id, c.state,
            t.message_id is not null as is_of_message,
            (select true from moved_messages n where n.message_id = t.message_id limit 1)
                is not null as was_moved
        from unnest($1::bigint[], $2::text[], $3::text[]) u(account, kind, key)
        join thread_keys t on t.account_id = u.account and t.kind = u.kind and t.key = u.key
        join cases s on s.id = t.case_id
        join cases n on n.id = case when s.first_reply_at is null
            then coalesce(s.joined_case_id, s.id) else s.id end
        join cases c on c.id = coalesce(n.merged_into_id, n.id)
        join persons p on p.id = c.person_id
        order by t.case_id
        """,
        [ref[0] for ref in refs],
        [ref[1] for ref in refs],
        [ref[2] for ref in refs],
    )
    found: dict[ThreadRef, list[CaseRow]] = {}
    for row in rows:
        case = CaseRow(
            id=row["id"],
            root_id=row["root_id"],
            state=row["state"],
            is_of_message=row["is_of_message"],
            was_moved=row["was_moved"],
        )
        found.setdefault((row["account_id"], row["kind"], row["key"]), []).append(case)
    return found


async def authors_by_thread(
    work: UnitOfWork, refs: Sequence[ThreadRef]
) -> dict[tuple[ThreadRef, int], int]:
    """(thread key, place) -> in whose conversation the message stands that the key is of.

    Of several the first that was there.
    """
    if not refs:
        return {}
    rows = await work.driver.fetch(
        """
        select t.account_id, t.kind, t.key, m.place_id, m.person_id
        from unnest($1::bigint[], $2::text[], $3::text[]) u(account, kind, key)
        join thread_keys t on t.account_id = u.account and t.kind = u.kind and t.key = u.key
        join messages m on m.id = t.message_id
        where m.place_id is not null order by m.id desc
        """,
        [ref[0] for ref in refs],
        [ref[1] for ref in refs],
        [ref[2] for ref in refs],
    )
    return {
        ((row["account_id"], row["kind"], row["key"]), row["place_id"]): row["person_id"]
        for row in rows
    }


class NewCase(msgspec.Struct, frozen=True, kw_only=True):
    person_id: int
    subject: str
    state: str = "open"
    host_account: str | None = None
    """That it is about: the one of who opened it."""


async def insert_cases(work: UnitOfWork, fresh: Sequence[NewCase]) -> list[int]:
    """New cases, in the order given."""
    if not fresh:
        return []
    rows = await work.driver.fetch(
        """
        with made as (
            insert into cases (person_id, subject, state, host_account, opened_at, solved_at)
            select person, subject, state, host_account, $5::timestamptz,
                case when state = 'solved' then $5::timestamptz end
            from unnest($1::bigint[], $2::text[], $3::text[], $4::text[])
                with ordinality u(person, subject, state, host_account, ord) order by ord
            returning id, state, priority
        ), noted as (
            insert into case_history (case_id, at, cause, state, priority)
            select id, $5::timestamptz, 'opened', state, priority from made order by id
        )
        select id from made
        """,
        *([getattr(one, name) for one in fresh] for name in NewCase.__struct_fields__),
        work.now(),
    )
    return sorted(row["id"] for row in rows)


async def drop_cases(work: UnitOfWork, case_ids: Collection[int]) -> None:
    """Cases made in this transaction that no message came to."""
    if case_ids:
        await work.driver.execute(
            "delete from cases where id = any($1::bigint[])", sorted(case_ids)
        )


async def insert_messages(work: UnitOfWork, fresh: Sequence[NewMessage]) -> dict[DedupKey, int]:
    """Insert in the order given, so ids have that order; the ids of those that were really new."""
    rows = await work.driver.fetch(
        """
        insert into messages (person_id, case_id, place_id, account_id, direction, nature,
            identity_id, author_name, level, subject, text, full_text, html, language, context,
            warnings, participants, dedup_key, state, sent_at, received_at, spans)
        select person_id, case_id, place_id, account_id, direction, nature, identity_id,
            author_name, level, subject, text, full_text, html, language, context, warnings,
            participants, dedup_key, state, sent_at, received_at, spans
        from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[],
            $6::text[], $7::bigint[], $8::text[], $9::int[], $10::text[], $11::text[],
            $12::text[], $13::text[], $14::text[], $15::jsonb[], $16::jsonb[], $17::jsonb[],
            $18::text[], $19::text[], $20::timestamptz[], $21::timestamptz[],
            $22::jsonb[])
            with ordinality u(person_id, case_id, place_id, account_id, direction, nature,
            identity_id, author_name, level, subject, text, full_text, html, language, context,
            warnings, participants, dedup_key, state, sent_at, received_at, spans, ord)
        order by ord
        on conflict (account_id, dedup_key) do nothing
        returning id, account_id, dedup_key
        """,
        *([getattr(one, name) for one in fresh] for name in NewMessage.__struct_fields__),
    )
    return {(row["account_id"], row["dedup_key"]): row["id"] for row in rows}


class NewAttachment(msgspec.Struct, frozen=True, kw_only=True):
    message_id: int
    position: int
    name: str
    media_type: str
    size: int
    sha256: str | None
    blob_key: str | None
    content_id: str | None
    is_inline: bool
    state: str
    refused_reason: str
    remote: str | None


async def insert_attachments(work: UnitOfWork, rows: Sequence[NewAttachment]) -> None:
    if rows:
        await work.driver.execute(
            """
            insert into attachments (message_id, position, name, media_type, size, sha256,
                blob_key, content_id, is_inline, state, refused_reason, remote, created_at)
            select *, $13::timestamptz from unnest($1::bigint[], $2::int[], $3::text[],
                $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::boolean[],
                $10::text[], $11::text[], $12::text[])
            """,
            *([getattr(one, name) for one in rows] for name in NewAttachment.__struct_fields__),
            work.now(),
        )


async def insert_thread_keys(
    work: UnitOfWork, rows: Sequence[tuple[int, str, str, int, int | None]]
) -> None:
    """(account, kind, key, case, message). A person's first message under an id keeps it.

    Whoever uses an id of somebody else's has it for themselves: it takes nothing from them.
    """
    if rows:
        ordered = sorted(rows, key=lambda row: row[:3])
        await work.driver.execute(
            """
            insert into thread_keys (account_id, kind, key, case_id, message_id, person_id)
            select u.account, u.kind, u.key, u.case_id, u.message,
                coalesce(m.person_id, c.person_id)
            from unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
                u(account, kind, key, case_id, message)
            join cases c on c.id = u.case_id
            left join messages m on m.id = u.message
            on conflict (account_id, kind, key, person_id) do nothing
            """,
            *(list(column) for column in zip(*ordered, strict=True)),
        )


async def newest_person_in(work: UnitOfWork, place_id: int) -> int | None:
    """Whose conversation the newest message of this place belongs to.

    Whoever only claimed to be there comes last: a forged message makes the place nobody's.
    """
    found = await work.driver.fetchval(
        """
        select coalesce(
            (select person_id from messages where place_id = $1 and direction = 'in' and level > 0
             order by id desc limit 1),
            (select person_id from messages where place_id = $1 order by id desc limit 1))
        """,
        place_id,
    )
    return None if found is None else int(found)


async def count_automatic(
    work: UnitOfWork, pairs: Sequence[tuple[int, int]], *, since: datetime
) -> dict[tuple[int, int], int]:
    """(identity, account) -> its automatic answers among its latest messages since then."""
    rows = await work.driver.fetch(
        """
        select u.identity, u.account, count(*) as answers
        from unnest($1::bigint[], $2::bigint[]) u(identity, account)
        cross join lateral (
            select m.nature, m.account_id, m.received_at from messages m
            where m.identity_id = u.identity order by m.id desc limit 100
        ) newest
        where newest.nature = 'auto_reply' and newest.account_id = u.account
          and newest.received_at > $3
        group by u.identity, u.account
        """,
        [pair[0] for pair in pairs],
        [pair[1] for pair in pairs],
        since,
    )
    return {(row["identity"], row["account"]): row["answers"] for row in rows}


async def move_cursor(
    work: UnitOfWork, account_id: int, scope: str, value: str, fence: int
) -> bool:
    """False, with nothing written, if a later owner moved it already."""
    status = await work.driver.execute(
        """
        insert into receive_cursors as c (account_id, scope, value, fence, updated_at)
        values ($1, $2, $3, $4, $5)
        on conflict (account_id, scope) do update
            set value = excluded.value, fence = excluded.fence, updated_at = excluded.updated_at
            where c.fence <= excluded.fence
        """,
        account_id,
        scope,
        value,
        fence,
        work.now(),
    )
    return not str(status).endswith(" 0")


async def cursors_of(work: UnitOfWork, account_id: int) -> dict[str, str]:
    rows = await work.driver.fetch(
        "select scope, value from receive_cursors where account_id = $1", account_id
    )
    return {row["scope"]: row["value"] for row in rows}
