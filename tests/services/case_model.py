"""In which case each message of a conversation is, told by playing from the beginning what counts.

It knows nothing of how the product keeps moves: what was undone is left out of the play.
"""

from dataclasses import dataclass, field


@dataclass
class Step:
    kind: str
    """`said`, `move`, `split` or `merge`."""
    case: int
    """In which it was said, or from which it went."""
    into: int = 0
    messages: tuple[int, ...] = ()
    is_undone: bool = False


@dataclass
class Model:
    steps: list[Step] = field(default_factory=list)
    classes: dict[int, str] = field(default_factory=dict)
    """Of every case that was ever made."""

    def said(self, message: int, case: int) -> None:
        self.classes.setdefault(case, "normal")
        self.steps.append(Step("said", case, messages=(message,)))

    def places(self, *, without: Step | None = None) -> dict[int, int]:
        """Message -> case."""
        where: dict[int, int] = {}
        follow: dict[int, int] = {}
        skipped = [step for step in self.steps if step.is_undone or step is without]
        for step in self.steps:
            if step.kind == "said":
                where[step.messages[0]] = _end(step.case, follow)
            elif not any(step is one for one in skipped):
                going = (
                    [one for one, case in where.items() if case == step.case]
                    if step.kind == "merge"
                    else step.messages
                )
                where.update(dict.fromkeys(going, _end(step.into, follow)))
                if step.kind == "merge":
                    follow[step.case] = step.into
        return where

    def may_go(self, before: dict[int, int], after: dict[int, int]) -> bool:
        return all(
            self.may_be_seen(case, after[message])
            for message, case in before.items()
            if after[message] != case
        )

    def may_be_seen(self, former: int, later: int) -> bool:
        return self.classes[former] in ("normal", self.classes[later])


def _end(case: int, follow: dict[int, int]) -> int:
    while case in follow:
        case = follow[case]
    return case
