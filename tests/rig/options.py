"""What can be chosen on the command line of a proof, with what CI chooses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    seed: int = 1
    kills: int = 20
    """Deaths of the product, or of PostgreSQL."""
    rate: float = 50.0
    """Messages a second, all channels together."""
    replies: float = 20.0
    """Replies a second, all channels together."""
    authors: int = 20
    """People on each channel."""
    channels: str = "email,webchat,telegram,discord"
    """On which F01 and F02 run, separated by commas; the first two always."""
    workers: int = 8
    """Processes of one desk."""
    conversations: int = 40
    messages: int = 10
    """In each conversation, each way."""
    actions: int = 120
    mails: int = 5000
    """That wait in a mailbox after an outage."""
    down: float = 2.0
    """Seconds that PostgreSQL stays away."""
    bug: str = ""
    """Of `tests.rig.planted`: the proof must then fail."""
    points: str = ""
    """Failpoints to die at, instead of all that the proof knows; separated by commas."""
    patience: float = 40.0
    """Seconds without any change after which what is missing counts as lost."""
    is_embedded: bool = False
    """The product brings its own PostgreSQL."""

    @property
    def channel_names(self) -> tuple[str, ...]:
        return tuple(self.channels.split(","))

    @property
    def failpoints(self) -> tuple[str, ...]:
        return tuple(self.points.split(",")) if self.points else ()
