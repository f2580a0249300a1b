"""`onethread triage explain`: a message on stdin, what the classifier says of it on stdout."""

import click

from router.cli.output import read_stdin


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
