"""U7: an agent types while fifty events a second arrive."""

import asyncio
import time
from functools import partial
from itertools import cycle

from bench.bar import Figure, percentile
from bench.ui.crowd import Crowd, open_crowd, shown
from bench.ui.figures import best_round, least, most
from bench.ui.stand import Stand, busy_seconds, metrics_of

RATE = 27
"""Words a second. Each is two events: the message, and what triage finds in it."""
SECONDS = 20
BETWEEN_KEYS_MS = 120
GIVEN_UP_MS = 2000
"""By then what has not been shown counts as never."""
TEXT = "I have looked into it, and it is on its way to you. "


async def measure(stand: Stand) -> list[Figure]:
    async with open_crowd(stand) as crowd:
        return await best_round(partial(_round, stand, crowd))


async def _round(stand: Stand, crowd: Crowd) -> list[Figure]:
    await crowd.say("Hello.")  # whatever was said in a round before
    page = await stand.page("/inbox/open")
    await crowd.open_favourite(page)
    await page.get_by_role("textbox", name="Write a reply").click()
    await page.wait_for_timeout(2000)
    session = await metrics_of(page)
    await page.evaluate("heard.events = 0, heard.shown.length = 0")
    worked, began = await busy_seconds(session), time.monotonic()
    chat = asyncio.create_task(crowd.chat(RATE, SECONDS))
    for letter in cycle(TEXT):
        await page.keyboard.type(letter, delay=BETWEEN_KEYS_MS)
        if chat.done():  # who typed on to the end of the text would type after the last event
            break
    await chat
    worked, lasted = await busy_seconds(session) - worked, time.monotonic() - began
    events = int(await page.evaluate("heard.events"))
    await page.wait_for_timeout(GIVEN_UP_MS)
    painted = await shown(page, "message.created", "in", "since_heard")
    messages = await page.locator("[data-message]").count()
    await page.close()
    return [
        least("U7", "events a second while typing", events / lasted, "events", 50),
        most("U7", "event to painted: p95", percentile(painted, 0.95), "ms", 50),
        most("U7", "main thread busy", 100 * worked / lasted, "%", 20),
        most("U7", "messages in the document", messages, "messages", 300),
    ]
