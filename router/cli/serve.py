"""`serve`: run the router."""

import click

from router.settings import load_settings

ROLES = ("web", "accounts", "worker")


@click.command("serve")
@click.option(
    "--roles",
    default=",".join(ROLES),
    show_default=True,
    help="What this process does; any number of each role may run against one PostgreSQL.",
)
@click.option("--sandbox", is_flag=True, help="Stand-in networks on this machine, to try it out.")
def command(roles: str, sandbox: bool) -> None:
    """Serve until SIGTERM."""
    chosen = [role.strip() for role in roles.split(",") if role.strip()]
    for role in chosen:
        if role not in ROLES:
            raise click.BadParameter(
                f"{role!r} is no role; there are: {', '.join(ROLES)}", param_hint="--roles"
            )
    settings = load_settings()
    from router import bootstrap

    bootstrap.run(settings, roles=[bootstrap.RunRole(role) for role in chosen], sandbox=sandbox)
