"""How commands speak: tables for people, JSON for programs, a sentence and a code if refused."""

import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

if TYPE_CHECKING:
    from router.foundation import Foundation
    from router.settings import Settings

Result = TypeVar("Result")


class Exit(IntEnum):
    """The codes that scripts may rely on."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    DATABASE = 3


json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")


def fail(sentence: str, code: Exit = Exit.REFUSED) -> NoReturn:
    """Say it on stderr and stop."""
    click.echo(f"onethread: {sentence}", err=True)
    raise click.exceptions.Exit(code)


def settings_or_fail() -> "Settings":
    """The settings, or one sentence that names the wrong one and the fix."""
    from router.settings import SettingsError, load_settings

    try:
        return load_settings()
    except SettingsError as error:
        fail(str(error), Exit.USAGE)


def on_record(use: "Callable[[Foundation], Awaitable[Result]]") -> Result:
    """Run `use` on the opened record, and turn what may be refused into a sentence and a code."""
    import asyncio

    from core.errors import ConnectorError
    from router.foundation import Foundation
    from router.runtime.log import configure_log
    from router.services.errors import ServiceError
    from router.settings import SettingsError
    from router.storage.engine import DatabaseUnavailable

    settings = settings_or_fail()
    configure_log(log_format=settings.log_format, log_level="error", is_for_ever=False)

    async def run() -> Result:
        async with Foundation(settings) as base:
            return await use(base)

    try:
        return asyncio.run(run())
    except SettingsError as error:
        fail(str(error), Exit.USAGE)
    except DatabaseUnavailable as error:
        fail(str(error), Exit.DATABASE)
    except ServiceError as error:
        where = f" ({error.field})" if error.field else ""
        fail(f"{error}{where}")
    except ConnectorError as error:
        fail(str(error))


def show_json(value: Any) -> None:
    """One document, in one line if it is an object that a program reads."""
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def show_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Aligned columns with a head; nothing but a line of its own for no rows."""
    if not rows:
        click.echo("(none)")
        return
    texts = [[text_of(row.get(column)) for column in columns] for row in rows]
    heads = [column.replace("_", " ") for column in columns]
    widths = [max(len(line[i]) for line in [heads, *texts]) for i in range(len(columns))]
    head = _line(heads, widths)
    click.echo(head if os.environ.get("NO_COLOR") else click.style(head, bold=True))
    for line in texts:
        click.echo(_line(line, widths))


def show(
    value: Any, as_json: bool, *, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]
) -> None:
    """`value` for programs, `rows` for people."""
    if as_json:
        show_json(value)
    else:
        show_table(rows, columns)


def text_of(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S")
        case list() | tuple():
            return ", ".join(text_of(one) for one in value) or "-"
        case _:
            # No control characters of a stranger's name on the terminal.
            return "".join(char if char.isprintable() else "?" for char in str(value)) or "-"


def may_ask() -> bool:
    """Whether a person sits at both ends."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def read_stdin() -> bytes:
    """Empty if there is none: a program may be started with its input closed."""
    return sys.stdin.buffer.read() if sys.stdin is not None else b""


def _line(texts: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(text.ljust(width) for text, width in zip(texts, widths, strict=True)).rstrip()
