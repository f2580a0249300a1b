"""What triage did of late, for whoever sets it up: read, told to whom, and corrected by whom."""

from collections.abc import Sequence

from router.storage.danger_pages import BESIDE, OVER
from router.storage.records import Record, fetch, fetch_one
from router.storage.unit_of_work import UnitOfWork

NEWEST = 5_000
"""Findings that are counted at most."""


async def state(work: UnitOfWork) -> Record:
    """The model that was used last, what it read within a day, and what it is built of."""
    row = await fetch_one(
        work,
        """
        select f.classifier, f.version, d.*, e.examples, k.corrections, k.corrected_at,
               greatest(coalesce((select max(position) from outbox), 0) - coalesce((
                   select position from followers where name = 'triage'), 0), 0) as behind
        from (select count(*)::int as read, count(danger)::int as dangers,
                     (count(*) filter (where set_topic))::int as topics_set,
                     (count(*) filter (where set_priority))::int as priorities_set
              from (select * from findings order by message_id desc limit $2) n
              where at > $1::timestamptz - interval '1 day') d
        cross join (select coalesce(sum(1 + jsonb_array_length(examples)), 0)::int as examples
                    from topics where archived_at is null and examples <> '[]') e
        cross join (select count(*)::int as corrections, max(at) as corrected_at
                    from finding_corrections) k
        left join (select classifier, version from findings order by message_id desc limit 1) f
            on true
        """,
        work.now(),
        NEWEST,
    )
    assert row is not None
    return row


async def pages(work: UnitOfWork, classes: Sequence[str], *, limit: int) -> list[Record]:
    """Dangers that were told, of cases of these classes; the newest first. What was told beside
    another one is over with that."""
    return await fetch(
        work,
        f"""
        select g.case_id, r.id as person_id, r.display_name as person_name, g.danger, g.at,
               g.escalated_at, {OVER},
               array(select a.name from agents a where a.id = any(g.told) order by a.name) as told
        from danger_pages g join cases c on c.id = g.case_id
        join persons p on p.id = c.person_id join persons r on r.id = p.root_id
        {BESIDE}
        where c.access_class = any($1::text[])
        order by g.id desc limit $2
        """,
        list(classes),
        limit,
    )


async def corrections(work: UnitOfWork, classes: Sequence[str], *, limit: int) -> list[Record]:
    """What agents said of guesses, of cases of these classes; the newest first."""
    return await fetch(
        work,
        """
        select k.message_id, m.case_id, r.id as person_id, r.display_name as person_name,
               a.name as by_name, k.at, t.name as topic, kt.name as right_topic, k.is_urgent,
               f.danger
        from finding_corrections k join findings f using (message_id)
        join messages m on m.id = k.message_id join cases c on c.id = m.case_id
        join persons p on p.id = m.person_id join persons r on r.id = p.root_id
        join agents a on a.id = k.agent_id
        left join topics t on t.id = f.topic_id left join topics kt on kt.id = k.topic_id
        where c.access_class = any($1::text[])
        order by k.at desc, k.message_id desc limit $2
        """,
        list(classes),
        limit,
    )
