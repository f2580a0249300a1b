"""What a proof found, as the one JSON line that it prints."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True, kw_only=True)
class Verdict:
    """`passed` is decided by the proof; `more` holds what only this one measures."""

    id: str
    seed: int
    load: str
    accepted: int = 0
    lost: int = 0
    duplicates: int = 0
    inversions: int = 0
    uncertain: int = 0
    recovery_s: float | None = None
    """The slowest."""
    rss_mib: float | None = None
    """The most that one serving process used."""
    passed: bool = False
    failures: list[str] = field(default_factory=list)
    """One sentence for each bar that was missed."""
    more: dict[str, Any] = field(default_factory=dict)

    def require(self, is_met: bool, sentence: str) -> None:
        if not is_met:
            self.failures.append(sentence)

    def line(self) -> str:
        self.passed = not self.failures
        fields = asdict(self)
        more = fields.pop("more")
        fields["pass"] = fields.pop("passed")
        return json.dumps(fields | more, ensure_ascii=False)
