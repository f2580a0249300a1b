"""Others who work at the desk, each in a browser of their own."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from playwright.async_api import BrowserContext

from tests.browser.desk import PASSWORD, PlayedDesk


async def join(context: BrowserContext, desk: PlayedDesk, name: str, *, role: str) -> None:
    """They were invited by whoever is signed in at the desk, and this profile is signed in as
    them."""
    headers = {"X-CSRF-Token": (await desk.get("/me"))["csrf_token"], "Origin": desk.url}
    made = await desk.context.request.post(
        f"{desk.url}/api/v1/invitations", data={"role": role}, headers=headers
    )
    assert made.ok, await made.text()
    link = urlsplit(str((await made.json())["url"]))
    body = {
        "token": parse_qs(link.query)["token"][0],
        "name": name,
        "email": f"{name.split()[0].lower()}@desk.example",
        "password": PASSWORD,
    }
    joined = await context.request.post(
        f"{desk.url}/api/v1/invitations/accept", data=body, headers={"Origin": desk.url}
    )
    assert joined.ok, await joined.text()
