"""The rules that are on, decoded once for each version."""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from router.services.automation.terms import Definition, Happened
from router.storage.rules import RuleRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    id: int
    name: str
    version: int
    definition: Definition
    classes: frozenset[str]
    """Of cases that its author saw: it acts on no others."""
    agent_id: int
    """Who saved this version, and answers for it."""
    runs_after: int = 0
    """The fact of the outbox behind which it says this, and is on."""

    @property
    def is_by_time(self) -> bool:
        return not isinstance(self.definition.when, Happened)


class Book:
    """Decodes a version once, as it never changes."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], Definition] = {}

    def rules(self, rows: list[RuleRow]) -> list[Rule]:
        """In their order. Definitions that nobody needs any more are forgotten."""
        found = [self._rule(row) for row in rows]
        if len(self._known) > 4 * len(rows) + 100:
            self._known = {(one.id, one.version): one.definition for one in found}
        return found

    def _rule(self, row: RuleRow) -> Rule:
        key = (row.id, row.version)
        if key not in self._known:
            self._known[key] = msgspec.convert(row.definition, Definition)
        return Rule(
            id=row.id,
            name=row.name,
            version=row.version,
            definition=self._known[key],
            classes=frozenset(row.classes),
            agent_id=row.agent_id,
            runs_after=row.runs_after,
        )


def in_force(rules: Iterable[Rule], fact: int) -> list[Rule]:
    """Each in the version, of those given, that it had when this fact of the outbox was written;
    none that was off then, or ran by time."""
    newest: dict[int, Rule] = {}
    for one in rules:
        held = newest.get(one.id)
        if one.runs_after < fact and (held is None or held.version < one.version):
            newest[one.id] = one
    return [one for one in newest.values() if not one.is_by_time]
