"""How far a new desk has come, from rows that exist."""

import msgspec

from router.storage.records import fetch_one
from router.storage.unit_of_work import UnitOfWork


class FirstRun(msgspec.Struct, frozen=True, kw_only=True):
    has_workspace: bool
    """The desk has a name, a language, a time zone and its hours."""
    has_account: bool
    """Somebody can be written to."""
    has_message: bool
    """Somebody has written."""
    has_answer: bool
    """An agent has answered."""
    has_team: bool
    """Somebody stands together with others under one name."""
    has_colleague: bool
    """Somebody else was invited, or is here."""


async def first_run(work: UnitOfWork) -> FirstRun:
    # The order of answers is that of their index: a long history without any is not read through.
    row = await fetch_one(
        work,
        """
        select (select true from workspace limit 1) is not null as has_workspace,
               (select true from accounts where state <> 'removed' limit 1) is not null
                 as has_account,
               (select true from messages where direction = 'in' limit 1) is not null
                 as has_message,
               (select true from messages where direction = 'out' and agent_id is not null
                 order by account_id, received_at limit 1) is not null as has_answer,
               (select true from teams limit 1) is not null as has_team,
               (select count(*) from (select id from agents limit 2) a) > 1
                 or (select true from invitations where purpose = 'invite' limit 1)
                 is not null as has_colleague
        """,
    )
    assert row is not None
    return FirstRun(**row)
