"""Signing in: passwords, limits, sessions that end, cookies."""

import time
from datetime import timedelta

import pytest

from core.clock import FakeClock
from core.ids import hash_token
from router.services.callers import SESSION_IDLE, SESSION_LONGEST
from router.services.roles import Role
from router.services.sign_in import TRIES_PER_ADDRESS, TRIES_PER_NAME, WINDOW
from router.settings import Settings
from router.storage.engine import Database
from tests.web.desk import PASSWORD, Desk, open_desk


async def test_signing_in_says_who_one_is_and_what_one_may_do(desk: Desk) -> None:
    browser = await desk.signed_in(Role.SUPERVISOR)
    me = (await browser.get("/me")).body
    assert me["agent"]["email"] == "supervisor@example.com"
    assert me["agent"]["role"] == "supervisor"
    assert "conversations.write" in me["permissions"]
    assert "agents.change" not in me["permissions"]
    assert me["csrf_token"] == browser.csrf


async def test_the_address_is_matched_without_case(desk: Desk) -> None:
    await desk.agent(email="ada@example.com")
    assert (await (await desk.browser()).sign_in(" Ada@Example.COM ")).status == 200


@pytest.mark.parametrize(
    ("email", "password"),
    [("agent@example.com", "wrong password"), ("nobody@example.com", PASSWORD), ("", "")],
)
async def test_a_wrong_password_and_an_unknown_name_look_alike(
    desk: Desk, email: str, password: str
) -> None:
    await desk.agent()
    answered = await (await desk.browser()).sign_in(email, password)
    assert answered.status == 401
    assert answered.body == {
        "code": "refused",
        "detail": "The address or the password is not right.",
        "field": None,
    }


async def test_an_agent_without_a_password_has_none_that_works(desk: Desk) -> None:
    await desk.agent()
    async with desk.database.transaction() as work:
        await work.driver.execute("update agents set password_hash = null")
    # What unknown names are compared with, so that they take as long.
    for password in ("nobody has this password", "", PASSWORD):
        answered = await (await desk.browser()).sign_in("agent@example.com", password)
        assert answered.status == 401


async def test_an_unknown_name_takes_as_long_as_a_known_one(desk: Desk) -> None:
    """A30. In processor time, which is nearly all of it: others' tests run beside."""
    await desk.agent(password_hash=await desk.context.passwords.hash(PASSWORD))
    browser = await desk.browser()
    taken: dict[str, list[float]] = {"agent": [], "nobody": []}
    for number in range(TRIES_PER_NAME):
        for name, times in taken.items():
            started = time.process_time()
            answered = await browser.sign_in(f"{name}@example.com", f"wrong {number}")
            times.append(time.process_time() - started)
            assert answered.status == 401
    known, unknown = (min(times) for times in taken.values())
    assert 0.7 < unknown / known < 1.4


async def test_an_agent_who_left_cannot_sign_in(desk: Desk) -> None:
    owner = await desk.signed_in(Role.OWNER)
    left = await desk.agent()
    assert (await owner.call("PATCH", f"/agents/{left}", {"is_active": False})).status == 200
    assert (await (await desk.browser()).sign_in("agent@example.com")).status == 401


async def test_too_many_tries_by_name_are_refused_even_with_the_right_password(
    desk: Desk, clock: FakeClock
) -> None:
    await desk.agent()
    browser = await desk.browser()
    for _ in range(TRIES_PER_NAME):
        assert (await browser.sign_in("agent@example.com", "wrong password")).status == 401
    refused = await browser.sign_in("agent@example.com")
    assert (refused.status, refused.code) == (429, "too_many")
    assert int(refused.headers["Retry-After"]) == WINDOW.total_seconds()

    clock.advance(WINDOW + timedelta(seconds=1))
    assert (await browser.sign_in("agent@example.com")).status == 200


async def test_too_many_tries_from_one_address_are_refused(desk: Desk) -> None:
    await desk.agent()
    async with desk.database.transaction() as work:
        by_address = desk.context.keyring.hash("login-limit", "address:127.0.0.1")
        await work.driver.execute(
            "insert into login_failures (subject, at)"
            " select $1, $2 from generate_series(1, $3::int)",
            by_address,
            work.now(),
            TRIES_PER_ADDRESS,
        )
    assert (await (await desk.browser()).sign_in("agent@example.com")).status == 429


async def test_signing_in_right_forgets_the_failures_of_that_name(desk: Desk) -> None:
    await desk.agent()
    browser = await desk.browser()
    for _ in range(3):
        for _ in range(TRIES_PER_NAME - 1):
            await browser.sign_in("agent@example.com", "wrong password")
        assert (await browser.sign_in("agent@example.com")).status == 200


async def test_signing_in_makes_a_new_session_and_ends_the_one_before(desk: Desk) -> None:
    browser = await desk.signed_in()
    jar = browser.client.session.cookie_jar
    before = {cookie.value for cookie in jar}
    await browser.sign_in("agent@example.com")
    after = {cookie.value for cookie in jar}
    assert before.isdisjoint(after)
    stale = await desk.browser()
    refused = await stale.get("/me", headers={"Cookie": f"onethread={before.pop()}"})
    assert refused.status == 401


