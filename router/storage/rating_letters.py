"""Letters that ask how a case was answered: whose are due, what they are, and what they rate."""

from datetime import datetime

from router.storage.continuations import TAKES_NOTICES
from router.storage.records import Record, fetch
from router.storage.unit_of_work import UnitOfWork
from router.storage.visitors import PRESENCE_TTL

REQUEST = "rating_request"
"""In the `context` of such a letter."""


async def account_of(work: UnitOfWork, case_id: int) -> int | None:
    """Where the question was asked. None: there is no letter, or whoever had it was erased."""
    account: int | None = await work.driver.fetchval(
        "select account_id from messages where case_id = $1 and direction = 'out' and context ? $2"
        " order by id desc limit 1",
        case_id,
        REQUEST,
    )
    return account


async def unasked(
    work: UnitOfWork,
    account_id: int,
    *,
    since: datetime,
    until: datetime,
    limit: int,
    realm: str,
    case_id: int | None = None,
) -> list[Record]:
    """Cases solved in between, spoken of last at this account by somebody who has left, who was
    answered there, has an address in this realm that takes notices, has not rated them and was
    not asked to; or of these the one. First first.
    """
    return await fetch(
        work,
        f"""
        select c.id, c.person_id, last.place_id, answer.id as answer_id
        from cases c
        join persons p on p.id = c.person_id
        join lateral (
            select m.place_id, m.account_id from messages m
            where m.case_id = c.id and m.direction in ('in', 'out') order by m.id desc limit 1
        ) last on last.account_id = $1
        join lateral (
            select a.id from messages a where a.case_id = c.id and a.direction = 'out'
                and a.agent_id is not null and a.place_id = last.place_id
                and a.deleted_at is null order by a.id desc limit 1
        ) answer on true
        join places l on l.id = last.place_id
        join visitor_sessions v on v.account_id = l.account_id and v.session = l.remote_place
        where c.state = 'solved' and c.merged_into_id is null
            and c.solved_at > $2 and c.solved_at <= $3
            and c.access_class = 'normal' and ($6::bigint is null or c.id = $6)
            and (v.left_at is not null or v.seen_at < $4)
            and (select true from identities i join persons o on o.id = i.home_person_id
                where i.realm = $8 and i.host_account = v.host_account
                and o.root_id = p.root_id and {TAKES_NOTICES} limit 1) is not null
            and (select true from case_ratings r where r.case_id = c.id limit 1) is null
            and (select true from messages q where q.case_id = c.id and q.direction = 'out'
                and q.context ? $7 limit 1) is null
        order by c.solved_at, c.id limit $5
        """,
        account_id,
        since,
        until,
        work.now() - PRESENCE_TTL,
        limit,
        case_id,
        REQUEST,
        realm,
    )


async def insert_request(
    work: UnitOfWork,
    case: Record,
    *,
    person_id: int,
    place_id: int,
    account_id: int,
    subject: str,
    text: str,
    stop_url: str,
) -> int:
    """The letter that asks for a rating of this case."""
    message: int = await work.driver.fetchval(
        """
        insert into messages (person_id, case_id, place_id, account_id, direction, subject, text,
            context, received_at)
        values ($1, $2, $3, $4, 'out', $5, $6, jsonb_strip_nulls(jsonb_build_object(
            $9::text, true, 'stop_url', nullif($7::text, ''))), $8)
        returning id
        """,
        person_id,
        case["id"],
        place_id,
        account_id,
        subject,
        text,
        stop_url,
        work.now(),
        REQUEST,
    )
    return message
