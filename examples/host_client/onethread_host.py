"""A client of onethread's host API: your site says which accounts it has, and what is theirs.

Standard library only; copy it into your site. Saying the same again changes nothing, so repeat a
call that broke off (a link code is another one then). Errors are `HostError` with the desk's own
code and field.

    desk = HostDesk("https://support.example.com", token="ot_...")
    desk.declare("41", display_name="Ana", tier="vip", risk="low", language="pt")
    desk.link("41", "email", "ana@example.com")
    code = desk.make_link_code("41")["code"]
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

TIMEOUT_SECONDS = 15


class HostError(Exception):
    """The desk refused: `status`, its `code`, and the `field` that is wrong, if one is."""

    def __init__(self, status: int, code: str, detail: str, field: str | None) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.field = field


class HostDesk:
    """`token` is made by `onethread token add "our site" --role host`; keep it on your server."""

    def __init__(self, url: str, token: str) -> None:
        if not url.startswith(("https://", "http://")):
            raise ValueError("url must be the desk's web address")
        self._url = url.rstrip("/")
        self._token = token

    def declare(self, account: str, **said: Any) -> dict[str, Any]:
        """All that you say of an account: display_name, language, tier, risk, attributes,
        is_closed. What is left out is not said any more.
        """
        return self._call("PUT", ["accounts", account], said)

    def read(self, account: str) -> dict[str, Any] | None:
        """The account with its links. None: nobody has declared it."""
        try:
            return self._call("GET", ["accounts", account])
        except HostError as error:
            if error.status == 404:
                return None
            raise

    def close(self, account: str) -> None:
        """Nothing is linked to it any more, and its tokens are worth nothing."""
        self._call("DELETE", ["accounts", account])

    def link(self, account: str, realm: str, handle: str, shown_as: str = "") -> dict[str, Any]:
        """You have verified that this handle is the account's: realm `email`, `telegram`, ..."""
        return self._call("PUT", ["accounts", account, "links", realm, handle], shown_as=shown_as)

    def unlink(self, account: str, realm: str, handle: str) -> None:
        """It is not theirs any more, whatever had linked it."""
        self._call("DELETE", ["accounts", account, "links", realm, handle])

    def make_link_code(self, account: str, channels: list[str] | None = None) -> dict[str, Any]:
        """`code` and `expires_at`: show it to whoever is signed in as this account."""
        body = {} if channels is None else {"channels": channels}
        return self._call("POST", ["accounts", account, "link-codes"], body)

    def confirm_step_up(self, token: str, account: str) -> dict[str, Any]:
        """`token` came with the link that the desk sent; whoever followed it is signed in as
        `account` and has just proven so anew (a password, a second factor).
        """
        return self._call("POST", ["step-ups", token], {"account": account})

    def events(self, after: int = 0) -> Iterator[dict[str, Any]]:
        """What happened after this position; keep the last event's `position` for the next time.

        Raises HostError `too_old` if you were away too long: read your accounts afresh.
        """
        while True:
            page = self._call("GET", ["events"], query={"after": after, "limit": 500})
            yield from page["events"]
            after = page["position"]
            if after >= page["newest"]:
                return

    def _call(
        self,
        method: str,
        path: list[str],
        body: dict[str, Any] | None = None,
        *,
        query: dict[str, int] | None = None,
        **said: Any,
    ) -> Any:
        # Ids may hold anything: a slash in one must not become a step in the path.
        steps = "/".join(quote(step, safe="") for step in path)
        address = f"{self._url}/api/v1/host/{steps}"
        if query:
            address += "?" + urlencode(query)
        sent = body if body is not None else (said or None)
        request = Request(  # noqa: S310 - http or https: see __init__
            address,
            method=method,
            data=None if sent is None else json.dumps(sent).encode(),
            headers={
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
            },
        )
        try:
            with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
                raw = answer.read()
        except HTTPError as error:
            raise _refusal(error) from error
        return json.loads(raw) if raw else None


def _refusal(error: HTTPError) -> HostError:
    try:
        said = json.loads(error.read())
    except ValueError:
        said = {}
    return HostError(
        error.code, said.get("code", "unknown"), said.get("detail", ""), said.get("field")
    )
