"""Everything that an editor of rules offers, and its log tells, has words in the pages."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from router.services.automation.actions import Came
from router.services.automation.schema import SCHEMA

WORDS = Path(__file__).parents[2] / "web/shared/i18n/rules/en.json"


def named() -> Iterator[str]:
    for when in SCHEMA.whens:
        yield f"kind.{when.tag}"
    for action in SCHEMA.actions:
        yield f"do.{action.tag}"
    for part in (*SCHEMA.whens, *SCHEMA.actions):
        for one in part.inputs:
            yield f"input.{one.name}"
            group = "happen" if one.name == "on" else "choice"
            yield from (f"{group}.{choice}" for choice in one.choices)
    for field in SCHEMA.fields:
        yield f"field.{field.field}"
        yield from (f"op.{op}" for op in field.ops)
        yield from (f"choice.{choice}" for choice in field.choices)
    yield from (f"came.{came}" for came in get_args(Came))


def test_every_name_of_the_schema_of_rules_has_words() -> None:
    """The other languages have the same keys: `words.test.ts` sees to that."""
    assert sorted(set(named()) - set(json.loads(WORDS.read_text()))) == []
