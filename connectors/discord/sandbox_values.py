"""How Discord writes times, numbers, emoji and where something was."""

from datetime import UTC, datetime
from typing import Any

from connectors.discord.sandbox_world import EPOCH_MS


def stamp(moment: datetime) -> str:
    """ISO 8601 with microseconds and an offset."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def created_at(number: int) -> datetime:
    return datetime.fromtimestamp(((number >> 22) + EPOCH_MS) / 1000, UTC)


def named(number: int | None) -> str | None:
    """A number as Discord writes it."""
    return None if number is None else str(number)


def emoji(name: str, number: int | None) -> dict[str, Any]:
    return {"id": named(number), "name": name}


def bare(channel_id: int, guild_id: int | None) -> dict[str, Any]:
    """Where something happened; in a DM without `guild_id`."""
    where = {"channel_id": str(channel_id)}
    return where if guild_id is None else {**where, "guild_id": str(guild_id)}
