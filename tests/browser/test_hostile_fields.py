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
from tests.browser.desk import DESK_S, PlayedDesk
from tests.browser.looks import walk
from tests.browser.newcomer import SandboxPage, WidgetPage
from tests.browser.populated import populate
from tests.browser.states import State
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
    "cases": ("subject",),
    "messages": ("author_name", "subject", "text"),
    "message_revisions": ("text",),
    "deliveries": ("reason",),
    "attachments": ("name", "refused_reason", "description"),
    "drafts": ("text",),
    "person_notes": ("text",),
    "snippets": ("title",),
    "saved_views": ("name",),
    "labels": ("name",),
    "agents": ("name",),
    "teams": ("name",),
    "topics": ("name",),
    "api_tokens": ("name", "hint"),
    "sessions": ("device", "address"),
    "accounts": ("label", "paused_reason", "own_name"),
    "account_events": ("reason",),
    "quarantine": ("reason", "event_key", "raw_media_type"),
    "places": ("title",),
    "join_proposals": ("reason",),
    "person_merges": ("reason",),
    "audit_log": ("subject",),
    "case_ratings": ("comment",),
    "visited_pages": ("address",),
}
"""Columns of text that pages show."""
WORKSPACE = "/settings/workspace"
_LAID = (
    "insert into quarantine (account_id, event_key, raw, reason, first_seen_at, last_seen_at)"
    " select id, 'k', 'raw', 'Odd.', now(), now() from accounts",
    "insert into case_ratings (case_id, account_id, rating, comment, rated_at)"
    " select c.id, min(a.id), 2, 'Slow.', now() from cases c, accounts a group by c.id",
    "insert into visited_pages (visitor_session_id, address, at)"
    " select id, 'https://shop.example/', now() from visitor_sessions",
)
"""Rows of what only visitors and unreadable events leave."""
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
    """What attacks did: scripts that ran, addresses of the canary's that were asked for, answers
    that failed, as what they hold was then not looked at."""
    done: list[str] = []

    def watch(page: Page) -> None:
        page.on("console", lambda said: done.append(said.text) if "RUN" in said.text else None)
        page.on("dialog", lambda dialog: done.append(dialog.message))
        page.on("response", lambda one: done.append(one.url) if one.status >= 500 else None)

    async def refuse(route: Route) -> None:
        done.append(route.request.url)
        await route.abort()

    bare.on("page", watch)
    await bare.route(re.compile(r"canary\.example"), refuse)
    return done


@pytest.fixture
async def driver(database_url: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """The desk's database, past the desk."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


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


async def _fill(connection: asyncpg.Connection[asyncpg.Record], turn: int) -> dict[str, int]:
    """Every field holds its share: in how many rows, by field."""
    # Rules of the tables are about what services write; here it has been written.
    await connection.execute("set session_replication_role = replica")
    for statement in _LAID:
        await connection.execute(statement)
    filled: dict[str, int] = {}
    for table, names in FIELDS.items():
        for name in names:
            await _unbind(connection, table, name)
            filled[f"{table}.{name}"] = await _update(
                connection,
                f"update {table} set {name} = $1 || ' ' || ctid::text",
                _share(turn + len(filled)),
            )
    for table, name in _OBJECTS.items():
        filled[f"{table}.{name}"] = await _update(
            connection,
            f"update {table} set {name} = jsonb_build_object($1::text, $1::text)",
            _share(turn + len(filled)),
        )
    texts = json.dumps({"en": {"text": _share(turn + len(filled))}})
    filled["snippets.texts"] = await _update(
        connection, "update snippets set texts = $1::jsonb", texts
    )
    return filled


async def _update(
    connection: asyncpg.Connection[asyncpg.Record], statement: str, value: str
) -> int:
    """How many rows it changed."""
    return int((await connection.execute(statement, value)).split()[-1])


async def _name_the_desk(connection: asyncpg.Connection[asyncpg.Record], name: str) -> None:
    """The last of all, as a desk with a name has done the first of its steps."""
    await connection.execute(
        "insert into workspace (id, name, language, time_zone, changed_at)"
        " values (1, $1, 'en', 'UTC', now())",
        name,
    )


async def _any(found: list[str]) -> bool:
    return bool(found)


@pytest.mark.parametrize("turn", TURNS)
async def test_attacks_in_every_field_do_nothing_in_any_state(
    bare: BrowserContext,
    harm: list[str],
    desk: PlayedDesk,
    driver: asyncpg.Connection[asyncpg.Record],
    turn: int,
) -> None:
    ids = await populate(desk)
    filled = await _fill(driver, turn)
    page = await bare.new_page()

    async def look(_: State) -> list[Any]:
        return [*await page.evaluate(OWN_EVENTS), *harm]

    faults = await walk(page, desk, ids, look)
    await _name_the_desk(driver, _share(turn))
    await desk.open(page, WORKSPACE)
    await expect(page.locator("main form input").first).to_have_value(re.compile("RUN"))

    assert len(ATTACKS) >= 300
    assert [field for field, rows in filled.items() if not rows] == []
    assert faults == {}
    assert [*await page.evaluate(OWN_EVENTS), *harm] == []
    # The same page would have told: as markup they do run and load.
    await page.evaluate("text => { document.body.innerHTML = text; }", "\n".join(ORDERED))
    await until(lambda: _any(harm), seconds=DESK_S)


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
    greeting_and_first = 2
    await expect(widget.page.locator(".bubble")).to_have_count(greeting_and_first + 2 * len(pieces))
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
