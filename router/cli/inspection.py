"""`onethread inspect <channel>`: a raw source on stdin, one JSON object on stdout."""

import click

from router.cli.output import Exit, fail, read_stdin


@click.command("inspect")
@click.argument("channel")
@click.option(
    "--option",
    "options",
    multiple=True,
    metavar="NAME=VALUE",
    help="What the account's settings would say; a wrong name lists the right ones.",
)
def inspect_command(channel: str, options: tuple[str, ...]) -> None:
    """Show what a channel reads in a raw source, such as a mail. Needs no database."""
    import msgspec

    from core.errors import ConnectorError
    from router.runtime.registry import Registry, load_object

    try:
        manifest = Registry().manifest(channel)
        if not manifest.inspect:
            fail(f"the channel {channel!r} has nothing to inspect", Exit.USAGE)
        read = load_object(manifest.inspect)
        chosen = dict(option.partition("=")[::2] for option in options)
        found = read(read_stdin(), chosen)
    except ConnectorError as error:
        fail(str(error))
    click.echo(msgspec.json.encode(found).decode())
