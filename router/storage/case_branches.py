"""Branches of cases: what a split takes along, of people or of what one case was about."""

from collections.abc import Collection

import msgspec

from router.storage import case_fields
from router.storage.records import fetch
from router.storage.unit_of_work import UnitOfWork


class Stray(msgspec.Struct, frozen=True, kw_only=True):
    """Messages of one conversation in a case of another."""

    root_id: int
    person_id: int
    """Who said the first of them."""
    case_id: int
    case_root_id: int
    message_ids: list[int]


async def find_strays(work: UnitOfWork, root_ids: Collection[int]) -> list[Stray]:
    """Of these conversations, in the order of the cases."""
    rows = await fetch(
        work,
        """
        select p.root_id, c.id as case_id, o.root_id as case_root_id,
               (array_agg(m.person_id order by m.id))[1] as person_id,
               array_agg(m.id order by m.id) as message_ids
        from persons p
        join messages m on m.person_id = p.id
        join cases c on c.id = m.case_id
        join persons o on o.id = c.person_id
        where p.root_id = any($1::bigint[]) and o.root_id <> p.root_id
        group by p.root_id, c.id, o.root_id order by c.id, p.root_id
        """,
        list(root_ids),
    )
    return [Stray(**row) for row in rows]


async def insert_branch(work: UnitOfWork, stray: Stray, merge_id: int) -> int:
    """A case like the one they are in, with these messages and their thread keys in it.

    As restricted, and as far along; under the subject of what they themselves said first. Of a
    participant's side it is one too, unless of a case of their own.
    """
    branch = int(
        await work.driver.fetchval(
            """
            insert into cases (person_id, state, subject, topic_id, priority, owner_id, team_id,
                access_class, is_private, minimum_level, allowed_channels, label_ids, host_account,
                opened_at, first_reply_at, solved_at, snoozed_until, weight, incident_id,
                incident_by_merge, joined_case_id)
            select $2, c.state, coalesce(said.subject, ''), c.topic_id, c.priority, c.owner_id,
                   c.team_id, c.access_class, c.is_private, c.minimum_level,
                   c.allowed_channels, c.label_ids,
                   case when c.host_account in (
                       select i.host_account from persons p
                       join identities i on i.home_person_id = p.id where p.root_id = $4
                   ) then c.host_account end, said.at,
                   case when said.was_answered then c.first_reply_at end, c.solved_at,
                   c.snoozed_until, c.weight, c.incident_id, c.incident_by_merge, (
                       select j.id from cases j join persons o on o.id = j.person_id
                       where j.id = c.joined_case_id and o.root_id <> $4)
            from cases c, (
                select (array_agg(subject order by id) filter (where direction = 'in'))[1]
                           as subject,
                       min(received_at) as at, bool_or(direction = 'out') as was_answered
                from messages where id = any($3::bigint[])
            ) said
            where c.id = $1 returning id
            """,
            stray.case_id,
            stray.person_id,
            stray.message_ids,
            stray.root_id,
        )
    )
    await work.driver.execute(
        """
        insert into case_branches (case_id, from_case_id, merge_id, newest_message_id)
        values ($1, $2, $3, $4)
        """,
        branch,
        stray.case_id,
        merge_id,
        stray.message_ids[-1],
    )
    # Which of the two people something personal is about, nobody can say.
    await case_fields.copy_values(work, stray.case_id, branch, "parted", with_personal=False)
    await move_messages(work, stray.message_ids, branch)
    await point_anew(work, [stray.case_id, branch])
    return branch


