"""U3: a browser that was never here: from the address to rows painted and keys that work."""

from playwright.async_api import BrowserContext, CDPSession

from bench.bar import Figure, percentile
from bench.ui.figures import most
from bench.ui.stand import Stand, watch

LOADS = 12
SLOW_LOADS = 6
SLOWER = 4
LINE = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
# A key works when it has an effect: the page goes to the first conversation.
_LIVE = """async () => {
  const isThere = () => {
    if (!document.querySelector("[role=listitem] a.row")) return false;
    const press = {key: "j", code: "KeyJ", bubbles: true, cancelable: true};
    document.body.dispatchEvent(new KeyboardEvent("keydown", press));
    return /\\/inbox\\/open\\/\\d+/.test(location.pathname);
  };
  await pace.until(isThere, 60000);
  return performance.now();
}"""


async def measure(stand: Stand) -> list[Figure]:
    fast = [await _load(stand, is_slow=False) for _ in range(LOADS)]
    slow = [await _load(stand, is_slow=True) for _ in range(SLOW_LOADS)]
    return [
        most("U3", "cold load to rows and keys: p95", percentile(fast, 0.95), "ms", 1500),
        most(
            "U3",
            "cold load, CPU × 4, 1.6 Mbit/s, 150 ms: p95",
            percentile(slow, 0.95),
            "ms",
            4000,
        ),
    ]


async def _load(stand: Stand, *, is_slow: bool) -> float:
    """Milliseconds since the address was given. The session is there, everything else is not."""
    context: BrowserContext = await stand.another_profile()
    page = await context.new_page()
    await watch(page)
    if is_slow:
        session: CDPSession = await context.new_cdp_session(page)
        await session.send("Network.enable")
        await session.send("Network.emulateNetworkConditions", LINE)
        await session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    await page.goto(f"{stand.desk.url}/inbox/open", wait_until="commit")
    taken = float(await page.evaluate(_LIVE))
    await context.close()
    return taken
