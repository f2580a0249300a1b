"""Somebody signed in at the host's own site, whose server vouches for them with a token."""

from __future__ import annotations

import time
import uuid
from typing import Any

import aiohttp
from joserfc import jwt
from joserfc.jwk import OctKey

KID = "story"
AUDIENCE = "story-desk"


class SignedVisitor:
    """One widget session that a token of the site opened."""

    def __init__(self, http: aiohttp.ClientSession, hook_url: str, session_token: str) -> None:
        self._http = http
        self._hook_url = hook_url
        self._headers = {"Authorization": f"Bearer {session_token}"}

    @classmethod
    async def sign_in(
        cls,
        http: aiohttp.ClientSession,
        hook_url: str,
        *,
        key: str,
        account: str,
        name: str,
        email: str,
    ) -> SignedVisitor:
        now = int(time.time())
        claims = {
            "sub": account,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + 120,
            "jti": uuid.uuid4().hex,
            "name": name,
            "email": email,
            "email_verified": True,
        }
        header = {"alg": "HS256", "kid": KID, "typ": "JWT"}
        token = jwt.encode(header, claims, OctKey.import_key(key), algorithms=["HS256"])
        async with http.post(f"{hook_url}/session", json={"attestation": token}) as response:
            answer = await response.json()
            assert response.status == 200, answer
            assert answer["is_signed"] is True
        return cls(http, hook_url, answer["session_token"])

    async def say(self, text: str, *, files: dict[str, bytes] | None = None) -> int:
        """The message's place in the order, once it is committed."""
        uploads = []
        for name, content in (files or {}).items():
            async with self._http.post(
                f"{self._hook_url}/uploads",
                params={"name": name},
                data=content,
                headers=self._headers,
            ) as response:
                assert response.status == 201, await response.text()
                uploads.append((await response.json())["id"])
        body = {"client_id": uuid.uuid4().hex, "text": text, "attachment_ids": uploads}
        async with self._http.post(
            f"{self._hook_url}/messages", json=body, headers=self._headers
        ) as response:
            assert response.status == 200, await response.text()
            return int((await response.json())["seq"])

    async def answers(self) -> list[dict[str, Any]]:
        """What the desk said to them, oldest first."""
        return [message for message in await self.stream() if not message["is_own"]]

    async def stream(self) -> list[dict[str, Any]]:
        """All that they see in the chat, oldest first."""
        async with self._http.get(f"{self._hook_url}/messages", headers=self._headers) as response:
            assert response.status == 200, await response.text()
            found: list[dict[str, Any]] = (await response.json())["messages"]
        return found

    async def file(self, file_id: int) -> bytes:
        async with self._http.get(
            f"{self._hook_url}/files/{file_id}", headers=self._headers
        ) as response:
            assert response.status == 200, await response.text()
            return await response.read()
