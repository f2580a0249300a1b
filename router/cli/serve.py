"""`onethread serve` and `onethread migrate`."""

import gc
import signal
import sys
from contextlib import nullcontext

import click

from router.cli.output import Exit, fail, json_option, settings_or_fail, show_json

_ROLES = ("web", "accounts", "worker")


@click.command("serve")
@click.option(
    "--roles",
    default=",".join(_ROLES),
    show_default=True,
    help="What this process does, with commas: web answers, accounts runs connectors, worker"
    " relays and tidies.",
)
@click.option("--sandbox", is_flag=True, help="Talk to stand-ins of the networks; see /sandbox.")
def serve_command(roles: str, sandbox: bool) -> None:
    """Run the desk until SIGTERM or SIGINT."""
    wanted = [role.strip() for role in roles.split(",") if role.strip()]
    unknown = sorted(set(wanted) - set(_ROLES))
    if unknown or not wanted:
        named = unknown[0] if unknown else roles
        fail(f"--roles: there is no role {named!r}; use {', '.join(_ROLES)}", Exit.USAGE)
    # What is imported stays: looking for garbage in it took a fifth of the start.
    gc.disable()
    settings = settings_or_fail()

    from router.runtime.log import configure_log
    from router.storage.embedded import EmbeddedPostgres

    configure_log(log_format=settings.log_format, log_level=settings.log_level)
    postgres = None
    if settings.database_url is None:
        postgres = EmbeddedPostgres.under(settings.data_dir)
        # Asked to stop from now on, it does not leave that server behind.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with postgres.begun() if postgres else nullcontext():
        from router.bootstrap import RunRole, run
        from router.settings import SettingsError
        from router.storage.engine import DatabaseUnavailable

        try:
            wanted_roles = [RunRole(role) for role in wanted]
            run(settings, roles=wanted_roles, sandbox=sandbox, postgres=postgres)
        except SettingsError as error:
            fail(str(error), Exit.USAGE)
        except DatabaseUnavailable as error:
            cure = "Start it, or correct database_url (ONETHREAD_DATABASE_URL)."
            fail(f"{error}. {cure}", Exit.DATABASE)


@click.command("migrate")
@json_option
def migrate_command(as_json: bool) -> None:
    """Bring the database to this version. Safe beside running processes, and twice."""
    from router.cli.output import on_record
    from router.storage.ops import schema_revision

    async def read(base: object) -> str | None:
        # Opening the record has migrated it.
        from router.foundation import Foundation

        assert isinstance(base, Foundation)
        async with base.database.reading() as work:
            return await schema_revision(work)

    revision = on_record(read)
    if as_json:
        show_json({"revision": revision})
    else:
        click.echo(f"The database is at revision {revision}.")