async def insert_split(
    work: UnitOfWork, from_case_id: int, subject: str, message_ids: Collection[int]
) -> int:
    """A case like that one, still empty: as restricted, as far along, of the same owner, and as old
    as what of these messages was said first. In no incident: it is about something else.
    """
    made = int(
        await work.driver.fetchval(
            """
            insert into cases (person_id, state, subject, topic_id, priority, owner_id, team_id,
                access_class, is_private, minimum_level, allowed_channels, host_account, opened_at,
                first_reply_at, solved_at, snoozed_until, weight)
            select person_id, state, $2, topic_id, priority, owner_id, team_id, access_class,
                is_private, minimum_level, allowed_channels, host_account,
                coalesce(said.at, $3), case when said.was_answered then first_reply_at end,
                solved_at, snoozed_until, weight
            from cases, (
                select min(received_at) filter (where direction <> 'event') as at,
                    bool_or(direction = 'out') as was_answered
                from messages where id = any($4::bigint[])
            ) said
            where id = $1 returning id
            """,
            from_case_id,
            subject,
            work.now(),
            sorted(message_ids),
        )
    )
    await case_fields.copy_values(work, from_case_id, made, "moved")
    return made


async def take_back(work: UnitOfWork, merge_id: int) -> list[int]:
    """What a split took along is in its former case again; the branches that it had made.

    After the roots were derived: of two that are apart still, by something else, each keeps what
    they said. So does a branch that may be seen by fewer, or needs more, than the former case. What
    was said in a branch since then stays there; one without anything left is gone, unless something
    else speaks of it.
    """
    branches = await fetch(
        work,
        """
        select b.case_id, b.from_case_id,
               array(select m.id from messages m
                     where m.case_id = b.case_id and m.id <= b.newest_message_id) as message_ids
        from case_branches b
        join cases k on k.id = b.case_id join persons kp on kp.id = k.person_id
        join cases f on f.id = b.from_case_id join persons fp on fp.id = f.person_id
        where b.merge_id = $1 and kp.root_id = fp.root_id
          and k.access_class in ('normal', f.access_class) and (f.is_private or not k.is_private)
          and k.minimum_level <= f.minimum_level
          and (k.allowed_channels = '[]'::jsonb
               or (f.allowed_channels <> '[]'::jsonb and f.allowed_channels <@ k.allowed_channels))
        order by b.case_id
        """,
        merge_id,
    )
    for one in branches:
        await move_messages(work, one["message_ids"], one["from_case_id"])
        await case_fields.copy_values(
            work, one["case_id"], one["from_case_id"], "undone", only_by_hand=True
        )
        await point_anew(work, [one["from_case_id"], one["case_id"]])
    cases = [one["case_id"] for one in branches]
    await _drop_empty(work, cases)
    return cases


async def move_messages(work: UnitOfWork, message_ids: list[int], case_id: int) -> None:
    await work.driver.execute(
        "update messages set case_id = $2 where id = any($1::bigint[])", message_ids, case_id
    )
    await work.driver.execute(
        "update thread_keys set case_id = $2 where message_id = any($1::bigint[])",
        message_ids,
        case_id,
    )


async def point_anew(work: UnitOfWork, case_ids: list[int]) -> None:
    """Their newest messages; event lines are none, but for what a participant wrote."""
    await work.driver.execute(
        """
        update cases c set last_message_id = coalesce((
            select m.id from messages m where m.case_id = c.id
              and (m.direction <> 'event' or m.text = 'participant_wrote')
            order by m.id desc limit 1), 0), revision = c.revision + 1
        where c.id = any($1::bigint[])
        """,
        case_ids,
    )


async def _drop_empty(work: UnitOfWork, case_ids: list[int]) -> None:
    for case in case_ids:
        empty = await work.driver.fetchval(
            """
            select not exists (select from messages where case_id = $1)
               and not exists (select from thread_keys where case_id = $1)
               and not exists (select from cases where joined_case_id = $1)
               and not exists (select from case_branches where from_case_id = $1)
               and not exists (select from bulk_steps where case_id = $1)
               and not exists (select from case_moves
                               where from_case_id = $1 or to_case_id = $1)
               and not exists (select from case_ratings where case_id = $1)
            """,
            case,
        )
        if empty:
            await work.driver.execute("delete from case_branches where case_id = $1", case)
            await work.driver.execute("delete from cases where id = $1", case)
        else:
            await work.driver.execute(
                "update cases set state = 'solved', solved_at = coalesce(solved_at, $2),"
                " incident_id = null, incident_by_merge = false"
                " where id = $1 and not exists (select from messages where case_id = $1)",
                case,
                work.now(),
            )
