"""U9: somebody writes, and another agent's page shows it; twenty agents are connected."""

import aiohttp

from bench.bar import Figure, percentile
from bench.sockets import listen
from bench.ui.crowd import open_crowd, shown
from bench.ui.figures import most
from bench.ui.stand import Stand, watch
from tests.rig.agent import COOKIE, AgentClient

AGENTS = 20
RATE = 5
SECONDS = 20


async def measure(stand: Stand) -> list[Figure]:
    desk = stand.desk
    async with aiohttp.ClientSession() as http, open_crowd(stand) as crowd:
        owner = AgentClient(http, desk.url, cookie=await stand.cookie(COOKIE))
        owner.csrf = (await desk.get("/me"))["csrf_token"]
        other = await owner.invite("Kim Park", "kim@desk.example")
        sockets = await listen(
            desk.product.port, "/api/v1/feed", owner.headers, AGENTS - 1, lambda _body, _at: None
        )
        context = await stand.another_profile({COOKIE: other.cookie})
        page = await context.new_page()
        await watch(page)
        await desk.open(page)
        await crowd.open_favourite(page)
        await page.wait_for_timeout(2000)
        await page.evaluate("heard.shown.length = 0")
        await crowd.chat(RATE, SECONDS)
        await page.wait_for_timeout(2000)
        painted = await shown(page, "message.created", "in", "since_told")
        await context.close()
        for socket in sockets:
            socket.close()
    what = "inbound to painted at another of 20 agents: p95"
    return [most("U9", what, percentile(painted, 0.95), "ms", 300)]
