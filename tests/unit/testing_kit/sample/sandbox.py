"""The sample network itself: a JSON API with long polling on loopback, and one person on it."""

import asyncio
import base64
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from aiohttp import web

from core.ids import RemotePlace
from core.messages import IdentityAddress, Participant, Place, ReportedState, ThreadKey
from core.sandbox import SandboxAttachment
from core.testing.network import Arrival, FakeNetwork, Fault
from tests.unit.testing_kit.sample.convert import from_markup

TOKEN = "a-long-sample-token"
REFUSALS: Mapping[Fault, tuple[int, str]] = {
    Fault.TRANSIENT: (503, ""),
    Fault.RATE_LIMITED: (429, ""),
    Fault.PERMANENT: (403, "never"),
    Fault.RECIPIENT_GONE: (410, "person"),
    Fault.PLACE_GONE: (410, "place"),
    Fault.CONTENT_REJECTED: (422, ""),
    Fault.AUTH_REFUSED: (401, ""),
}


class SampleNetwork(FakeNetwork):
    def __init__(self) -> None:
        self.updates: list[dict[str, Any]] = []
        self.messages: dict[str, dict[str, Any]] = {}
        self.keys: dict[str, str] = {}
        self.files: dict[str, bytes] = {}
        self.tries = 0
        self.fault: Fault | None = None
        self.numbers = 0
        self.shown: list[str] = []
        self.confirmed = 0
        self.news = asyncio.Event()

    async def start(self) -> None:
        app = web.Application(client_max_size=2**24)
        app.router.add_get("/me", self.me)
        app.router.add_get("/updates", self.poll)
        app.router.add_get("/confirm", self.confirm)
        app.router.add_get("/sent", self.find)
        app.router.add_get("/files/{id}", self.file)
        app.router.add_post("/messages", self.take)
        app.router.add_post("/signs", self.sign)
        app.router.add_post("/tests", self.test)
        app.router.add_put("/messages/{id}", self.change)
        app.router.add_delete("/messages/{id}", self.remove)
        self.runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}"

    async def stop(self) -> None:
        self.news.set()
        await self.runner.cleanup()

    def account_config(self) -> Mapping[str, object]:
        return {"api_base_url": self.url, "token": TOKEN}

    # What the person does

    async def say(
        self, text: str, *, subject: str = "", files: Sequence[SandboxAttachment] = ()
    ) -> None:
        self.show(self.message(text, subject, files))

    async def repeat_last(self) -> None:
        self.updates.append(dict(self.updates[-1]))
        self.news.set()

    async def emit_junk(self) -> None:
        self.show({"kind": "riddle", "chat": "chat-1", "message": self.number()})

    async def echo(self) -> None:
        last = list(self.messages.values())[-1]
        update = self.message(last["text"], "", ())
        self.show({**update, "message": last["id"], "from": "desk"})

    async def edit_last(self, text: str) -> None:
        self.show({**self.updates[-1], "kind": "edit", "text": text})

    async def delete_last(self) -> None:
        self.show({**self.updates[-1], "kind": "delete"})

    async def edit_before_create(self, text: str, edited: str) -> None:
        message = self.message(text, "", ())
        self.show({**message, "kind": "edit", "text": edited})
        self.show(message)

    async def reorder(self, first: str, second: str) -> None:
        one, two = self.message(first, "", ()), self.message(second, "", ())
        self.show(two)
        self.show(one)

    async def react_last(self, reaction: str) -> None:
        self.show({**self.updates[-1], "kind": "reaction", "reaction": reaction})

    async def report(self, state: ReportedState) -> None:
        last = list(self.messages)[-1]
        self.show({"kind": "report", "chat": "chat-1", "message": last, "state": state.value})

    async def lose_history(self) -> timedelta:
        self.show({"kind": "forgotten", "chat": "", "message": "", "at": 1_700_000_000})
        return timedelta(hours=1)

    async def close_place(self) -> None:
        self.show({"kind": "closed", "chat": "chat-1", "message": ""})

    async def open_place(self) -> None:
        self.show({"kind": "opened", "chat": "chat-1", "message": ""})

    def signs(self) -> Sequence[str]:
        return self.shown

    def stranger(self) -> tuple[Place, IdentityAddress]:
        place = Place(remote=RemotePlace("chat-2"))
        return place, IdentityAddress(realm="sample", handle="person-2")

    def bystander(self) -> Participant:
        return Participant(realm="sample", handle="person-3")

    # What reached them

    def sent(self) -> Sequence[Arrival]:
        return [
            Arrival(
                **from_markup(one["text"])._asdict(),
                subject=one["subject"],
                copies=tuple(one["copies"]),
                answers=tuple(ThreadKey("sample", key) for key in one["answers"]),
                files=tuple(
                    SandboxAttachment(name=f["name"], content=base64.b64decode(f["content"]))
                    for f in one["files"]
                ),
            )
            for one in self.messages.values()
        ]

    def request_count(self) -> int:
        return self.tries

    def fail_next(self, fault: Fault) -> None:
        self.fault = fault

    # Its inside

    def number(self) -> str:
        self.numbers += 1
        return str(self.numbers)

    def message(
        self, text: str, subject: str, files: Sequence[SandboxAttachment]
    ) -> dict[str, Any]:
        number = self.number()
        kept = []
        for file in files:
            self.files[file.name] = file.content
            kept.append({"id": file.name, "name": file.name, "type": file.media_type})
        return {
            "kind": "message",
            "chat": "chat-1",
            "from": "person-1",
            "message": number,
            "text": text,
            "subject": subject,
            "at": 1_700_000_000 + int(number),
            "files": kept,
        }

    def show(self, update: dict[str, Any]) -> None:
        self.updates.append({**update, "id": f"u{self.number()}"})
        self.news.set()

    def is_signed_in(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {TOKEN}"

    async def me(self, request: web.Request) -> web.Response:
        if not self.is_signed_in(request) or self.fault is Fault.AUTH_REFUSED:
            self.fault = None
            return web.json_response({"code": "token"}, status=401)
        return web.json_response({"name": "@sample"})

    async def poll(self, request: web.Request) -> web.Response:
        after = int(request.query["after"])
        if after >= len(self.updates):
            self.news.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.news.wait(), 2)
        found = [(n, one) for n, one in enumerate(self.updates) if n >= max(after, self.confirmed)]
        following = found[-1][0] + 1 if found else after
        return web.json_response({"updates": [one for _, one in found], "next": following})

    async def confirm(self, request: web.Request) -> web.Response:
        """What came before this is never shown again. A correct connector has no need of it."""
        self.confirmed = max(self.confirmed, int(request.query["before"]))
        return web.json_response({})

    async def find(self, request: web.Request) -> web.Response:
        return web.json_response({"id": self.keys.get(request.query["key"])})

    async def file(self, request: web.Request) -> web.Response:
        return web.json_response({"content": self.files[request.match_info["id"]].hex()})

    async def sign(self, request: web.Request) -> web.Response:
        self.shown.append((await request.json())["sign"])
        return web.json_response({})

    async def test(self, request: web.Request) -> web.Response:
        """The account writes to itself."""
        self.show({**self.message("A test.", "", ()), "from": "tester"})
        return web.json_response({"is_shown": True})

    async def change(self, request: web.Request) -> web.Response:
        found = self.messages.get(request.match_info["id"])
        if found is None:
            return web.json_response({"code": "missing"}, status=404)
        found["text"] = (await request.json())["text"]
        return web.json_response({})

    async def remove(self, request: web.Request) -> web.Response:
        if self.messages.pop(request.match_info["id"], None) is None:
            return web.json_response({"code": "missing"}, status=404)
        return web.json_response({})

    async def take(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.tries += 1
        fault, self.fault = self.fault, None
        if fault is not None and fault in REFUSALS:
            status, code = REFUSALS[fault]
            headers = {"Retry-After": "7"} if status == 429 else {}
            return web.json_response({"code": code}, status=status, headers=headers)
        number = self.keys.get(body["key"])
        if number is None and fault is not Fault.UNKNOWN_LOST:
            number = self.number()
            self.keys[body["key"]] = number
            self.messages[number] = {**body, "id": number}
        if fault is not None and request.transport is not None:
            request.transport.abort()
        return web.json_response({"id": number}, status=201)
