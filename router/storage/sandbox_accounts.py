"""The accounts that lead to the sandbox's stand-in networks."""

from router.storage.account_rows import ACCOUNT_COLUMNS, AccountRow
from router.storage.unit_of_work import Fact, UnitOfWork

OFF = "sandbox_off"


async def find_sandbox_account(work: UnitOfWork, channel: str) -> AccountRow | None:
    row = await work.driver.fetchrow(
        f"select {ACCOUNT_COLUMNS} from accounts where is_sandbox and channel = $1"
        " order by id limit 1",
        channel,
    )
    return None if row is None else AccountRow(**row)


async def insert_sandbox_account(
    work: UnitOfWork, channel: str, label: str, hook_token: str
) -> int:
    """Without a configuration yet, so paused."""
    return int(
        await work.driver.fetchval(
            """
            insert into accounts
                (channel, label, hook_token, state, paused_code, is_sandbox, created_at)
            values ($1, $2, $3, 'paused', $4, true, $5) returning id
            """,
            channel,
            label,
            hook_token,
            OFF,
            work.now(),
        )
    )


async def configure(work: UnitOfWork, account_id: int, config: str, sealed: bytes) -> None:
    """Take the ports and secrets of this run, and go on if only the sandbox's absence paused it."""
    await work.driver.execute(
        """
        update accounts set config = $2::jsonb, sealed_secrets = $3, revision = revision + 1,
            state = case when state = 'paused' and paused_code = $4 then 'active' else state end,
            paused_reason = case when paused_code = $4 then '' else paused_reason end,
            paused_code = case when paused_code = $4 then '' else paused_code end
        where id = $1
        """,
        account_id,
        config,
        sealed,
        OFF,
    )
    work.announce(Fact.ACCOUNT_CHANGED, ref=account_id)


async def pause_sandbox_accounts(work: UnitOfWork) -> None:
    """Their networks are not there: a start without the sandbox."""
    rows = await work.driver.fetch(
        """
        update accounts set state = 'paused', paused_code = $1, paused_at = $2,
            paused_reason = 'It belongs to the sandbox: start with --sandbox to use it.',
            revision = revision + 1
        where is_sandbox and state = 'active' returning id
        """,
        OFF,
        work.now(),
    )
    for row in rows:
        work.announce(Fact.ACCOUNT_CHANGED, ref=row["id"])
