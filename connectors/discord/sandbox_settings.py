"""How strict and how fast the sandbox's Discord is. The defaults are those of the real one."""

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many in so many seconds."""

    count: int
    seconds: float


GLOBAL_RATE = Rate(count=50, seconds=1)


def published_rates() -> dict[str, Rate]:
    """Method and route -> limit, for each channel or guild. Discord publishes none: as seen."""
    return {
        "POST /channels/{channel}/messages": Rate(count=5, seconds=5),
        "PATCH /channels/{channel}/messages/{message}": Rate(count=5, seconds=5),
        "DELETE /channels/{channel}/messages/{message}": Rate(count=5, seconds=1),
        "POST /channels/{channel}/messages/bulk-delete": Rate(count=1, seconds=1),
        "GET /channels/{channel}/messages": Rate(count=5, seconds=5),
        "PUT /channels/{channel}/messages/{message}/reactions/{emoji}/@me": Rate(
            count=1, seconds=0.25
        ),
        "POST /channels/{channel}/typing": Rate(count=5, seconds=5),
        "PATCH /channels/{channel}": Rate(count=5, seconds=15),
        "PUT /channels/{channel}/thread-members/@me": Rate(count=5, seconds=5),
    }


@dataclass(slots=True, kw_only=True)
class Settings:
    """Durations are seconds of the loop where they are floats, and of the clock elsewhere."""

    heartbeat_interval: float = 41.25
    silent_intervals: float = 2.0
    """After so many intervals without a heartbeat the connection is closed."""
    resume_window: timedelta = timedelta(minutes=3)
    replay_limit: int = 5_000
    """Events kept for a session that comes back."""
    identify_limit: int = 1_000
    """IDENTIFYs in 24 h."""
    identify_rate: Rate = Rate(count=1, seconds=5)
    """max_concurrency."""
    gateway_sends: Rate = Rate(count=120, seconds=60)
    largest_frame: int = 4_096
    """Bytes of one that the client sends."""
    privileged_intents: int = 1 << 15
    """Which of GUILD_MEMBERS, GUILD_PRESENCES, MESSAGE_CONTENT are switched on for the app."""
    needs_sharding: bool = False
    recommended_shards: int = 1

    rates: dict[str, Rate] = field(default_factory=published_rates)
    other_rate: Rate = Rate(count=10, seconds=10)
    """Of a route that `rates` doesn't name."""
    global_rate: Rate = GLOBAL_RATE
    has_via: bool = True
    """Whether a 429 passed the proxy that writes a Via header, as most do."""
    invalid_limit: int = 10_000
    """Answers of 401, 403 and 429 in 10 minutes, before the address is banned."""
    ban: timedelta = timedelta(hours=1)
    dm_opens: Rate = Rate(count=10, seconds=600)
    """New DM channels, then 40003."""
    nonce_window: timedelta = timedelta(minutes=3)
    """"The past few minutes" of enforce_nonce."""

    attachment_lifetime: timedelta = timedelta(hours=24)
    largest_file: int = 10 * 2**20
    largest_request: int = 25 * 2**20
    interaction_deadline: timedelta = timedelta(seconds=3)
    interaction_lifetime: timedelta = timedelta(minutes=15)

    message_precedes_thread: bool = False
    """Whether a post's MESSAGE_CREATE comes before its THREAD_CREATE: both orders are seen."""
