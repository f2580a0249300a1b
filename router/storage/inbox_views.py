"""Which conversations an inbox view holds, newest first. `views.belongs` says the same of a row."""

from collections.abc import Collection

from router.storage.records import fetch
from router.storage.unit_of_work import UnitOfWork

NEWEST = 2**63 - 1

_RANK = "case {0}.state when 'open' then 0 when 'waiting' then 1 when 'snoozed' then 2 else 3 end"
_PLACE = "(" + _RANK + ", -{0}.last_message_id, -{0}.id)"
_LEADING = f"""
    (p.open_cases = 1 or not exists (
        select from persons q join cases o on o.person_id = q.id
        where q.root_id = p.id and o.state <> 'solved'
          and {_PLACE.format("o")} < {_PLACE.format("c")}
    ))
"""
"""Nearly all have one open case; only the others need a closer look."""
_ACTIVE = """
    (p.id not in (
        select s.root_id from cases c join persons s on s.id = c.person_id
        where c.state <> 'solved' and c.state = 'snoozed'
    ) or exists (
        select from persons m join cases c on c.person_id = m.id
        where m.root_id = p.id and c.state <> 'solved' and c.state in ('open', 'waiting')
    ))
"""
"""What is not solved is open or waiting, unless something is snoozed: read once, then looked up."""
_SNOOZED = """
    p.id in (
        select s.root_id from cases c join persons s on s.id = c.person_id
        where c.state <> 'solved' and c.state = 'snoozed'
    ) and not exists (
        select from persons m join cases c on c.person_id = m.id
        where m.root_id = p.id and c.state <> 'solved' and c.state in ('open', 'waiting')
    )
"""
_OF_PERSONS = """
    select p.id, p.last_message_id from persons p
    where p.root_id = p.id and p.last_message_id > 0 and p.last_message_id < $1
      and p.id <> all($2::bigint[]) and {where}
    order by p.last_message_id desc, p.id desc limit $3
"""
_OF_CASES = f"""
    select p.id, p.last_message_id
    from cases c join persons m on m.id = c.person_id join persons p on p.id = m.root_id
    where c.state <> 'solved' and c.state in ('open', 'waiting') and {{where}}
      and p.last_message_id > 0 and p.last_message_id < $1 and p.id <> all($2::bigint[])
      and {_LEADING}
    order by p.last_message_id desc, p.id desc limit $3
"""
_STATEMENTS = {
    "all": _OF_PERSONS.format(where="true"),
    "open": _OF_PERSONS.format(where=f"p.open_cases > 0 and {_ACTIVE}"),
    "snoozed": _OF_PERSONS.format(where=f"p.open_cases > 0 and {_SNOOZED}"),
    "solved": _OF_PERSONS.format(where="p.open_cases = 0"),
    "unassigned": _OF_CASES.format(where="c.owner_id is null"),
    "mine": _OF_CASES.format(where="c.owner_id = $4"),
}


async def list_view(
    work: UnitOfWork,
    view: str,
    agent_id: int,
    *,
    before: int,
    limit: int,
    without: Collection[int],
) -> list[tuple[int, int]]:
    """(root, newest message) of a view below a message id, as somebody sees it who sees every case.

    `without` are roots that the caller puts in by itself.
    """
    values: list[object] = [before, list(without), limit]
    if view == "mine":
        values.append(agent_id)
    rows = await fetch(work, _STATEMENTS[view], *values)
    return [(row["id"], row["last_message_id"]) for row in rows]


async def roots_with_unseen_cases(work: UnitOfWork, classes: Collection[str]) -> list[int]:
    """Conversations that somebody of these access classes sees differently from others."""
    rows = await fetch(
        work,
        """
        select distinct p.root_id from cases c join persons p on p.id = c.person_id
        where c.access_class <> 'normal' and c.access_class <> all($1::text[])
        """,
        list(classes),
    )
    return [row["root_id"] for row in rows]
