"""The operator's own site on loopback: a make-believe exchange whose pages carry the widget.

Everything goes the way of production: the site signs tokens with its own key, and its people talk
to the desk over the visitors' HTTP interface.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp

from connectors.webchat import sandbox_step_up
from connectors.webchat.sandbox_keys import SiteKeys
from core.clock import Clock, SystemClock
from core.errors import TransientError
from core.sandbox import (
    Sandbox,
    SandboxDesk,
    SandboxField,
    SandboxLine,
    SandboxMessage,
    SandboxPage,
)

AUDIENCE = "harbor-chat"
SITE = "harbor.example"
TOKEN_SECONDS = 240
TIMEOUT = aiohttp.ClientTimeout(total=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Somebody with an account at the make-believe exchange; its address was verified there."""

    key: str
    name: str
    email: str
    account: str
    language: str


CUSTOMERS = (
    Customer(
        key="grace",
        name="Grace Hopper",
        email="grace@people.example",
        account="HX-1001",
        language="en",
    ),
    Customer(
        key="wei",
        name="王伟",
        email="wei@people.example",
        account="HX-1002",
        language="zh",
    ),
    Customer(
        key="anna",
        name="Анна Петрова",
        email="anna@people.example",
        account="HX-1003",
        language="ru",
    ),
)

VERIFIED = "Address verified at the site"
SIGNED_IN = "Signed in at the site (signed token)"
WORDS = {
    "zh": {VERIFIED: "网站已验证的邮箱", SIGNED_IN: "已在网站登录（签名令牌）"},
    "ru": {VERIFIED: "Адрес, проверенный сайтом", SIGNED_IN: "Вошёл на сайте (подписанный токен)"},
}
_STATIC = {"site.css": "text/css", "site.js": "text/javascript"}


