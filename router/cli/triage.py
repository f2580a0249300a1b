"""`onethread triage explain`: a message on stdin, what the classifier says of it on stdout; and
`triage train`: how well it does with the desk's own examples.
"""

from typing import TYPE_CHECKING

import click

from router.cli.output import on_record, read_stdin

if TYPE_CHECKING:
    from router.foundation import Foundation
    from router.services.triage.shapes import TriageScore


@click.group("triage")
def triage_command() -> None:
    """What messages are about."""


@triage_command.command("explain")
@click.option("--language", help="Of the person, where it is known: `en`, `zh`, `ru`.")
def explain(language: str | None) -> None:
    """Topic, danger, urgency, mood and language of a message, and the words that counted.

    By the ready tree of topics of an exchange. Needs no database.
    """
    import msgspec

    from router.assist.findings import Heard
    from router.assist.offline import OfflineClassifier
    from router.assist.ready_topics import ready_tree

    tree = ready_tree()
    classifier = OfflineClassifier(tree.examples(), tree)
    text = read_stdin().decode(errors="replace")
    found = classifier.look(text, Heard(language=language))
    shown = {"classifier": f"{classifier.name} {classifier.version}"} | msgspec.to_builtins(found)
    click.echo(msgspec.json.encode(shown).decode())


@triage_command.command("train")
def train() -> None:
    """Build the model of this desk's examples and corrections, and say how well it does.

    A quarter of the examples is held out, by a digest of its text, and asked of a model of the
    others. The server takes what is new by itself; nothing is written.
    """

    async def run(base: "Foundation") -> "TriageScore":
        from router.services.triage import scoring

        return await scoring.score(base.database)

    found = on_record(run)
    click.echo(
        f"{found.examples} examples of {found.topics} topics; {found.corrections} corrected."
    )
    if not found.held_out:
        click.echo("Too few to hold any out: give topics examples (Settings, Topics).")
        return
    click.echo(f"Held out: {found.held_out}. Topics found, macro-F1: {100 * found.macro_f1:.0f} %.")
    for one in found.weakest:
        click.echo(f"  {100 * one.f1:3.0f} %  {one.name} ({one.held_out} held out)")
    click.echo(f"Version {found.version}.")
