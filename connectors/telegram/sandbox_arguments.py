"""The arguments of a call, however they came: query, JSON, form or multipart."""

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from connectors.telegram.sandbox_answers import Refusal, bad

MAX_BODY = 51 * 1024 * 1024
"""Bytes of a request, files included; more is 413."""


@dataclass(frozen=True, slots=True)
class Upload:
    name: str
    media_type: str
    content: bytes


@dataclass(slots=True)
class Arguments:
    """Every value is text, as the real server takes it: what came as JSON is JSON text again."""

    values: dict[str, str] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Empty if it is not there."""
        return self.values.get(name, "")

    def flag(self, name: str) -> bool:
        return self.text(name).strip().lower() in {"true", "yes", "1"}

    def number(self, name: str, default: int = 0) -> int:
        """The default also for what is no number, as the real server does."""
        try:
            return int(self.text(name).strip())
        except ValueError:
            return default

    def between(self, name: str, default: int, low: int, high: int) -> int:
        return min(max(self.number(name, default), low), high)

    def decoded(self, name: str) -> Any:
        """The JSON of this argument; None if it is not there. Raises Refusal for anything else."""
        text = self.text(name).strip()
        if not text:
            return None
        try:
            return json.loads(text)
        except ValueError as error:
            raise bad(f"can't parse {name} JSON object") from error

    def mapping(self, name: str) -> dict[str, Any] | None:
        value = self.decoded(name)
        if value is not None and not isinstance(value, dict):
            raise bad("object expected as " + name.replace("_", " "))
        return value


async def read_arguments(request: web.Request) -> Arguments:
    """Raises Refusal for a body that cannot be read or is too large."""
    found = Arguments(values=dict(request.query))
    if request.content_length is not None and request.content_length > MAX_BODY:
        raise Refusal(413)
    kind = request.content_type
    try:
        if kind == "application/json":
            _take_json(found, await request.read())
        elif kind == "application/x-www-form-urlencoded" and request.method == "POST":
            found.values.update({name: str(said) for name, said in (await request.post()).items()})
        elif kind == "multipart/form-data":
            await _take_parts(found, request)
    except ValueError as error:
        raise bad("can't parse the request's body") from error
    return found


def _take_json(found: Arguments, body: bytes) -> None:
    if not body:
        return
    values = json.loads(body)
    if not isinstance(values, dict):
        raise bad("request body must be a JSON object")
    found.values.update(to_arguments(values).values)


def to_arguments(values: dict[str, Any]) -> Arguments:
    """Of what came as one JSON object."""
    return Arguments(
        values={
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in values.items()
            if value is not None
        }
    )


async def _take_parts(found: Arguments, request: web.Request) -> None:
    size = 0
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None:
            raise bad("can't parse multipart request")
        content = bytes(await part.read(decode=True))
        size += len(content)
        if size > MAX_BODY:
            raise Refusal(413)
        if part.filename is None:
            found.values[part.name] = content.decode("utf-8", "replace")
        else:
            kind = part.headers.get("Content-Type", "application/octet-stream")
            found.uploads[part.name] = Upload(part.filename, kind, content)
