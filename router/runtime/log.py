"""How this process writes its log: one line an event, ids and no texts, secrets blotted out."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import msgspec
import structlog

_TEXT_KEYS = ("authorization", "password", "secret", "token", "cookie")
_TELEGRAM_TOKEN = re.compile(r"(?<!\d)\d{6,12}:[\w-]{30,}")
_IN_ADDRESS = re.compile(r"(://[^/\s:@]*):[^/\s@]+@")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}")
BLOT = "***"


def configure_log(*, log_format: str, log_level: str, is_for_ever: bool = True) -> None:
    """From now on structlog and the standard library write to stderr in this form.

    `is_for_ever` lets loggers keep what they looked up, which a later change doesn't reach.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        blot,
    ]
    if log_format == "json":
        render: Any = structlog.processors.JSONRenderer(serializer=_to_json)
    else:
        render = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    level = logging.getLevelNamesMapping()[log_level.upper()]
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=is_for_ever,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
    )
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [lines]
    root.setLevel(max(level, logging.WARNING))
    # Both write texts and addresses at levels that we otherwise want.
    logging.getLogger("aiohttp.access").setLevel(logging.CRITICAL)


def blot(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor: whatever slipped in that looks like a secret does not get out."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = BLOT if key.lower() in _TEXT_KEYS else blotted(value)
    return event


def blotted(text: str) -> str:
    """Without passwords in addresses, bearer tokens, and bot tokens."""
    text = _IN_ADDRESS.sub(rf"\1:{BLOT}@", text)
    text = _BEARER.sub(rf"\1 {BLOT}", text)
    return _TELEGRAM_TOKEN.sub(BLOT, text)


def _to_json(event: Any, **_: Any) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()
