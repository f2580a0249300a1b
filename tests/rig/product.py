"""The product as an outsider runs it: a process with a command line, an address and a log."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import re
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import aiohttp

from tests.rig.ports import free_ports

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("-m", "router")
READY_LIMIT_S = 120.0
STOP_LIMIT_S = 20.0
_SETUP_LINK = re.compile(r"(http://\S+/setup\S*)")
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class NotReady(AssertionError):
    """The process ended or did not answer in time; its log is in the message."""


class Product:
    """One `serve` process, started again and again in the same folder."""

    def __init__(
        self,
        folder: Path,
        *,
        database_url: str | None = None,
        program: Sequence[str] = PRODUCT,
        arguments: Sequence[str] = (),
        settings: Mapping[str, str] | None = None,
        port: int | None = None,
    ) -> None:
        """Without an address of a database it brings its embedded one."""
        self.folder = folder
        self.port = port or free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self.program = tuple(program)
        self.rss_mib = 0.0
        """The most that was seen of any of its lives."""
        self.starved_s = 0.0
        """How long it waited for a processor before it was ready."""
        self._arguments = tuple(arguments)
        self._settings = dict(settings or {})
        if database_url is not None:
            self._settings["DATABASE_URL"] = database_url
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def log_path(self) -> Path:
        return self.folder / "serve.log"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self, *, failpoints: str = "") -> None:
        """The process exists. `failpoints` as `router.failpoints` reads them."""
        assert not self.is_alive
        with self.log_path.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *self.program,
                "serve",
                *self._arguments,
                cwd=self.folder,
                env=self._environment(failpoints),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_parent,
            )
        self._watch = asyncio.create_task(self._measure(self._process.pid))

    async def until_ready(self) -> float:
        """Seconds until /readyz said yes. Raises NotReady.

        What it waits for a processor is not its own fault: the limit leaves that out.
        """
        began = time.monotonic()
        timeout = aiohttp.ClientTimeout(total=5)
        async with aiohttp.ClientSession(timeout=timeout) as http:
            while time.monotonic() - began - starved_s(self.pid) < READY_LIMIT_S:
                if not self.is_alive:
                    break
                try:
                    async with http.get(f"{self.url}/readyz") as response:
                        if response.status == 200:
                            self.starved_s = starved_s(self.pid)
                            return time.monotonic() - began
                except (aiohttp.ClientError, TimeoutError):
                    pass
                await asyncio.sleep(0.05)
        raise NotReady(f"{self.url} is not ready:\n{self.log()[-4000:]}")

    async def kill(self) -> None:
        """SIGKILL, and it is gone."""
        assert self._process is not None
        if self.is_alive:
            # It may have died by itself, and nobody has told us yet.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)
        await self.ended()

    async def ended(self) -> int:
        """Its exit status, once it is gone, whyever."""
        assert self._process is not None
        status = await self._process.wait()
        if self._watch is not None:
            self._watch.cancel()
        return status

    async def stop(self) -> None:
        """SIGTERM; SIGKILL for one that takes no notice. Idempotent."""
        if self._process is None or not self.is_alive:
            return
        os.kill(self._process.pid, signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_LIMIT_S):
                await self.ended()
        except TimeoutError:
            await self.kill()

    async def command(self, *arguments: str, status: int = 0) -> str:
        """What another command of the product prints. Raises AssertionError with what it said."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *PRODUCT,
            *arguments,
            cwd=self.folder,
            env=self._environment(""),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode == status, (arguments, out.decode(), err.decode())
        return out.decode()

    async def setup_link(self) -> str:
        """What `serve` prints at its first start, a moment after it is ready."""
        give_up = time.monotonic() + READY_LIMIT_S
        while not (found := _SETUP_LINK.findall(self.log())):
            if time.monotonic() > give_up:
                raise NotReady(f"no link to create the first agent:\n{self.log()[-2000:]}")
            await asyncio.sleep(0.05)
        return str(found[-1])

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def _environment(self, failpoints: str) -> dict[str, str]:
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith("ONETHREAD_")
        }
        settings = {
            "DATA_DIR": str(self.folder / "onethread"),
            "LISTEN": f"127.0.0.1:{self.port}",
            "LOG_FORMAT": "json",
            **self._settings,
        }
        if failpoints:
            settings |= {"TEST_BUILD": "1", "FAILPOINTS": failpoints}
        return {
            **inherited,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            **{f"ONETHREAD_{name}": value for name, value in settings.items()},
        }

    async def _measure(self, pid: int) -> None:
        """Looks at the memory a few times a second, since a killed process cannot be asked."""
        while True:
            self.rss_mib = max(self.rss_mib, rss_mib(pid))
            await asyncio.sleep(0.25)


def rss_mib(pid: int) -> float:
    """Resident memory; 0 for a process that is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def starved_s(pid: int) -> float:
    """Seconds that its main thread was ready to run and another had the processor (Linux)."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


def _die_with_parent() -> None:
    """In the child: a rig that is killed leaves nothing running."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
