"""Albums: several updates that are one message. Pure.

Nothing says how many items an album has, nor which is the last (Bot API, `media_group_id`).
"""

from collections.abc import Iterable, Sequence
from typing import Any

from connectors.telegram.convert import Reading, album_of, join_album, to_events
from core.messages import AnyInboundEvent, MessageReceived

Json = dict[str, Any]


def albums_in(updates: Iterable[Json]) -> dict[tuple[str, str], int]:
    """How many items of which album (place, id) there are."""
    found: dict[tuple[str, str], int] = {}
    for update in updates:
        album = album_of(update)
        if album is not None:
            found[album] = found.get(album, 0) + 1
    return found


def part_slow(updates: Sequence[Json]) -> tuple[list[Json], list[Json]]:
    """(what can be handed over at once, what has to wait for further items of its album).

    In one chat nothing overtakes what was said before it.
    """
    ready: list[Json] = []
    slow: list[Json] = []
    held: set[str] = set()
    for update in updates:
        chat = _chat_of(update)
        if chat in held or album_of(update) is not None:
            held.add(chat)
            slow.append(update)
        else:
            ready.append(update)
    return ready, slow


def read_updates(updates: Sequence[Json], reading: Reading) -> list[AnyInboundEvent]:
    """Their events in order; the items of an album are one message where its first item was."""
    events: list[AnyInboundEvent | None] = []
    pieces: dict[tuple[str, str], list[MessageReceived]] = {}
    first: dict[tuple[str, str], int] = {}
    for update in updates:
        for event in to_events(update, reading):
            if not isinstance(event, MessageReceived) or event.joins is None:
                events.append(event)
                continue
            album = (str(event.place.remote), str(event.joins))
            known = pieces.setdefault(album, [])
            if not known:
                first[album] = len(events)
                events.append(None)
            if all(one.event_key != event.event_key for one in known):
                known.append(event)
    for which, items in pieces.items():
        events[first[which]] = join_album(items)
    return [event for event in events if event is not None]


def _chat_of(update: Json) -> str:
    """Updates of one chat keep their order; what belongs to none has a lane of its own."""
    for body in update.values():
        for holder in (body, body.get("message") if isinstance(body, dict) else None):
            chat = holder.get("chat") if isinstance(holder, dict) else None
            if isinstance(chat, dict):
                return str(chat.get("id"))
    return ""
