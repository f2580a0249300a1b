"""What somebody holds from before their role changed gives nothing that the role does not."""

import asyncio

import pytest

from router.services.agents import make_reset_link
from router.services.errors import Forbidden
from router.services.roles import Role
from router.services.tokens import add_token
from router.services.totp import reset_totp
from router.storage import agents
from tests.web.desk import Desk


async def test_a_token_of_a_demoted_owner_makes_no_owner(desk: Desk) -> None:
    boss = await desk.signed_in(Role.OWNER)
    former = await desk.agent(Role.OWNER, "former@example.com")
    made = await add_token(
        desk.database,
        actor="cli",
        agent_id=former,
        agent_role=Role.OWNER,
        name="program",
        role=Role.OWNER,
        expires_at=None,
    )
    await boss.call("PATCH", f"/agents/{former}", {"role": "admin"})
    program = await desk.browser()
    program.headers["Authorization"] = f"Bearer {made.token}"

    raised = await program.call("PATCH", f"/agents/{former}", {"role": "owner"})
    invited = await program.post("/invitations", {"role": "owner"})
    token = await program.post("/tokens", {"name": "again", "role": "owner"})

    assert [one.status for one in (raised, invited, token)] == [403] * 3
    assert (await program.post("/invitations", {"role": "admin"})).status == 201


async def test_a_link_from_before_a_promotion_opens_no_owners_account(desk: Desk) -> None:
    boss, admin = await desk.signed_in(Role.OWNER), await desk.signed_in(Role.ADMIN)
    rising = await desk.agent(Role.AGENT, "rising@example.com")
    link = (await admin.post(f"/agents/{rising}/reset")).body["url"]
    await boss.call("PATCH", f"/agents/{rising}", {"role": "owner"})

    taken = await (await desk.browser()).post(
        "/invitations/accept",
        {
            "token": link.partition("token=")[2].partition("&")[0],
            "name": "Rising",
            "email": "rising@example.com",
            "password": "a password of the admin's",
        },
    )

    assert (taken.status, taken.code) == (400, "link_spent")


async def test_an_invitation_to_be_an_owner_ends_with_the_owner_who_gave_it(desk: Desk) -> None:
    boss = await desk.signed_in(Role.OWNER)
    other = await desk.signed_in(Role.OWNER, "other@example.com")
    link = (await other.post("/invitations", {"role": "owner"})).body["url"]
    await boss.call("PATCH", f"/agents/{other.me['agent']['id']}", {"role": "agent"})

    taken = await (await desk.browser()).post(
        "/invitations/accept",
        {
            "token": link.partition("token=")[2].partition("&")[0],
            "name": "Back",
            "email": "back@example.com",
            "password": "a password of the agent's",
        },
    )

    assert (taken.status, taken.code) == (400, "link_spent")


@pytest.mark.parametrize("what", ["password", "totp"])
async def test_nobody_is_made_an_owner_while_an_admin_resets_what_they_sign_in_with(
    desk: Desk, what: str
) -> None:
    rising = await desk.agent()

    async def do() -> object:
        if what == "totp":
            return await reset_totp(desk.database, "agents/9", rising, granter=Role.ADMIN)
        return await make_reset_link(desk.database, "agents/9", "", rising, granter=Role.ADMIN)

    async with desk.database.transaction() as work:
        await agents.lock_roster(work)
        await agents.set_standing(work, rising, name="Ana", role=Role.OWNER, is_active=True)
        asked = asyncio.create_task(do())
        while not asked.done() and not await _somebody_waits(desk):
            pass

    with pytest.raises(Forbidden):
        await asked


async def _somebody_waits(desk: Desk) -> bool:
    async with desk.database.reading() as work:
        return bool(
            await work.driver.fetchval(
                "select count(*) from pg_locks where locktype = 'advisory' and not granted"
                " and database = (select oid from pg_database where datname = current_database())"
            )
        )
