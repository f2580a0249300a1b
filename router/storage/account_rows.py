"""What the runtime needs of accounts: their configuration, state and health."""

import msgspec

from router.storage import account_events
from router.storage.unit_of_work import Fact, UnitOfWork


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    channel: str
    label: str
    hook_token: str
    config: str
    """JSON, secrets blanked."""
    sealed_secrets: bytes | None
    state: str
    revision: int
    is_sandbox: bool
    is_draining: bool = False
    """What waits goes out, nothing comes in, and then it is paused."""


ACCOUNT_COLUMNS = ", ".join(
    "config::text as config" if name == "config" else name for name in AccountRow.__struct_fields__
)


async def active_accounts(work: UnitOfWork) -> list[AccountRow]:
    rows = await work.driver.fetch(
        f"select {ACCOUNT_COLUMNS} from accounts where state = 'active' order by id"
    )
    return [AccountRow(**row) for row in rows]


async def note_own_name(work: UnitOfWork, account_id: int, own_name: str) -> None:
    """What its network calls us, as it said when it let us in."""
    await work.driver.execute(
        "update accounts set own_name = $2 where id = $1 and own_name <> $2", account_id, own_name
    )


async def pause(
    work: UnitOfWork, account_id: int, *, reason: str, code: str, actor: str = ""
) -> bool:
    """The account is broken or ops want it so; its queue waits. False if it was not active."""
    paused = await work.driver.fetchval(
        """
        update accounts set state = 'paused', paused_reason = $2, paused_code = $3,
            paused_at = $4, is_draining = false, revision = revision + 1
        where id = $1 and state = 'active' returning id
        """,
        account_id,
        reason,
        code,
        work.now(),
    )
    if paused is not None:
        await account_events.note_state(work, account_id, "paused", reason=reason, actor=actor)
        work.announce(Fact.ACCOUNT_CHANGED, ref=account_id)
    return paused is not None


async def restart(work: UnitOfWork, account_id: int) -> None:
    """Whoever runs it starts it anew, with the settings that it has now."""
    await work.driver.execute(
        "update accounts set revision = revision + 1 where id = $1", account_id
    )
    work.announce(Fact.ACCOUNT_CHANGED, ref=account_id)


async def save_health(work: UnitOfWork, account_id: int, health: bytes) -> None:
    """As the process that runs it saw it last; announced only when the state word changed."""
    changed = await work.driver.fetchval(
        """
        with before as (select id, health ->> 'state' as state from accounts where id = $1)
        update accounts a set health = $2::jsonb, health_at = $3,
            health_since = case when before.state is distinct from ($2::jsonb ->> 'state')
                                then $3 else a.health_since end
        from before
        where a.id = before.id
        returning before.state is distinct from ($2::jsonb ->> 'state')
        """,
        account_id,
        health.decode(),
        work.now(),
    )
    if changed:
        said = msgspec.json.decode(health)
        await account_events.note_state(
            work, account_id, said.get("state", ""), reason=said.get("detail", "")
        )
        work.announce(Fact.ACCOUNT_CHANGED, ref=account_id)
