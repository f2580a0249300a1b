"""What our accounts are called on their networks."""

from typing import NamedTuple

from router.storage.unit_of_work import UnitOfWork


class OwnName(NamedTuple):
    channel: str
    own_name: str
    """Empty: its network has not said yet, or gives no names."""
    hook_token: str


async def list_own_names(work: UnitOfWork) -> list[OwnName]:
    """Of all accounts that are not removed, paused ones included: they are still ours."""
    rows = await work.driver.fetch(
        "select channel, own_name, hook_token from accounts"
        " where state in ('active', 'paused') order by id"
    )
    return [OwnName(*row) for row in rows]
