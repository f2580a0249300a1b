"""Visitors who only post: a widget account on a running product, and their tokens."""

from typing import Any

import msgspec

from bench.http_load import request
from tests.rig.ground import OFTEN, SITE, Ground


class Chat:
    """An account with open sessions. `post` makes the bytes of one message."""

    def __init__(self, ground: Ground, account_id: int, path: str, tokens: list[str]) -> None:
        self.account_id = account_id
        self._host = f"127.0.0.1:{ground.product.port}"
        self._path = path
        self.tokens = tokens

    def post(self, number: int, *, run: str) -> bytes:
        body = {"client_id": f"{run}-{number}", "text": f"Where is my withdrawal? {run}-{number}."}
        token = self.tokens[number % len(self.tokens)]
        return request(
            f"/hooks/{self._path}/messages",
            msgspec.json.encode(body),
            host=self._host,
            headers=[("Authorization", f"Bearer {token}")],
        )


async def open_chat(ground: Ground, visitors: int) -> Chat:
    often: dict[str, Any] = {f"{what}_per_minute": OFTEN for what in ("messages", "sessions")} | {
        "requests_per_minute": OFTEN * 50
    }
    account = await ground.owner.add_account("webchat", "Bench", {"site": SITE, **often})
    path = account["hook_url"].partition("/hooks/")[2]
    tokens = [await _open(ground, path, number) for number in range(visitors)]
    return Chat(ground, account["id"], path, tokens)


async def _open(ground: Ground, path: str, number: int) -> str:
    url = f"{ground.product.url}/hooks/{path}/session"
    while True:
        async with ground.http.post(url, json={"name": f"Visitor {number}"}) as response:
            if response.status == 200:
                return str((await response.json())["session_token"])
            # A process that has just begun may not know the account yet.
            assert response.status == 404, await response.text()
