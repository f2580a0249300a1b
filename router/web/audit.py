"""Routes: the record of who did what, and what each role may do."""

import csv
import io
import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Annotated

import msgspec
from aiohttp import web

from router.services.roles import PERMISSIONS, Permission, Role
from router.services.viewer import viewer_of
from router.storage.audit import AuditRow, Wanted, list_before
from router.web.arguments import Id
from router.web.context import Call
from router.web.policy import allow
from router.web.routes import OPERATIONS, Routes

routes = Routes(tag="audit")

READ = allow(Permission.READ_AUDIT)
EXPORT_PAGE = 500

Count = Annotated[int, msgspec.Meta(ge=1, le=200)]
Word = Annotated[str, msgspec.Meta(max_length=100)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    facts: dict[str, str | int | bool | list[str | int] | None]
    hash: str


class AuditEntries(msgspec.Struct, frozen=True, kw_only=True):
    entries: tuple[AuditEntry, ...]
    next: int | None
    """For `before`; null: that was the last page."""


class Allowed(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that may be done, and what of the API it opens."""

    permission: Permission
    roles: tuple[Role, ...]
    routes: tuple[str, ...]
    """As `METHOD path`."""


class Roles(msgspec.Struct, frozen=True, kw_only=True):
    roles: tuple[Role, ...]
    permissions: tuple[Allowed, ...]


@routes.get("/audit", policy=READ)
async def list_audit(
    call: Call,
    actor: Word = "",
    action: Word = "",
    subject: Word = "",
    since: Moment | None = None,
    until: Moment | None = None,
    before: Id | None = None,
    limit: Count = 50,
) -> AuditEntries:
    """Who did what, newest first, without what was done to cases that you do not see.

    `account` finds `account.paused`, `accounts` `accounts/7`.
    """
    wanted = Wanted(actor=actor, action=action, subject=subject, since=since, until=until)
    async with call.context.database.reading() as work:
        sight = viewer_of(call.caller).sight
        rows = await list_before(work, before, limit + 1, wanted, sight=sight)
    entries = tuple(_to_entry(row) for row in rows[:limit])
    return AuditEntries(entries=entries, next=entries[-1].id if len(rows) > limit else None)


@routes.get("/audit/export", policy=READ, gives=("text/csv",))
async def export_audit(
    call: Call,
    actor: Word = "",
    action: Word = "",
    subject: Word = "",
    since: Moment | None = None,
    until: Moment | None = None,
) -> web.StreamResponse:
    """The same, all of it, as a table: newest first."""
    wanted = Wanted(actor=actor, action=action, subject=subject, since=since, until=until)
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": 'attachment; filename="audit.csv"',
            "Cache-Control": "no-store",
        }
    )
    await response.prepare(call.request)
    await response.write(_line(["id", "at", "actor", "action", "subject", "facts", "hash"]))
    async for row in _all(call, wanted):
        facts = json.dumps(dict(row.facts), ensure_ascii=False, sort_keys=True)
        at = row.at.isoformat()
        fields = [str(row.id), at, row.actor, row.action, row.subject, facts, row.hash.hex()]
        await response.write(_line(fields))
    return response


@routes.get("/roles", policy=allow(Permission.READ_AGENTS))
async def list_roles(call: Call) -> Roles:
    """What each role may do, as the routes' own policies say it."""
    by_permission: Mapping[Permission, list[str]] = {one: [] for one in Permission}
    for operation in call.request.app[OPERATIONS]:
        if operation.policy.permission is not None and operation.is_documented:
            by_permission[operation.policy.permission].append(
                f"{operation.method} {operation.path}"
            )
    return Roles(
        roles=tuple(Role),
        permissions=tuple(
            Allowed(
                permission=one,
                roles=tuple(role for role in Role if one in PERMISSIONS[role]),
                routes=tuple(found),
            )
            for one, found in by_permission.items()
        ),
    )


async def _all(call: Call, wanted: Wanted) -> AsyncIterator[AuditRow]:
    before: int | None = None
    sight = viewer_of(call.caller).sight
    while True:
        async with call.context.database.reading() as work:
            rows = await list_before(work, before, EXPORT_PAGE, wanted, sight=sight)
        for row in rows:
            yield row
        if len(rows) < EXPORT_PAGE:
            return
        before = rows[-1].id


def _line(fields: list[str]) -> bytes:
    """A spreadsheet would run what begins like a formula: such a field begins with a quote."""
    out = io.StringIO()
    csv.writer(out).writerow(
        [f"'{one}" if one.startswith(("=", "+", "-", "@", "\t")) else one for one in fields]
    )
    return out.getvalue().encode()


def _to_entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        at=row.at,
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        facts=msgspec.convert(dict(row.facts), dict),
        hash=row.hash.hex(),
    )
