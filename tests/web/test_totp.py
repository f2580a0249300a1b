"""The second factor: confirmed with a code, asked for, and no code works twice."""

from datetime import timedelta

import pyotp

from core.clock import FakeClock
from router.services.roles import Role
from router.services.sign_in import TRIES_PER_NAME
from router.settings import Settings
from router.storage.engine import Database
from tests.web.desk import PASSWORD, Browser, Desk, open_desk

STEP = timedelta(seconds=30)


def code(secret: str, clock: FakeClock) -> str:
    return pyotp.TOTP(secret).at(clock.now())


async def with_totp(browser: Browser, clock: FakeClock) -> str:
    secret: str = (await browser.post("/me/totp")).body["secret"]
    confirmed = await browser.post("/me/totp/confirm", {"code": code(secret, clock)})
    assert confirmed.status == 204, confirmed.raw
    return secret


async def test_the_secret_comes_with_an_address_and_a_drawing(desk: Desk) -> None:
    browser = await desk.signed_in()
    made = (await browser.post("/me/totp")).body
    assert made["uri"].startswith("otpauth://totp/onethread:agent%40example.com?secret=")
    assert made["qr_svg"].startswith("<svg")


async def test_a_secret_is_not_in_force_before_it_is_confirmed(
    desk: Desk, clock: FakeClock
) -> None:
    browser = await desk.signed_in()
    secret = (await browser.post("/me/totp")).body["secret"]
    wrong = await browser.post("/me/totp/confirm", {"code": "000000"})
    assert (wrong.status, wrong.body["field"]) == (400, "code")
    assert (await (await desk.browser()).sign_in("agent@example.com")).status == 200
    assert (await browser.post("/me/totp/confirm", {"code": code(secret, clock)})).status == 204
    assert (await (await desk.browser()).sign_in("agent@example.com")).code == "totp_required"


async def test_a_code_works_once(desk: Desk, clock: FakeClock) -> None:
    """A30."""
    secret = await with_totp(await desk.signed_in(), clock)
    used_to_confirm = await (await desk.browser()).sign_in(
        "agent@example.com", totp=code(secret, clock)
    )
    assert (used_to_confirm.status, used_to_confirm.code) == (401, "refused")
    clock.advance(STEP)
    now = code(secret, clock)
    assert (await (await desk.browser()).sign_in("agent@example.com", totp=now)).status == 200
    again = await (await desk.browser()).sign_in("agent@example.com", totp=now)
    assert (again.status, again.code) == (401, "refused")


async def test_a_code_of_the_step_before_still_works_and_then_no_older_one(
    desk: Desk, clock: FakeClock
) -> None:
    secret = await with_totp(await desk.signed_in(), clock)
    clock.advance(STEP * 3)
    before = code(secret, clock)
    clock.advance(STEP)
    now = code(secret, clock)
    assert (await (await desk.browser()).sign_in("agent@example.com", totp=now)).status == 200
    late = await (await desk.browser()).sign_in("agent@example.com", totp=before)
    assert late.status == 401


async def test_a_code_two_steps_old_is_refused(desk: Desk, clock: FakeClock) -> None:
    secret = await with_totp(await desk.signed_in(), clock)
    clock.advance(STEP * 3)
    old = code(secret, clock)
    clock.advance(STEP * 2)
    assert (await (await desk.browser()).sign_in("agent@example.com", totp=old)).status == 401


async def test_codes_cannot_be_guessed_for_long(desk: Desk, clock: FakeClock) -> None:
    secret = await with_totp(await desk.signed_in(), clock)
    clock.advance(STEP)
    right = code(secret, clock)
    wrong = "111111" if right != "111111" else "222222"
    browser = await desk.browser()
    for _ in range(TRIES_PER_NAME):
        assert (await browser.sign_in("agent@example.com", totp=wrong)).status == 401
    assert (await browser.sign_in("agent@example.com", totp=right)).status == 429


async def test_being_asked_for_a_code_counts_as_no_failure(desk: Desk, clock: FakeClock) -> None:
    secret = await with_totp(await desk.signed_in(), clock)
    clock.advance(STEP)
    browser = await desk.browser()
    for _ in range(TRIES_PER_NAME + 2):
        assert (await browser.sign_in("agent@example.com")).code == "totp_required"
    signed_in = await browser.sign_in("agent@example.com", totp=code(secret, clock))
    assert signed_in.status == 200


async def test_removing_it_needs_a_fresh_code(desk: Desk, clock: FakeClock) -> None:
    browser = await desk.signed_in()
    secret = await with_totp(browser, clock)
    stale = await browser.call("DELETE", "/me/totp", {"code": code(secret, clock)})
    assert stale.status == 400
    clock.advance(STEP)
    removed = await browser.call("DELETE", "/me/totp", {"code": code(secret, clock)})
    assert removed.status == 204
    assert (await (await desk.browser()).sign_in("agent@example.com")).status == 200


async def test_an_owner_helps_an_agent_who_lost_the_device(desk: Desk, clock: FakeClock) -> None:
    agent = await desk.signed_in()
    await with_totp(agent, clock)
    owner = await desk.signed_in(Role.OWNER)
    reset = await owner.call("DELETE", f"/agents/{agent.me['agent']['id']}/totp")
    assert reset.status == 204
    assert (await (await desk.browser()).sign_in("agent@example.com")).status == 200


async def test_the_secret_is_sealed_and_bound_to_its_agent(desk: Desk, clock: FakeClock) -> None:
    secret = await with_totp(await desk.signed_in(), clock)
    async with desk.database.reading() as work:
        sealed = await work.driver.fetchval("select sealed_totp from agents")
    assert secret.encode() not in sealed
    assert desk.context.keyring.unseal(sealed, row="agents/1") == secret.encode()


async def test_where_it_is_required_nothing_else_works_before_it(
    database: Database, clock: FakeClock
) -> None:
    desk = await open_desk(database, Settings(require_totp=True))
    browser = await desk.signed_in(Role.OWNER)
    assert browser.me["needs_totp"] is True
    refused = await browser.get("/agents")
    assert (refused.status, refused.code) == (403, "totp_setup_required")
    await with_totp(browser, clock)
    assert (await browser.get("/agents")).status == 200
    await desk.close()


async def test_a_stolen_session_cannot_guess_the_code_that_removes_the_factor(
    desk: Desk, clock: FakeClock
) -> None:
    browser = await desk.signed_in()
    secret = await with_totp(browser, clock)
    clock.advance(STEP)
    right = code(secret, clock)
    wrong = f"{(int(right) + 1) % 1_000_000:06}"

    answered = [
        await browser.call("DELETE", "/me/totp", {"code": wrong}) for _ in range(TRIES_PER_NAME)
    ]
    late = await browser.call("DELETE", "/me/totp", {"code": right})

    assert {one.status for one in answered} == {400}
    assert (late.status, late.code) == (429, "too_many")


async def test_a_stolen_session_cannot_guess_the_password(desk: Desk) -> None:
    browser = await desk.signed_in()
    new = {"new": "another long password"}

    for _ in range(TRIES_PER_NAME):
        answered = await browser.post("/me/password", {"current": "a guess", **new})
        assert answered.status == 400
    late = await browser.post("/me/password", {"current": PASSWORD, **new})

    assert (late.status, late.code) == (429, "too_many")
