"""The address that stops notices: for people and their mail programs, without a login."""

from typing import Any

import pytest

from router.services.notices import stop_address
from tests.web.desk import Answered
from tests.web.visiting import Chat

GRACE = "grace@people.example"
ONE_CLICK = b"List-Unsubscribe=One-Click"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
REQUESTS = (
    ("application/x-www-form-urlencoded", ONE_CLICK),
    (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\n'
        b"One-Click\r\n--b--\r\n",
    ),
    ("application/x-www-form-urlencoded", b"action=stop"),
)
"""Of a mail program, in either form (RFC 8058, 3.2), and of the page's own button."""


@pytest.fixture
async def address(chat: Chat) -> str:
    """Of the notices to somebody whom a signed token has brought."""
    page = await chat.visitor(await chat.site())
    await page.open(page.sign())
    await page.say("Where is my order?")
    identity = await chat.value("select id from identities where handle = $1", GRACE)
    return stop_address(chat.keyring, "", identity)


async def _call(chat: Chat, method: str, address: str, **options: Any) -> Answered:
    async with chat.http.request(method, chat.url(address), **options) as response:
        return Answered(response, await response.read())


async def _is_stopped(chat: Chat) -> bool:
    statement = "select notices_stopped_at is not null from identities where handle = $1"
    return bool(await chat.value(statement, GRACE))


async def test_looking_at_the_page_stops_nothing(chat: Chat, address: str) -> None:
    for method in ("GET", "HEAD"):
        answered = await _call(chat, method, address)
        assert answered.status == 200
    assert not await _is_stopped(chat)


async def test_request_without_login_or_origin_stops_them(chat: Chat, address: str) -> None:
    for media_type, body in REQUESTS:
        headers = {"Content-Type": media_type}
        answered = await _call(chat, "POST", address, data=body, headers=headers)

        assert answered.status == 200
        assert "You will get no such notice" in answered.raw.decode()
        assert "Set-Cookie" not in answered.headers
        assert await _is_stopped(chat)
        await chat.value("update identities set notices_stopped_at = null")


async def test_stopping_twice_is_stopping_once_and_can_be_taken_back(
    chat: Chat, address: str
) -> None:
    for _ in range(2):
        await _call(chat, "POST", address, data=ONE_CLICK, headers=FORM)
    assert await chat.value("select count(*) from audit_log where action = 'notices.stopped'") == 1

    answered = await _call(chat, "POST", address, data=b"action=resume", headers=FORM)

    assert "Stop these notices" in answered.raw.decode()
    assert not await _is_stopped(chat)


async def test_address_that_we_did_not_sign_is_none(chat: Chat, address: str) -> None:
    number = address.partition(".")[0]
    changed = address[:-1] + ("a" if address[-1] != "a" else "b")
    of_another = address.replace("/notices/", "/notices/1")
    too_long = f"/notices/{'9' * 30}.aaaaaaaaaaaaaaaaaaaa"
    for one in (changed, of_another, number, f"{number}.", too_long):
        for method in ("GET", "POST"):
            assert (await _call(chat, method, one, headers=FORM)).status == 404
    assert not await _is_stopped(chat)


async def test_longer_request_than_any_button_sends_is_refused(chat: Chat, address: str) -> None:
    answered = await _call(chat, "POST", address, data=b"x" * 5000, headers=FORM)

    assert answered.status == 413
    assert not await _is_stopped(chat)


async def test_page_runs_no_script_is_framed_nowhere_and_names_nobody(
    chat: Chat, address: str
) -> None:
    answered = await _call(chat, "GET", address, headers={"Accept-Language": "zh-CN,zh;q=0.9"})

    policy = answered.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert answered.headers["Referrer-Policy"] == "no-referrer"
    page = answered.raw.decode()
    assert 'lang="zh"' in page
    assert "停止发送" in page
    assert "grace" not in page.lower()


async def test_agents_see_who_wants_no_notices(chat: Chat, address: str) -> None:
    await _call(chat, "POST", address, data=ONE_CLICK, headers=FORM)
    agent = await chat.desk.signed_in()
    person = await chat.value("select home_person_id from identities where handle = $1", GRACE)

    shown = (await agent.get(f"/conversations/{person}")).body["person"]["identities"]

    stopped = {one["handle"]: one["notices_stopped_at"] for one in shown}
    assert stopped[GRACE] is not None
    assert [at for handle, at in stopped.items() if handle != GRACE] == [None, None]
