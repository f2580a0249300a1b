"""Who is one person with whom, told by a small model of its own: no roots, only lines and colours.

It knows the rules of the glossary and nothing of how the product keeps them.
"""

from dataclasses import dataclass, field

Node = tuple[str, int]
"""A handle, and how often it was split before."""


@dataclass
class Line:
    """What ties two nodes together while it counts. A split's counts once it is undone."""

    left: Node
    right: Node
    kind: str
    is_undone: bool = False
    host: str | None = None
    """Of which account it came by itself; None: somebody decided it."""

    @property
    def counts(self) -> bool:
        return self.is_undone if self.kind == "split" else not self.is_undone


@dataclass
class Model:
    hosts: dict[str, str | None] = field(default_factory=dict)
    """Everybody who was heard, by handle: the host account that was proven."""
    seats: dict[str, int] = field(default_factory=dict)
    lines: dict[int, Line] = field(default_factory=dict)
    said: list[tuple[str, str]] = field(default_factory=list)

    def hear(self, handle: str, text: str) -> None:
        self._meet(handle)
        self.said.append((handle, text))

    def link(self, handle: str, host: str, account: str, address: str | None) -> bool:
        """A verified token: whether it is believed."""
        if self.hosts.get(handle) not in (None, host):
            return False
        if handle in self.hosts and self.hosts[handle] == host:
            return True
        own_before = handle in self.hosts
        named = [account, *([address] if address else []), handle]
        for one in named:
            if one not in self.hosts:
                self._meet(one)
                self.hosts[one] = host
            elif self.hosts[one] is None and (one == handle or self._held(one) <= {host}):
                self.hosts[one] = host
        assert own_before or self.hosts[handle] == host
        for one in named:
            self._join(one, account, host)
        return True

    def merge(self, key: int, left: str, right: str) -> None:
        self.lines[key] = Line(self.node(left), self.node(right), "merge")

    def split(self, key: int, handle: str) -> None:
        before = self.node(handle)
        self.seats[handle] += 1
        self.lines[key] = Line(self.node(handle), before, "split")

    def may_undo(self, key: int) -> bool:
        line = self.lines[key]
        if line.is_undone:
            return False
        return line.kind == "merge" or self.colour(line.left) != self.colour(line.right)

    def undo(self, key: int) -> None:
        self.lines[key].is_undone = True

    def node(self, handle: str) -> Node:
        return handle, self.seats[handle]

    def colour(self, node: Node) -> frozenset[Node]:
        """Everything that can be reached from here."""
        reached = {node}
        while True:
            more = {
                end
                for line in self.lines.values()
                if line.counts and {line.left, line.right} & reached
                for end in (line.left, line.right)
            }
            if more <= reached:
                return frozenset(reached)
            reached |= more

    def with_(self, handle: str) -> frozenset[str]:
        reached = self.colour(self.node(handle))
        return frozenset(one for one in self.seats if self.node(one) in reached)

    def people(self) -> set[frozenset[str]]:
        return {self.with_(one) for one in self.seats}

    def history(self, handle: str) -> list[str]:
        together = self.with_(handle)
        return [text for who, text in self.said if who in together]

    def _join(self, left: str, right: str, host: str) -> None:
        if self.hosts[left] != host or right in self.with_(left):
            return
        if not self._held(left) | self._held(right) <= {host}:
            return
        if any(self._was_parted(one, host) for one in (left, right)):
            return
        key = -len(self.lines) - 1
        self.lines[key] = Line(self.node(left), self.node(right), "merge", host=host)

    def _was_parted(self, handle: str, host: str) -> bool:
        for line in self.lines.values():
            if line.kind == "split" and line.left[0] == handle and not line.is_undone:
                return True
            ends = {line.left[0], line.right[0]}
            if line.host == host and line.is_undone and handle in ends:
                return True
        return False

    def _held(self, handle: str) -> set[str]:
        return {host for one in self.with_(handle) if (host := self.hosts[one]) is not None}

    def _meet(self, handle: str) -> None:
        self.hosts.setdefault(handle, None)
        self.seats.setdefault(handle, 0)
