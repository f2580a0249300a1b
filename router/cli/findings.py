"""What `doctor` looks at on this machine and in the record, one function a question."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from router.settings import CONFIG_FILE, Settings

if TYPE_CHECKING:
    from router.foundation import Foundation

MIN_VERSION = 150000
MIN_FREE = 1 << 30
MOST_SKEW = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    name: str
    level: Literal["ok", "warning", "fault"]
    detail: str
    fix: str = ""


def ok(name: str, detail: str) -> Finding:
    return Finding(name=name, level="ok", detail=detail)


def warning(name: str, detail: str, fix: str) -> Finding:
    return Finding(name=name, level="warning", detail=detail, fix=fix)


def fault(name: str, detail: str, fix: str) -> Finding:
    return Finding(name=name, level="fault", detail=detail, fix=fix)


def settings_file(settings: Settings) -> Finding:
    if Path(CONFIG_FILE).is_file():
        return ok("settings", f"{CONFIG_FILE} in {Path.cwd()}")
    return ok("settings", f"no {CONFIG_FILE} in {Path.cwd()}: defaults and ONETHREAD_*")


def data_folder(settings: Settings) -> Finding:
    folder = settings.data_dir.absolute()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        return fault(
            "data folder",
            f"{existing} cannot be written",
            "Give it to the account that runs onethread, or set data_dir (ONETHREAD_DATA_DIR).",
        )
    free = shutil.disk_usage(existing).free
    if free < MIN_FREE:
        return warning(
            "data folder",
            f"{free >> 20} MiB are free in {existing}",
            "Make room: a full disk stops everything that is to be stored.",
        )
    return ok("data folder", f"{folder}, {free >> 30} GiB free")


def secret_key(settings: Settings) -> Finding:
    if settings.secret_key is not None:
        return ok("secret key", "set by secret_key")
    path = settings.data_dir / "secret_key"
    if not path.exists():
        return ok("secret key", f"will be made in {path} at the first start; back it up")
    if path.stat().st_mode & 0o077:
        return fault("secret key", f"others on this machine may read {path}", f"chmod 600 {path}")
    return ok("secret key", f"{path}; back it up")


def public_address(settings: Settings) -> Finding:
    if settings.public_url is None:
        return ok("public address", f"none: for this machine only, at {settings.web_url}")
    if not settings.is_https:
        return warning(
            "public address",
            f"{settings.public_url} is not encrypted",
            "Put a proxy with a certificate in front and set public_url to its https address:"
            " passwords and cookies travel in clear otherwise.",
        )
    return ok("public address", settings.public_url)


def port(settings: Settings) -> Finding:
    host, number = settings.listen_host, settings.listen_port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, number))
        except OSError as error:
            if _answers(host, number):
                return ok("port", f"a desk answers at {settings.listen}")
            return fault(
                "port",
                f"{settings.listen} cannot be used: {error.strerror}",
                "Stop what uses it, or choose another in listen (ONETHREAD_LISTEN).",
            )
    return ok("port", f"{settings.listen} is free")


def _answers(host: str, number: int) -> bool:
    import http.client

    connection = http.client.HTTPConnection(host, number, timeout=2)
    try:
        connection.request("GET", "/healthz", headers={"Host": f"localhost:{number}"})
        return connection.getresponse().read() == b'{"status":"ok"}'
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def web_part() -> Finding:
    from router.web.assets import is_built

    if is_built():
        return ok("web part", "built")
    return fault(
        "web part",
        "the inbox was not built",
        "In a checkout run make web; otherwise install the released wheel.",
    )


def channels() -> list[Finding]:
    from router.runtime.registry import Registry

    return [
        fault(f"channel {entry.channel}", entry.problem, "Install what it names, then start again.")
        for entry in Registry().channels()
        if entry.problem is not None
    ] or [ok("channels", ", ".join(entry.channel for entry in Registry().channels()))]


async def server(base: "Foundation") -> list[Finding]:
    from router.storage.server import server_facts

    async with base.database.reading() as work:
        before = base.clock.now()
        facts = await server_facts(work)
        skew = abs((facts.now - before).total_seconds())
    found = [ok("database", f"PostgreSQL {facts.version // 10000}, {facts.encoding}")]
    if facts.version < MIN_VERSION:
        found = [
            fault(
                "database",
                f"PostgreSQL {facts.version // 10000} is too old",
                "Use 15 or newer, or leave database_url unset for the one that comes along.",
            )
        ]
    elif facts.encoding != "UTF8":
        found = [
            fault(
                "database",
                f"its encoding is {facts.encoding}",
                "Make it anew: create database onethread encoding 'UTF8' template template0.",
            )
        ]
    elif not facts.may_create:
        found = [
            fault(
                "database",
                "our role may not make tables",
                "As its owner: grant create on schema public to the role in database_url.",
            )
        ]
    if skew > MOST_SKEW:
        found.append(
            fault(
                "clock",
                f"this machine and the database are {skew:.1f} s apart",
                "Run a time service (systemd-timesyncd, chrony) on both: codes and links end by"
                " the clock.",
            )
        )
    else:
        found.append(ok("clock", "agrees with the database's"))
    return found


async def schema(base: "Foundation") -> Finding:
    from router.storage.migrate import newest_revision
    from router.storage.ops import schema_revision

    async with base.database.reading() as work:
        revision = await schema_revision(work)
    if revision == newest_revision():
        return ok("schema", f"revision {revision}")
    return fault(
        "schema",
        f"the database is at {revision or 'nothing'}, this version needs {newest_revision()}",
        "onethread migrate; if the database is newer, install the newer version.",
    )


async def secrets(base: "Foundation") -> Finding:
    from router.services.keyring import SealBroken
    from router.storage.server import sealed_rows

    async with base.database.reading() as work:
        rows = await sealed_rows(work)
    broken = []
    for row in rows:
        try:
            base.keyring.unseal(row.sealed, row=row.name)
        except SealBroken:
            broken.append(row.name)
    if not broken:
        return ok("secrets", f"{len(rows)} can be opened")
    return fault(
        "secrets",
        f"the secret key does not open {', '.join(broken[:5])}",
        "Bring back the key that sealed them, or enter the accounts' passwords again"
        " (onethread agent reset --totp for agents).",
    )


async def staff(base: "Foundation") -> Finding:
    from router.services.agents import list_agents

    agents = [one for one in await list_agents(base.database) if one.is_active]
    owners = [one for one in agents if one.role == "owner"]
    if not agents:
        return warning(
            "agents", "there are none", "Open the link that serve prints, or onethread agent add."
        )
    if not owners:
        return fault("agents", "nobody is owner", "onethread agent add ... --role owner")
    bare = [one.id for one in owners if not one.has_totp]
    if bare and base.settings.public_url is not None:
        return warning(
            "agents",
            f"{len(bare)} of {len(owners)} owners sign in without a second factor",
            "Set one up in the settings page, or demand it with require_totp.",
        )
    return ok("agents", f"{len(agents)}, {len(owners)} of them owners")


async def accounts(base: "Foundation", *, checks_networks: bool) -> AsyncIterator[Finding]:
    from router.services.accounts import list_accounts

    rows = await list_accounts(base.database)
    if not rows:
        yield warning("accounts", "there are none", "onethread account add, or the inbox's form.")
    for row in rows:
        name = f"account {row.label}"
        if row.is_sandbox:
            yield ok(name, "belongs to the sandbox")
        elif row.state == "paused":
            yield fault(
                name,
                f"paused: {row.paused_reason}",
                f"Mend it, then: onethread account check {row.id} && onethread account resume"
                f" {row.id}",
            )
        elif checks_networks:
            yield await _network(base, row.id, name)
        else:
            yield ok(name, str(row.health.get("state", "starting")))


async def _network(base: "Foundation", account_id: int, name: str) -> Finding:
    from router.runtime.account_check import check_account
    from router.services.accounts import load_row

    found = await check_account(base.factory, await load_row(base.database, account_id))
    bad = next((step for step in found.steps if not step.ok), None)
    if bad is None:
        return ok(name, f"signs in as {found.shown_as}")
    return fault(name, f"{bad.name}: {bad.detail}", bad.fix)


async def on_machine(settings: Settings) -> list[Finding]:
    """What needs no database."""
    found = [
        settings_file(settings),
        data_folder(settings),
        secret_key(settings),
        public_address(settings),
        await asyncio.to_thread(port, settings),
        await asyncio.to_thread(web_part),
    ]
    return found + await asyncio.to_thread(channels)


async def in_record(base: "Foundation", *, checks_networks: bool) -> list[Finding]:
    """What only the record can tell."""
    found = await server(base)
    found.append(await schema(base))
    if any(one.level == "fault" for one in found):
        return found
    found += [await secrets(base), await staff(base)]
    return found + [one async for one in accounts(base, checks_networks=checks_networks)]
