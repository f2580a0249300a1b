"""U20: a fresh clone on a machine without Node, one command, and the inbox is in the browser."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from playwright.async_api import async_playwright

from bench.bar import Figure
from bench.ui.figures import most
from bench.ui.stand import WINDOW, Stand
from tests import run_folder
from tests.browser.conftest import ARGUMENTS
from tests.browser.newcomer import InboxPage
from tests.real import require_program
from tests.rig.ports import free_ports
from tests.rig.product import ROOT

NODE = ("node", "nodejs", "npm", "npx", "corepack")
PATIENCE_S = 600
LOG = "run.log"


async def measure(_stand: Stand | None) -> list[Figure]:
    folder = run_folder.path() / "fresh"
    clone = await asyncio.create_subprocess_exec("git", "clone", "-q", str(ROOT), str(folder))
    assert await clone.wait() == 0
    folder.chmod(0o755)  # its PostgreSQL gives up root, and must get there
    tools = _without_node(run_folder.path() / "tools")
    async with async_playwright() as playwright:
        program = require_program("chromium")
        browser = await playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        inbox = InboxPage(await (await browser.new_context(**WINDOW)).new_page())
        port = free_ports(1)[0]
        async with _made(folder, tools, port) as began:
            await inbox.set_up(await _until(lambda: _link(folder), began))
            first = time.monotonic() - began
        async with _made(folder, tools, port) as began:
            await _until(lambda: _answers(port), began)
            await inbox.page.goto(f"http://127.0.0.1:{port}/inbox/open")
            await inbox.rows_place.wait_for()
            second = time.monotonic() - began
        await browser.close()
    for made in (folder, tools):
        shutil.rmtree(made)
    return [
        most("U20", "fresh clone to the inbox by one command, no Node", first, "s", 60),
        most("U20", "second start to the inbox", second, "s", 2),
    ]


def _without_node(folder: Path) -> Path:
    """All commands of this machine but Node's, as a PATH of one folder."""
    folder.mkdir()
    for place in os.get_exec_path():
        for tool in Path(place).iterdir() if Path(place).is_dir() else ():
            if tool.name not in NODE and not (folder / tool.name).is_symlink():
                (folder / tool.name).symlink_to(tool)
    return folder


@asynccontextmanager
async def _made(clone: Path, tools: Path, port: int) -> AsyncIterator[float]:
    """`make run` goes on in there; gives when it was typed, and ends all of it."""
    python = f"PYTHON={Path(sys.base_prefix) / 'bin' / 'python3'}"
    kept = {name: text for name, text in os.environ.items() if not name.startswith("ONETHREAD_")}
    environment = {**kept, "PATH": str(tools), "ONETHREAD_LISTEN": f"127.0.0.1:{port}"}
    began = time.monotonic()
    with (clone / LOG).open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *("make", "run", python),
            cwd=clone,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield began
    except BaseException:
        print((clone / LOG).read_text()[-3000:], file=sys.stderr)
        raise
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        await process.wait()


async def _until(look: Callable[[], Awaitable[str]], began: float) -> str:
    while not (found := await look()):
        if time.monotonic() - began > PATIENCE_S:
            raise TimeoutError
        await asyncio.sleep(0.05)
    return found


async def _link(clone: Path) -> str:
    """To create the first agent; empty until it is printed."""
    found = re.search(r"http://\S+/setup\S*", (clone / LOG).read_text())
    return found[0] if found else ""


async def _answers(port: int) -> str:
    """Empty until somebody listens and is ready."""
    try:
        async with aiohttp.request("GET", f"http://127.0.0.1:{port}/readyz") as answer:
            return "ready" if answer.status == 200 else ""
    except aiohttp.ClientError:
        return ""