class WebchatSandbox(Sandbox):
    """The site, the key it signs with, and the sessions of people who write by the form."""

    title = "Web chat"
    page_url = "site"
    step_up_url = sandbox_step_up.PATH

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._keys = SiteKeys()
        self._sessions: dict[str, str] = {}
        self._sessions_file: Path | None = None
        self._desk: SandboxDesk | None = None
        self._http: aiohttp.ClientSession | None = None

    async def start(self, data_dir: Path) -> None:
        await self._keys.start(data_dir)
        self._sessions_file = data_dir / "sessions.json"
        if self._sessions_file.exists():
            self._sessions = json.loads(self._sessions_file.read_text())
        self._http = aiohttp.ClientSession(timeout=TIMEOUT)

    async def stop(self) -> None:
        await self._keys.stop()
        if self._http is not None:
            await self._http.close()
            self._http = None

    def account_config(self) -> dict[str, Any]:
        return {
            "site": SITE,
            "title": "Harbor Support",
            "color": "#0f766e",
            "allowed_origins": ["http://127.0.0.1:*", "http://localhost:*"],
            "audience": AUDIENCE,
            "jwks_url": self._keys.url,
        }

    def attach(self, desk: SandboxDesk) -> None:
        self._desk = desk

    def fields(self) -> Sequence[SandboxField]:
        return (
            SandboxField(name="person", label="Name", default=CUSTOMERS[0].name),
            SandboxField(name="address", label=VERIFIED, default=CUSTOMERS[0].email, words=WORDS),
            SandboxField(name="text", label="Text", is_long=True),
            SandboxField(name="is_authenticated", label=SIGNED_IN, default=True, words=WORDS),
        )

    def token_for(self, customer: Customer) -> str:
        """What the site's server gives to the page of somebody who is signed in."""
        issued = int(self._clock.now().timestamp())
        claims = {
            "sub": customer.account,
            "aud": AUDIENCE,
            "iat": issued,
            "exp": issued + TOKEN_SECONDS,
            "jti": secrets.token_urlsafe(16),
            "name": customer.name,
            "email": customer.email,
            "email_verified": True,
            "locale": customer.language,
        }
        return self._keys.sign(claims)

    async def say(self, line: SandboxLine) -> None:
        """Signed in, or as somebody unknown; each of them keeps one session."""
        who = customer_of(line) if line.is_authenticated else None
        attachments = [
            await self._upload(line, who, file.name, file.media_type, file.content)
            for file in line.attachments
        ]
        body = {
            "client_id": secrets.token_hex(12),
            "text": line.text,
            "attachment_ids": attachments,
        }
        await self._call(_session_key(line), who, "POST", "messages", json=body)

    async def heard(self, address: str) -> Sequence[SandboxMessage]:
        """Answers in both of this person's sessions, the signed and the unknown one."""
        found: list[SandboxMessage] = []
        for key in (f"signed:{address}", f"unknown:{address}"):
            if key not in self._sessions:
                continue
            stream = await self._call(key, _known(address), "GET", "messages")
            found += [_heard(one) for one in stream["messages"] if not one["is_own"]]
        return sorted(found, key=lambda one: one.at)

    async def page(self, path: str, query: Mapping[str, str]) -> SandboxPage | None:
        chosen = next((one for one in CUSTOMERS if one.key == query.get("as")), None)
        if path == "site":
            body = self._site(chosen).encode()
            return SandboxPage(body=body, policy=_policy(self._desk))
        if path == "token" and chosen is not None:
            body = json.dumps({"token": self.token_for(chosen)}).encode()
            return SandboxPage(body=body, media_type="application/json")
        if path == "change-key":
            self._keys.change()
            return SandboxPage(body=self._site(chosen).encode(), policy=_policy(self._desk))
        if path == sandbox_step_up.PATH:
            choices = [(one.key, one.name, one.account) for one in CUSTOMERS]
            return sandbox_step_up.ask(
                query.get("step_up", ""), choices, chosen.key if chosen else None
            )
        if path in _STATIC:
            body = (files(__package__) / "demo" / path).read_bytes()
            return SandboxPage(body=body, media_type=_STATIC[path])
        return None

    async def submit(self, path: str, form: Mapping[str, str]) -> SandboxPage | None:
        """Whoever is signed in has proven anew that it is them: the site tells the desk."""
        chosen = next((one for one in CUSTOMERS if one.key == form.get("as")), None)
        if path != sandbox_step_up.PATH or chosen is None:
            return None
        if self._http is None or self._desk is None or self._desk.make_host_token is None:
            raise TransientError("the site is not running")
        token = await self._desk.make_host_token()
        url = f"{self._desk.url}/api/v1/host/step-ups/{quote(form.get('step_up', ''), safe='')}"
        headers = {"Authorization": f"Bearer {token}"}
        body = {"account": chosen.account}
        async with self._http.post(url, json=body, headers=headers) as response:
            return sandbox_step_up.outcome(chosen.name, is_granted=response.status == 200)

    def _site(self, chosen: Customer | None) -> str:
        template = Template((files(__package__) / "demo" / "site.html").read_text("utf-8"))
        links = "".join(_choice(one, chosen) for one in (None, *CUSTOMERS))
        return template.substitute(
            hook=self._desk.hook_token if self._desk else "",
            key=chosen.key if chosen else "",
            account=chosen.account if chosen else "–",
            name=chosen.name if chosen else "Guest",
            initials=chosen.name[:1] if chosen else "?",
            language=chosen.language if chosen else "en",
            choices=links,
            kid=self._keys.kids[0],
            published=", ".join(self._keys.kids),
            keys_url=self._keys.url,
            state=f"Signed in as {chosen.name}" if chosen else "Nobody is signed in",
        )

    async def _upload(
        self, line: SandboxLine, who: Customer | None, name: str, media_type: str, content: bytes
    ) -> int:
        stored = await self._call(
            _session_key(line),
            who,
            "POST",
            "uploads",
            params={"name": name},
            data=content,
            headers={"Content-Type": media_type},
        )
        return int(stored["id"])

    async def _call(
        self, key: str, who: Customer | None, method: str, path: str, **options: Any
    ) -> dict[str, Any]:
        """Ask as this person, with a new session if the old one is over."""
        for is_last in (False, True):
            token = self._sessions.get(key) or await self._open(key, who)
            headers = {**options.get("headers", {}), "Authorization": f"Bearer {token}"}
            status, body = await self._ask(method, path, **{**options, "headers": headers})
            if status == 401 and not is_last:
                del self._sessions[key]
                continue
            if status >= 400:
                raise TransientError(f"the desk answered {status}: {body.get('detail', '')}")
            return body
        raise AssertionError("unreachable")

    async def _open(self, key: str, who: Customer | None) -> str:
        body: dict[str, Any] = {}
        if key.startswith("signed:") and who is not None:
            body = {"attestation": self.token_for(who)}
        status, answer = await self._ask("POST", "session", json=body)
        if status != 200:
            raise TransientError(f"the desk answered {status}: {answer.get('detail', '')}")
        self._sessions[key] = str(answer["session_token"])
        if self._sessions_file is not None:
            self._sessions_file.write_text(json.dumps(self._sessions))
        return self._sessions[key]

    async def _ask(self, method: str, path: str, **options: Any) -> tuple[int, dict[str, Any]]:
        if self._http is None or self._desk is None:
            raise TransientError("the site is not running")
        url = f"{self._desk.url}/hooks/{self._desk.hook_token}/{path}"
        async with self._http.request(method, url, **options) as response:
            return response.status, await response.json()


def customer_of(line: SandboxLine) -> Customer:
    """Whoever has this address at the exchange; a new customer for a new address."""
    address = line.address.strip().lower()
    known = _known(address)
    if known is not None and known.name == line.person:
        return known
    number = int.from_bytes(sha256(address.encode()).digest()[:4]) % 900_000 + 100_000
    account = known.account if known else f"HX-{number}"
    language = known.language if known else "en"
    return Customer(
        key="", name=line.person or address, email=address, account=account, language=language
    )


def _known(address: str) -> Customer | None:
    return next((one for one in CUSTOMERS if one.email == address.strip().lower()), None)


def _session_key(line: SandboxLine) -> str:
    return f"{'signed' if line.is_authenticated else 'unknown'}:{line.address.strip().lower()}"


def _heard(message: Mapping[str, Any]) -> SandboxMessage:
    return SandboxMessage(
        at=datetime.fromisoformat(message["at"]),
        text=message["text"],
        attachments=tuple(file["name"] for file in message["files"]),
    )


def _choice(one: Customer | None, chosen: Customer | None) -> str:
    current = ' aria-current="true"' if one == chosen else ""
    href = f"?as={one.key}" if one else "?"
    return f'<a href="{href}"{current}>{one.name if one else "Guest"}</a>'


def _policy(desk: SandboxDesk | None) -> str:
    """As strict as a careful exchange would have it: the widget must live with this."""
    socket = f"ws://{urlsplit(desk.url).netloc}" if desk else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        f" connect-src 'self' {socket}; require-trusted-types-for 'script'; trusted-types;"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