async def test_a_cookie_that_somebody_planted_never_becomes_a_session(desk: Desk) -> None:
    await desk.agent()
    planted = {"Cookie": "onethread=" + "planted" * 6}
    victim = await desk.browser()
    form = {"email": "agent@example.com", "password": PASSWORD}
    assert (await victim.post("/login", form, headers=planted)).status == 200
    assert (await (await desk.browser()).get("/me", headers=planted)).status == 401


async def test_logging_out_ends_the_session_on_the_server(desk: Desk) -> None:
    browser = await desk.signed_in()
    (cookie,) = list(browser.client.session.cookie_jar)
    assert (await browser.post("/logout")).status == 204
    stolen = await (await desk.browser()).get(
        "/me", headers={"Cookie": f"onethread={cookie.value}"}
    )
    assert (stolen.status, stolen.code) == (401, "signed_out")


async def test_a_session_that_is_not_used_ends(desk: Desk, clock: FakeClock) -> None:
    browser = await desk.signed_in()
    clock.advance(SESSION_IDLE - timedelta(seconds=1))
    assert (await browser.get("/me")).status == 200
    clock.advance(SESSION_IDLE + timedelta(seconds=1))
    assert (await browser.get("/me")).status == 401


async def test_a_session_ends_after_half_a_day_however_much_it_is_used(
    desk: Desk, clock: FakeClock
) -> None:
    browser = await desk.signed_in()
    step = SESSION_IDLE / 2
    for _ in range(int(SESSION_LONGEST / step) - 1):
        clock.advance(step)
        assert (await browser.get("/me")).status == 200
    clock.advance(step)
    assert (await browser.get("/me")).status == 401


async def test_the_token_is_stored_as_a_hash_only(desk: Desk) -> None:
    browser = await desk.signed_in()
    (cookie,) = list(browser.client.session.cookie_jar)
    async with desk.database.reading() as work:
        (row,) = await work.driver.fetch("select * from sessions")
    assert row["token_hash"] == hash_token(cookie.value)
    assert cookie.value not in str(dict(row))


async def test_sessions_are_listed_and_can_be_ended_one_by_one(desk: Desk) -> None:
    here = await desk.signed_in()
    there = await desk.browser()
    await there.sign_in("agent@example.com")
    listed = (await here.get("/me/sessions")).body["sessions"]
    assert [one["is_current"] for one in listed].count(True) == 1
    other = next(one for one in listed if not one["is_current"])
    assert (await here.call("DELETE", f"/me/sessions/{other['id']}")).status == 204
    assert (await there.get("/me")).status == 401
    assert (await here.get("/me")).status == 200


async def test_nobody_ends_the_session_of_another(desk: Desk) -> None:
    owner = await desk.signed_in(Role.OWNER)
    agent = await desk.signed_in()
    (session,) = (await agent.get("/me/sessions")).body["sessions"]
    assert (await owner.call("DELETE", f"/me/sessions/{session['id']}")).status == 404
    assert (await agent.get("/me")).status == 200


async def test_a_new_password_ends_the_other_sessions(desk: Desk) -> None:
    here = await desk.signed_in()
    there = await desk.browser()
    await there.sign_in("agent@example.com")
    wrong = await here.post("/me/password", {"current": "not it at all", "new": "a" * 12})
    assert (wrong.status, wrong.body["field"]) == (400, "current")
    short = await here.post("/me/password", {"current": PASSWORD, "new": "short"})
    assert (short.status, short.body["field"]) == (400, "new")
    changed = await here.post("/me/password", {"current": PASSWORD, "new": "a new password"})
    assert changed.status == 204
    assert (await here.get("/me")).status == 200
    assert (await there.get("/me")).status == 401
    assert (await there.sign_in("agent@example.com", "a new password")).status == 200


async def test_the_cookie_is_bound_to_the_host_when_it_is_https(database: Database) -> None:
    desk = await open_desk(database, Settings(public_url="https://desk.example.com"))
    await desk.agent()
    answered = await (await desk.browser()).sign_in("agent@example.com")
    cookie = answered.headers["Set-Cookie"]
    assert cookie.startswith("__Host-onethread=")
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert part in cookie
    assert "Domain" not in cookie
    await desk.close()


async def test_profile_changes_are_kept_and_bounded(desk: Desk) -> None:
    browser = await desk.signed_in()
    changed = await browser.call(
        "PATCH", "/me", {"language": "zh", "signature": "Ada", "settings": {"theme": "dark"}}
    )
    assert changed.status == 200
    agent = (await browser.get("/me")).body["agent"]
    assert (agent["language"], agent["settings"]) == ("zh", {"theme": "dark"})
    refused = await browser.call("PATCH", "/me", {"language": "xx"})
    assert (refused.status, refused.body["field"]) == (400, "language")
    large = await browser.call("PATCH", "/me", {"settings": {"a": "x" * 20_000}})
    assert (large.status, large.body["field"]) == (400, "settings")
