"""A01: attacks in every field that a page shows, in every state of the inbox, chat and help centre.

The pages' own policy (CSP) is switched off here: what keeps the attacks from running is how the
pages are made. `test_hostile_mail.py` looks at mails with the policy on.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.attacks import attacks
from tests.browser.desk import PlayedDesk
from tests.browser.looks import walk
from tests.browser.newcomer import SandboxPage, WidgetPage
from tests.browser.states import State, populate
from tests.waiting import until

ATTACKS = [one.replace("\x00", "") for one in attacks()]
# What would swallow the rest of its field stands at the end, and tells nothing of the others.
_SWALLOWS = re.compile(
    r"<(plaintext|script|style|textarea|title|xmp|noscript|noembed|noframes|!--)"
)
ORDERED = sorted(ATTACKS, key=lambda one: (_SWALLOWS.search(one) is not None, one))
SHARES = 8
"""Each field holds one share of the attacks, the next field the next: in so many turns, all."""
TURNS = range(SHARES) if os.environ.get("ONETHREAD_EVERY_TURN") else (0,)
MOST_CHARACTERS = 4_000
GRACE = "Grace Hopper"

FIELDS = {
    "persons": ("display_name",),
    "identities": ("shown_as",),
    "cases": ("subject", "topic"),
    "messages": ("author_name", "subject", "text"),
    "message_revisions": ("text",),
    "deliveries": ("reason",),
    "attachments": ("name", "refused_reason", "description"),
    "drafts": ("text",),
    "person_notes": ("text",),
    "snippets": ("title",),
    "saved_views": ("name", "icon"),
    "labels": ("name",),
    "agents": ("name",),
    "teams": ("name",),
    "reply_topics": ("name",),
    "api_tokens": ("name", "hint"),
    "sessions": ("agent_name",),
    "accounts": ("label", "paused_reason", "own_name"),
    "account_events": ("reason",),
    "quarantine": ("reason", "event_key", "raw_media_type"),
    "places": ("title",),
    "join_proposals": ("reason",),
    "person_merges": ("reason",),
    "audit_log": ("subject",),
}
"""Columns of text that pages show. Those that a table has not (yet) are left out."""
_OBJECTS = {
    "persons": "attributes",
    "audit_log": "facts",
}
OWN_EVENTS = """() => [...document.querySelectorAll("*")].flatMap((one) =>
  [...one.attributes].filter((own) => /^on/i.test(own.name)).map((own) => own.name))"""


@pytest.fixture
async def bare(chromium: Browser, desk: PlayedDesk) -> AsyncIterator[BrowserContext]:
    """The agent's browser without the pages' policy."""
    context = await chromium.new_context(
        viewport={"width": 1440, "height": 900},
        locale="en-GB",
        bypass_csp=True,
        reduced_motion="reduce",
        storage_state=await desk.context.storage_state(),
    )
    yield context
    await context.close()


@pytest.fixture
async def harm(bare: BrowserContext) -> list[str]:
    """What attacks did: scripts that ran, addresses of the canary's that were asked for."""
    done: list[str] = []

    def watch(page: Page) -> None:
        page.on("console", lambda said: done.append(said.text) if "RUN" in said.text else None)
        page.on("dialog", lambda dialog: done.append(dialog.message))

    async def refuse(route: Route) -> None:
        done.append(route.request.url)
        await route.abort()

    bare.on("page", watch)
    await bare.route(re.compile(r"canary\.example"), refuse)
    return done


async def _unbind(connection: asyncpg.Connection[asyncpg.Record], table: str, column: str) -> None:
    """No index or rule of its table keeps this column short."""
    for row in await connection.fetch(
        "select conname from pg_constraint where conrelid = $1::regclass and contype in ('u', 'c')"
        " and pg_get_constraintdef(oid) ~ ('\\m' || $2 || '\\M')",
        table,
        column,
    ):
        await connection.execute(f"alter table {table} drop constraint {row['conname']} cascade")
    for row in await connection.fetch(
        "select indexname from pg_indexes where tablename = $1"
        " and indexdef ~ ('\\m' || $2 || '\\M')",
        table,
        column,
    ):
        await connection.execute(f"drop index {row['indexname']}")


