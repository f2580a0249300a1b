"""Ways to look at one conversation: a part of it, the words in it, its cases as chapters."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from router.storage.records import Record, fetch
from router.storage.unit_of_work import UnitOfWork

MOST_COUNTED = 1_000
"""Messages of a case that are counted: a number is read, not computed with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lens:
    """Which messages are looked at; whatever is left out, every one."""

    notes: bool = False
    files: bool = False
    channel: str | None = None

    def where(self, values: list[object]) -> str:
        """A condition on `messages`, beginning with `and`; its parameters go behind `values`."""
        said = ""
        if self.notes:
            said += " and direction = 'note'"
        if self.files:
            said += """ and (select true from attachments f
                where f.message_id = messages.id limit 1) is not null"""
        if self.channel is not None:
            values.append(self.channel)
            said += f" and account_id in (select id from accounts where channel = ${len(values)})"
        return said


EVERYTHING = Lens()


async def find_said(
    work: UnitOfWork,
    members: Sequence[int],
    text: str,
    hidden: Collection[int],
    *,
    lens: Lens = EVERYTHING,
    limit: int,
) -> list[Record]:
    """`id` of messages of these persons in whose text, subject or file names this stands,
    in any case of letters; newest first. Reads the conversation from its end: bound its time.
    """
    pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    values: list[object] = [list(members), pattern, list(hidden), limit]
    return await fetch(
        work,
        f"""
        select id from messages
        where person_id = any($1::bigint[]) and direction <> 'event'
          and (case_id is null or case_id <> all($3::bigint[]))
          and (text ilike $2 or subject ilike $2 or (select true from attachments a
                where a.message_id = messages.id and a.name ilike $2 limit 1) is not null)
          {lens.where(values)}
        order by id desc limit $4
        """,
        *values,
    )


async def chapters(work: UnitOfWork, case_ids: Collection[int], agent_id: int) -> list[Record]:
    """Of each of these cases in which anything stands: its first and last line, how many messages
    (MOST_COUNTED at most), and whether somebody wrote something there that this agent, who has read
    here before, has not.
    """
    return await fetch(
        work,
        f"""
        select * from (
            select c.id as case_id,
                (select m.id from messages m where m.case_id = c.id
                 order by m.id limit 1) as first_message_id,
                (select m.id from messages m where m.case_id = c.id
                 order by m.id desc limit 1) as last_message_id,
                (select count(*) from (
                    select from messages m where m.case_id = c.id and m.direction <> 'event'
                    limit {MOST_COUNTED}) counted) as count,
                (select true from messages m join read_marks k
                 on k.person_id = m.person_id and k.agent_id = $2
                 where m.case_id = c.id and m.direction = 'in' and m.id > k.message_id
                 limit 1) is not null as is_unread
            from unnest($1::bigint[]) c(id)
        ) told
        where first_message_id is not null order by last_message_id
        """,
        list(case_ids),
        agent_id,
    )


async def cases_of(work: UnitOfWork, message_ids: Collection[int]) -> set[int]:
    """In which these messages stand."""
    rows = await fetch(
        work,
        "select distinct case_id from messages where id = any($1::bigint[]) and case_id > 0",
        list(message_ids),
    )
    return {row["case_id"] for row in rows}
