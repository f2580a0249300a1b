"""The page that stops a chat which was linked to an account and is not its owner's."""

from typing import Any

import pytest

from router.services.identity.alarms import stop_address
from tests.web.desk import Answered
from tests.web.visiting import Chat


@pytest.fixture
async def linked(chat: Chat) -> tuple[int, int]:
    """A code that was redeemed, and whom it linked."""
    page = await chat.visitor(await chat.site())
    await page.open(page.sign())
    await page.say("Where is my order?")
    identity = await chat.value(
        "select id from identities where host_account is not null and realm like 'web:%'"
    )
    code = await chat.value(
        """
        insert into link_codes (code_hash, made_by, host_account, level, channels, made_at,
            expires_at, spent_at, spent_by_id, outcome)
        select '\\x00', 'host', host_account, 2, '{}', $2, $2, $2, id, 'redeemed'
        from identities where id = $1 returning id
        """,
        identity,
        chat.database.clock.now(),
    )
    return code, identity


async def call(chat: Chat, method: str, address: str, **options: Any) -> Answered:
    async with chat.http.request(method, chat.url(address), **options) as response:
        return Answered(response, await response.read())


async def is_doubted(chat: Chat, identity: int) -> bool:
    statement = "select doubted_at is not null from identities where id = $1"
    return bool(await chat.value(statement, identity))


async def test_one_press_of_the_button_stops_it_and_looking_does_not(
    chat: Chat, linked: tuple[int, int]
) -> None:
    code, identity = linked
    address = stop_address(chat.keyring, "", code)
    for method in ("GET", "HEAD"):
        seen = await call(chat, method, address)
        assert seen.status == 200
    assert not await is_doubted(chat, identity)
    assert "That was not me" in (await call(chat, "GET", address)).raw.decode()

    stopped = await call(chat, "POST", address)

    assert await is_doubted(chat, identity)
    assert (stopped.status, "<button" in stopped.raw.decode()) == (200, False)
    assert "Stopped." in (await call(chat, "GET", address)).raw.decode()
    assert "Set-Cookie" not in stopped.headers
    assert "script" not in stopped.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("asked", "words"), [("zh-CN,zh;q=0.9", "不是我"), ("ru", "Это не я"), ("tlh", "not me")]
)
async def test_page_is_in_the_readers_language(
    chat: Chat, linked: tuple[int, int], asked: str, words: str
) -> None:
    address = stop_address(chat.keyring, "", linked[0])
    seen = await call(chat, "GET", address, headers={"Accept-Language": asked})
    assert words in seen.raw.decode()


async def test_address_that_we_did_not_make_is_not_there(
    chat: Chat, linked: tuple[int, int]
) -> None:
    code, identity = linked
    tag = stop_address(chat.keyring, "", code).rpartition(".")[2]
    for wrong in (
        f"/not-me/{code + 1}.{tag}",
        f"/not-me/{code}.{'a' * 20}",
        "/not-me/x",
        "/not-me/",
    ):
        for method in ("GET", "POST"):
            assert (await call(chat, method, wrong)).status == 404
    other = stop_address(chat.keyring, "", code + 1)
    assert (await call(chat, "POST", other)).status == 404
    assert not await is_doubted(chat, identity)
