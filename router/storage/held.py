"""Deliveries that need a decision, over all conversations: failed, unknown, given up."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from core.errors import RateLimited, TransientError
from router.storage.records import fetch
from router.storage.sight import Sight
from router.storage.unit_of_work import UnitOfWork

Trouble = Literal["failed", "unknown", "dead"]
"""`failed`: it was refused. `unknown`: it may have arrived. `dead`: it was tried until it was too
late."""
GIVEN_UP = (TransientError.code, RateLimited.code)
"""The codes of failed deliveries that no network refused."""
SHOWN = 160
"""Characters of the text."""


class HeldRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    trouble: Trouble
    account_id: int
    message_id: int
    person_id: int
    """The conversation."""
    person_name: str
    kind: Literal["send", "edit", "delete"]
    part: int
    part_count: int
    copy_to: str
    text: str
    """Its beginning."""
    reason: str
    code: str
    attempt: int
    queued_at: datetime
    state_at: datetime
    can_go_on: bool
    """Another way may be looked for: it was for the person, and certainly did not arrive."""


_TROUBLE = f"""case when d.state = 'unknown' then 'unknown'
                    when d.code in {GIVEN_UP} then 'dead' else 'failed' end"""


async def list_held(
    work: UnitOfWork,
    *,
    account_id: int | None,
    trouble: Sequence[Trouble],
    before: int | None,
    limit: int,
    sight: Sight,
) -> list[HeldRow]:
    """Newest first, from the one before `before`, as far as their cases are seen."""
    rows = await fetch(
        work,
        f"""
        select d.id, {_TROUBLE} as trouble, d.account_id, d.message_id, p.root_id as person_id,
               r.display_name as person_name, d.kind, d.part, d.part_count, d.copy_to,
               left(case when d.text = '' then m.text else d.text end, {SHOWN}) as text,
               d.reason, d.code, d.attempt, d.queued_at, d.state_at,
               d.state = 'failed' and d.kind = 'send' and d.copy_to = ''
                 and d.identity_id is not null and m.agent_id is not null
                 and (select true from ladder_steps s where s.message_id = m.id) is null
                 as can_go_on
          from deliveries d
          join messages m on m.id = d.message_id
          join persons p on p.id = m.person_id
          join persons r on r.id = p.root_id
          left join cases c on c.id = m.case_id
         where d.state in ('failed', 'unknown')
           and ($1::bigint is null or d.account_id = $1)
           and ($2::bigint is null or d.id < $2)
           and (c.id is null or c.access_class = any($3::text[]))
           and {_TROUBLE} = any($4::text[])
         order by d.id desc limit $5
        """,
        account_id,
        before,
        sight.listed,
        list(trouble),
        limit,
    )
    return [HeldRow(**row) for row in rows]
