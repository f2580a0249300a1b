"""The first agent, invitations, and new passwords by link: each good once."""

import asyncio
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from core.clock import FakeClock
from router.services.agents import INVITATION_LIFE, RESET_LIFE, SETUP_LIFE, Link, make_setup_link
from router.services.roles import Role
from tests.web.desk import PASSWORD, Browser, Desk

WEB_URL = "http://127.0.0.1:8080"


def token_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["token"][0]


def form(token: str, email: str = "ada@example.com") -> dict[str, str]:
    return {"token": token, "name": "Ada", "email": email, "password": PASSWORD}


async def setup_link(desk: Desk) -> Link:
    link = await make_setup_link(desk.database, WEB_URL)
    assert link is not None
    return link


async def test_the_setup_link_makes_the_first_owner_and_signs_in(desk: Desk) -> None:
    browser = await desk.browser()
    assert (await browser.get("/setup")).body == {"needed": True, "has_agents": False}
    link = await setup_link(desk)
    assert link.url.startswith(f"{WEB_URL}/setup?token=")
    made = await browser.post("/setup", form(token_of(link.url)))
    assert made.status == 201
    assert made.body["agent"]["role"] == "owner"
    assert (await browser.get("/me")).status == 200
    assert (await browser.get("/setup")).body == {"needed": False, "has_agents": True}


async def test_who_is_here_is_told_without_a_refusal(desk: Desk) -> None:
    browser = await desk.browser()
    assert (await browser.get("/session")).body == {"me": None, "setup_is_needed": True}
    await browser.post("/setup", form(token_of((await setup_link(desk)).url)))

    assert (await browser.get("/session")).body["me"] == (await browser.get("/me")).body
    stranger = await (await desk.browser()).get("/session")
    assert stranger.body == {"me": None, "setup_is_needed": False}


async def test_the_setup_link_is_good_once(desk: Desk) -> None:
    token = token_of((await setup_link(desk)).url)
    assert (await (await desk.browser()).post("/setup", form(token))).status == 201
    again = await (await desk.browser()).post("/setup", form(token, "eve@example.com"))
    assert (again.status, again.body["field"]) == (400, "token")
    assert await make_setup_link(desk.database, WEB_URL) is None


async def test_a_new_setup_link_replaces_the_one_before(desk: Desk) -> None:
    first, second = await setup_link(desk), await setup_link(desk)
    assert (await (await desk.browser()).post("/setup", form(token_of(first.url)))).status == 400
    assert (await (await desk.browser()).post("/setup", form(token_of(second.url)))).status == 201


async def test_a_setup_link_ends_with_its_time(desk: Desk, clock: FakeClock) -> None:
    link = await setup_link(desk)
    clock.advance(SETUP_LIFE + timedelta(seconds=1))
    assert (await (await desk.browser()).post("/setup", form(token_of(link.url)))).status == 400


async def test_a_setup_link_is_nothing_once_there_is_an_agent(desk: Desk) -> None:
    link = await setup_link(desk)
    await desk.agent(Role.OWNER)
    answered = await (await desk.browser()).post("/setup", form(token_of(link.url)))
    assert (answered.status, answered.code) == (409, "set_up")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"token": "guess"}, "token"),
        ({"name": "  "}, "name"),
        ({"name": "a\tb"}, "name"),
        ({"email": "no address"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 300}, "password"),
    ],
)
async def test_a_wrong_set_up_names_the_field_and_keeps_the_link_good(
    desk: Desk, changes: dict[str, str], field: str
) -> None:
    token = token_of((await setup_link(desk)).url)
    refused = await (await desk.browser()).post("/setup", {**form(token), **changes})
    assert (refused.status, refused.body["field"]) == (400, field)
    assert (await (await desk.browser()).post("/setup", form(token))).status == 201


async def invited(owner: Browser, role: str = "agent", email: str | None = None) -> str:
    answered = await owner.post("/invitations", {"role": role, "email": email})
    assert answered.status == 201, answered.raw
    return token_of(answered.body["url"])


async def test_an_invitation_makes_one_agent_of_its_role(desk: Desk) -> None:
    owner = await desk.signed_in(Role.OWNER)
    token = await invited(owner, "supervisor")
    made = await (await desk.browser()).post("/invitations/accept", form(token))
    assert (made.status, made.body["agent"]["role"]) == (201, "supervisor")
    again = await (await desk.browser()).post("/invitations/accept", form(token, "b@example.com"))
    assert again.status == 400


async def test_a_link_used_twice_at_once_makes_one_agent(desk: Desk) -> None:
    owner = await desk.signed_in(Role.OWNER)
    token = await invited(owner)
    browsers = [await desk.browser() for _ in range(4)]
    answers = await asyncio.gather(
        *(
            browser.post("/invitations/accept", form(token, f"a{number}@example.com"))
            for number, browser in enumerate(browsers)
        )
    )
    assert sorted(answered.status for answered in answers) == [201, 400, 400, 400]
    assert len((await owner.get("/agents")).body["agents"]) == 2


