"""Topics that rules and macros name as they are called: which ones, by what was said in former days
too, when they were called otherwise.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from router.services.automation.shapes import RuleFault
from router.services.renaming import retopiced, topics_in
from router.storage.renaming import changed
from router.storage.topics import TopicRow


class TopicNames:
    """Of one version of a rule, or one macro that was dropped: `topic_ids` as it keeps them."""

    def __init__(self, every: Sequence[TopicRow], topic_ids: Mapping[str, int]) -> None:
        self._by_id = {one.id: one for one in every}
        in_use_last = sorted(every, key=lambda one: not one.is_archived)
        self._by_name = {one.name.casefold(): one for one in in_use_last}
        self._ids = topic_ids

    def find(self, name: str) -> TopicRow | None:
        """The one that was called so then; else the one that is called so now."""
        known = self._by_id.get(self._ids.get(name.casefold(), 0))
        return known or self._by_name.get(name.casefold())

    def is_set(self, name: str) -> bool:
        """Whether a case can still get it. Cases keep one that is archived: it can be asked for."""
        found = self.find(name)
        return found is not None and not found.is_archived

    def call(self, name: str) -> str:
        """As it is called now."""
        known = self._by_id.get(self._ids.get(name.casefold(), 0))
        return name if known is None else known.name

    def as_now(self, said: Any) -> Any:
        """What was said, with topics as they are called now."""
        return changed(said, lambda one: retopiced(one, self.call))

    def faults(self, said: Any) -> list[RuleFault]:
        """Of what was said then: topics that are gone."""
        asked, sets = topics_in(said)
        gone = {self.call(one) for one in asked if self.find(one) is None}
        gone |= {self.call(one) for one in sets if not self.is_set(one)}
        return [
            RuleFault(field="topic", sentence=f"There is no topic “{name}” now.")
            for name in sorted(gone - {""})
        ]
