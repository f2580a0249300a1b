"""Cases that participants write to: whom a case names, their own sides of it, and who they are."""

from collections.abc import Collection, Sequence

import msgspec

from router.storage.unit_of_work import UnitOfWork

PARTICIPANT_WROTE = "participant_wrote"
"""The event line of a case that leads to what a participant wrote."""

Named = tuple[int, str, str]
"""(case, realm, handle)."""


class NewSide(msgspec.Struct, frozen=True, kw_only=True):
    """A participant's side of a case: a case of their own, as visible as the one it joins."""

    person_id: int
    subject: str
    joined_case_id: int


class JoinedCase(msgspec.Struct, frozen=True, kw_only=True):
    joined_id: int
    """The one that was joined."""
    id: int
    """The one that stands for it in its conversation: itself, or what it was merged into."""
    person_id: int
    root_id: int
    state: str


async def named_in(work: UnitOfWork, asked: Collection[Named]) -> set[Named]:
    """Those who are named in their case by us, or by a proven word of its person."""
    wanted = sorted(asked)
    rows = await work.driver.fetch(
        """
        select u.case_id, u.realm, u.handle
        from unnest($1::bigint[], $2::text[], $3::text[]) u(case_id, realm, handle)
        where exists (
            select from messages m
            where m.case_id = u.case_id and (m.direction <> 'in' or m.level >= 1)
              and m.participants @> jsonb_build_array(
                jsonb_build_object('realm', u.realm, 'handle', u.handle)))
        """,
        [case for case, _, _ in wanted],
        [realm for _, realm, _ in wanted],
        [handle for _, _, handle in wanted],
    )
    return {(row["case_id"], row["realm"], row["handle"]) for row in rows}


async def find_sides(
    work: UnitOfWork, root_ids: Collection[int], case_ids: Collection[int]
) -> dict[tuple[int, int], int]:
    """(root, case) -> the newest case by which somebody of this conversation joined it."""
    rows = await work.driver.fetch(
        """
        select p.root_id, c.joined_case_id, max(c.id) as id
        from cases c join persons p on p.id = c.person_id
        where c.joined_case_id is not null and c.joined_case_id = any($2::bigint[])
          and p.root_id = any($1::bigint[])
        group by 1, 2
        """,
        sorted(root_ids),
        sorted(case_ids),
    )
    return {(row["root_id"], row["joined_case_id"]): row["id"] for row in rows}


async def insert_sides(work: UnitOfWork, fresh: Sequence[NewSide]) -> list[int]:
    """In the order given. They are solved: the case that they join is where there is work."""
    made = []
    for one in fresh:
        made.append(
            await work.driver.fetchval(
                """
                insert into cases (person_id, subject, state, access_class, is_private,
                    joined_case_id, opened_at, solved_at)
                select $1, $2, 'solved', c.access_class, c.is_private, c.id, $4, $4
                from cases c where c.id = $3 returning id
                """,
                one.person_id,
                one.subject,
                one.joined_case_id,
                work.now(),
            )
        )
    return made


async def load_joined(work: UnitOfWork, case_ids: Collection[int]) -> list[JoinedCase]:
    """What stands for these cases, with the roots of their conversations now."""
    rows = await work.driver.fetch(
        """
        select j.id as joined_id, c.id, c.person_id, p.root_id, c.state
        from cases j join persons o on o.id = j.person_id
        left join cases b on b.id = j.merged_into_id
            and (select x.root_id from persons x where x.id = b.person_id) = o.root_id
        join cases c on c.id = coalesce(b.id, j.id) join persons p on p.id = c.person_id
        where j.id = any($1::bigint[]) order by j.id
        """,
        sorted(case_ids),
    )
    return [JoinedCase(**row) for row in rows]


class AuthorRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    """Of the message."""
    root_id: int
    name: str


async def authors_of(work: UnitOfWork, message_ids: Collection[int]) -> dict[int, AuthorRow]:
    """Who wrote these messages, and whose conversation they stand in now."""
    rows = await work.driver.fetch(
        """
        select m.id, p.root_id,
            coalesce(nullif(m.author_name, ''), nullif(i.shown_as, ''), p.display_name) as name
        from messages m join persons p on p.id = m.person_id
        left join identities i on i.id = m.identity_id
        where m.id = any($1::bigint[])
        """,
        sorted(message_ids),
    )
    return {row["id"]: AuthorRow(**row) for row in rows}