async def test_an_invitation_for_an_address_is_for_no_other(desk: Desk) -> None:
    owner = await desk.signed_in(Role.OWNER)
    token = await invited(owner, email="Ada@Example.com")
    wrong = await (await desk.browser()).post("/invitations/accept", form(token, "b@example.com"))
    assert (wrong.status, wrong.body["field"]) == (400, "email")
    right = await (await desk.browser()).post("/invitations/accept", form(token))
    assert right.status == 201


async def test_an_invitation_ends_with_its_time(desk: Desk, clock: FakeClock) -> None:
    owner = await desk.signed_in(Role.OWNER)
    token = await invited(owner)
    clock.advance(INVITATION_LIFE + timedelta(seconds=1))
    late = await (await desk.browser()).post("/invitations/accept", form(token))
    assert late.status == 400


async def test_a_setup_link_is_no_invitation_and_the_other_way_round(desk: Desk) -> None:
    setup = token_of((await setup_link(desk)).url)
    owner = await desk.signed_in(Role.OWNER)
    invitation = await invited(owner, "admin")
    assert (await (await desk.browser()).post("/setup", form(invitation))).status == 400
    assert (await (await desk.browser()).post("/invitations/accept", form(setup))).status == 400


async def test_an_admin_makes_no_owner_by_any_way(desk: Desk) -> None:
    owner_id = await desk.agent(Role.OWNER)
    agent_id = await desk.agent()
    admin = await desk.signed_in(Role.ADMIN)
    assert (await admin.post("/invitations", {"role": "owner"})).status == 403
    assert (await admin.call("PATCH", f"/agents/{agent_id}", {"role": "owner"})).status == 403
    assert (await admin.call("PATCH", f"/agents/{owner_id}", {"is_active": False})).status == 403
    assert (await admin.post(f"/agents/{owner_id}/reset")).status == 403
    assert (await admin.call("DELETE", f"/agents/{owner_id}/totp")).status == 403


async def test_neither_a_stolen_session_nor_a_token_becomes_the_account(desk: Desk) -> None:
    owner, admin = await desk.signed_in(Role.OWNER), await desk.signed_in(Role.ADMIN)
    program = await desk.token(Role.OWNER)
    agent_id = await desk.agent()
    ids = [one.me["agent"]["id"] for one in (owner, admin)]

    ways = [(owner, ids[0]), (admin, ids[1]), (program, agent_id)]
    for browser, whose in ways:
        assert (await browser.post(f"/agents/{whose}/reset")).status == 403
        assert (await browser.call("DELETE", f"/agents/{whose}/totp")).status == 403
    assert (await admin.post(f"/agents/{agent_id}/reset")).status == 201


async def test_the_last_owner_stays(desk: Desk) -> None:
    owner = await desk.signed_in(Role.OWNER)
    me = owner.me["agent"]["id"]
    for changes in ({"role": "admin"}, {"is_active": False}):
        refused = await owner.call("PATCH", f"/agents/{me}", changes)
        assert (refused.status, refused.code) == (409, "last_owner")


async def test_a_reset_link_sets_a_password_and_ends_all_sessions(
    desk: Desk, clock: FakeClock
) -> None:
    owner = await desk.signed_in(Role.OWNER)
    agent = await desk.signed_in()
    made = await owner.post(f"/agents/{agent.me['agent']['id']}/reset")
    assert made.status == 201
    token = token_of(made.body["url"])
    new = {**form(token, "agent@example.com"), "password": "another password"}
    browser = await desk.browser()
    assert (await browser.post("/invitations/accept", new)).status == 201
    assert (await browser.get("/me")).body["agent"]["email"] == "agent@example.com"
    assert (await agent.get("/me")).status == 401
    assert (await (await desk.browser()).sign_in("agent@example.com")).status == 401
    assert (await (await desk.browser()).post("/invitations/accept", new)).status == 400

    late = token_of((await owner.post(f"/agents/{agent.me['agent']['id']}/reset")).body["url"])
    clock.advance(RESET_LIFE + timedelta(seconds=1))
    answered = await (await desk.browser()).post("/invitations/accept", {**new, "token": late})
    assert answered.status == 400


async def test_a_changed_role_ends_the_sessions(desk: Desk) -> None:
    owner = await desk.signed_in(Role.OWNER)
    agent = await desk.signed_in()
    changed = await owner.call("PATCH", f"/agents/{agent.me['agent']['id']}", {"role": "auditor"})
    assert changed.body["role"] == "auditor"
    assert (await agent.get("/me")).status == 401


async def test_links_are_made_from_the_setting_whatever_the_host_header_says(desk: Desk) -> None:
    """A26."""
    owner = await desk.signed_in(Role.OWNER)
    for headers in (
        {"Host": "localhost:1"},
        {"X-Forwarded-Host": "evil.example"},
        {"Forwarded": "host=evil.example;proto=https"},
        {"X-Forwarded-Proto": "https", "X-Forwarded-Server": "evil.example"},
    ):
        made = await owner.post("/invitations", {"role": "agent"}, headers=headers)
        assert made.status == 201, made.raw
        assert made.body["url"].startswith(f"{WEB_URL}/invite?")
