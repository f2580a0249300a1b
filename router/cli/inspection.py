"""`onethread inspect <channel>`: a raw source on stdin, one JSON object on stdout."""

import click

from router.cli.output import Exit, fail, read_stdin


@click.command("inspect")
@click.argument("channel")
def inspect_command(channel: str) -> None:
    """Show what a channel reads in a raw source, such as a mail. Needs no database."""
    import msgspec

    from core.errors import ConnectorError
    from router.runtime.registry import Registry, load_object

    try:
        manifest = Registry().manifest(channel)
        if not manifest.inspect:
            fail(f"the channel {channel!r} has nothing to inspect", Exit.USAGE)
        read = load_object(manifest.inspect)
        found = read(read_stdin())
    except ConnectorError as error:
        fail(str(error))
    click.echo(msgspec.json.encode(found).decode())
