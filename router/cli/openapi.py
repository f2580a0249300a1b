"""`onethread openapi`: the API's document, without a running desk."""

import click

from router.cli.output import show_json


@click.command("openapi")
def openapi_command() -> None:
    """Print the API's OpenAPI 3.1 document."""
    from importlib.metadata import version

    from router.web.app import GROUPS
    from router.web.openapi import openapi_document

    operations = [one for group in GROUPS for one in group.operations]
    show_json(openapi_document(operations, version=version("onethread")))