def _share(number: int) -> str:
    return "\n".join(ORDERED[number % SHARES :: SHARES])


async def _fill(database_url: str, turn: int) -> int:
    """Every field holds its share; how many fields that are."""
    connection = await asyncpg.connect(database_url)
    filled = turn
    # Rules of the tables are about what services write; here it has been written.
    await connection.execute("set session_replication_role = replica")
    known = await connection.fetch(
        "select table_name, column_name from information_schema.columns"
        " where table_schema = 'public'"
    )
    columns = {(row["table_name"], row["column_name"]) for row in known}
    for table, names in FIELDS.items():
        for name in names:
            if (table, name) not in columns:
                continue
            await _unbind(connection, table, name)
            await connection.execute(
                f"update {table} set {name} = $1 || ' ' || ctid::text", _share(filled)
            )
            filled += 1
    for table, name in _OBJECTS.items():
        await connection.execute(
            f"update {table} set {name} = jsonb_build_object($1::text, $1::text)", _share(filled)
        )
        filled += 1
    texts = {"en": {"text": _share(filled)}}
    await connection.execute("update snippets set texts = $1::jsonb", json.dumps(texts))
    await connection.close()
    return filled + 1 - turn


async def _any(found: list[str]) -> bool:
    return bool(found)


@pytest.mark.parametrize("turn", TURNS)
async def test_attacks_in_every_field_do_nothing_in_any_state(
    bare: BrowserContext, harm: list[str], desk: PlayedDesk, database_url: str, turn: int
) -> None:
    ids = await populate(desk)
    filled = await _fill(database_url, turn)
    page = await bare.new_page()

    async def look(_: State) -> list[Any]:
        return [*await page.evaluate(OWN_EVENTS), *harm]

    faults = await walk(page, desk, ids, look)

    assert len(ATTACKS) >= 300
    assert filled >= 30
    assert faults == {}
    # The same page would have told: as markup they do run and load.
    await page.evaluate("text => { document.body.innerHTML = text; }", "\n".join(ORDERED))
    await until(lambda: _any(harm), seconds=15)


async def test_attacks_do_nothing_in_the_chat_either_way_nor_in_the_help_centre(
    bare: BrowserContext, harm: list[str], desk: PlayedDesk
) -> None:
    sandbox = SandboxPage(await bare.new_page())
    await sandbox.page.goto(f"{desk.url}/sandbox")
    widget = WidgetPage(await sandbox.open_site(GRACE))
    await widget.open()
    pieces = ["\n".join(ORDERED[at : at + 40]) for at in range(0, len(ORDERED), 40)]
    await widget.say("first words")
    for piece in pieces:
        await widget.say(piece[:MOST_CHARACTERS])
    await expect(widget.page.get_by_text("Sent", exact=True)).to_be_visible()
    [row] = await desk.rows()
    for number, piece in enumerate(pieces):
        body = {"client_key": f"k{number}", "kind": "reply", "text": piece[:MOST_CHARACTERS]}
        await desk.post(f"/conversations/{row['person_id']}/messages", body)
    await expect(widget.page.locator(".bubble")).to_have_count(2 * len(pieces) + 1)
    assert await widget.page.evaluate(OWN_EVENTS) == []

    for piece in pieces:
        await sandbox.page.goto(f"{desk.url}/help/en/contact")
        # Let through by the browser and refused by the desk, the form shows it all again.
        await sandbox.page.locator("form:has(textarea)").evaluate("one => one.noValidate = true")
        await sandbox.page.get_by_label("Your e-mail address").fill("nobody")
        await sandbox.page.get_by_label("Subject").fill(piece[:100])
        await sandbox.page.get_by_label("Your message").fill(piece)
        await sandbox.page.get_by_role("button", name="Send").click()
        await expect(sandbox.page.get_by_role("alert")).to_be_visible()
        assert await sandbox.page.evaluate(OWN_EVENTS) == []
    assert harm == []
