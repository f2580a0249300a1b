"""A log that remembers, in the shape of a structlog logger."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class LogEntry:
    level: str
    event: str
    fields: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.level} {self.event} {self.fields!r}"


@dataclass
class RecordingLog:
    """Entries of this log and of every log bound from it stand in one list."""

    entries: list[LogEntry] = field(default_factory=list)
    bound: dict[str, Any] = field(default_factory=dict)

    def bind(self, **fields: Any) -> "RecordingLog":
        return RecordingLog(self.entries, {**self.bound, **fields})

    def unbind(self, *names: str) -> "RecordingLog":
        return RecordingLog(self.entries, {k: v for k, v in self.bound.items() if k not in names})

    def debug(self, event: str, *args: object, **fields: Any) -> None:
        self._write("debug", event, args, fields)

    def info(self, event: str, *args: object, **fields: Any) -> None:
        self._write("info", event, args, fields)

    def warning(self, event: str, *args: object, **fields: Any) -> None:
        self._write("warning", event, args, fields)

    def error(self, event: str, *args: object, **fields: Any) -> None:
        self._write("error", event, args, fields)

    def exception(self, event: str, *args: object, **fields: Any) -> None:
        self._write("error", event, args, fields)

    def critical(self, event: str, *args: object, **fields: Any) -> None:
        self._write("critical", event, args, fields)

    def _write(
        self, level: str, event: str, args: tuple[object, ...], fields: dict[str, Any]
    ) -> None:
        said = event % args if args else event
        self.entries.append(LogEntry(level, said, {**self.bound, **fields}))
