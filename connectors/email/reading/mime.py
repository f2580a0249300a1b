"""The structure of a raw mail: bodies, files and reports, under caps set before the parser runs."""

import email
import email.policy
import re
from dataclasses import dataclass, field, replace
from email.message import Message as Part
from itertools import islice

from connectors.email.reading.charsets import decode_bytes
from connectors.email.reading.file_names import clean_name
from connectors.email.reading.headers import Headers, read_headers
from connectors.email.reading.parameters import Parameters, read_parameters
from core.errors import UnreadableEvent

MAX_PARTS = 200
MAX_DEPTH = 20
MAX_BODY = 1_000_000
"""Characters of one body that are looked at."""

_MULTIPART = re.compile(rb"multipart/", re.IGNORECASE)
_BOUNDARY = re.compile(
    rb'boundary\*?\d?\*?\s*=\s*("[^"\r\n]{1,200}"|[^\s;"]{1,200})', re.IGNORECASE
)
_DELIMITER = re.compile(rb"^--([^\r\n]{1,200})", re.MULTILINE)
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]{1,100}/[\w!#$&^.+-]{1,100}")
_FORWARD_POLICY = email.policy.compat32.clone(linesep="\r\n")
_FORWARDED = frozenset({"message/rfc822", "message/global"})
_RETURNED = frozenset({*_FORWARDED, "text/rfc822-headers", "message/rfc822-headers"})
_REPORTS = {
    "message/delivery-status": "delivery-status",
    "message/global-delivery-status": "delivery-status",
    "message/disposition-notification": "disposition-notification",
    "message/global-disposition-notification": "disposition-notification",
    "message/feedback-report": "feedback-report",
}
"""What a machine's report is about, by the type of its part: `report-type` is often missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """One stretch of the mail; of an alternative both forms."""

    plain: str | None = None
    html: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFile:
    name: str
    media_type: str
    content: bytes = field(repr=False)
    content_id: str | None = None
    is_inline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A machine's report (RFC 6522): what kind, its fields, and the headers of what it is about.

    Mostly a multipart/report; some senders put its parts into another multipart, or send one alone.
    """

    kind: str
    blocks: tuple[dict[str, str], ...] = ()
    """Fields of each group, names in lower case; the first is about the whole message."""
    returned: Headers | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    headers: Headers
    bodies: tuple[Body, ...] = ()
    files: tuple[MailFile, ...] = ()
    report: Report | None = None
    problems: tuple[str, ...] = ()


def read_mail(raw: bytes) -> Mail:
    """Raises UnreadableEvent for a structure that no honest mail has."""
    headers = read_headers(raw)
    _check_structure(raw)
    message = email.message_from_bytes(
        headers.block + raw[headers.body_start :], policy=email.policy.compat32
    )
    walk = _Walk(problems=list(headers.problems))
    bodies = walk.read(message, 0)
    return Mail(
        headers=headers,
        bodies=tuple(bodies),
        files=tuple(walk.files),
        report=walk.report,
        problems=tuple(dict.fromkeys(walk.problems)),
    )


def _check_structure(raw: bytes) -> None:
    """The standard parser needs 30 s for 100,000 parts and dies 2,000 levels deep: count first."""
    if sum(1 for _ in _MULTIPART.finditer(raw)) > MAX_PARTS:
        raise UnreadableEvent(f"The mail has more than {MAX_PARTS} nested parts.")
    found = islice(_BOUNDARY.finditer(raw), MAX_PARTS)
    boundaries = {match[1].strip(b'"').rstrip() for match in found}
    if not boundaries:
        return
    count = 0
    for match in _DELIMITER.finditer(raw):
        count += match[1].rstrip() in boundaries
        if count > MAX_PARTS:
            raise UnreadableEvent(f"The mail has more than {MAX_PARTS} parts.")


@dataclass(slots=True)
class _Walk:
    problems: list[str]
    files: list[MailFile] = field(default_factory=list)
    report: Report | None = None
    parts: int = 0

    def read(self, part: Part, depth: int) -> list[Body]:
        """The bodies of this part; its files and reports are collected beside."""
        self.parts += 1
        if self.parts > MAX_PARTS or depth > MAX_DEPTH:
            self.problems.append("parts nested too deep or too many were left out")
            return []
        content_type = _parameters(part, "content-type")
        media_type = _media_type(content_type)
        if part.is_multipart() and media_type not in _FORWARDED:
            children = [child for child in part.get_payload() if isinstance(child, Part)]
            if media_type == "multipart/report":
                return self._read_report(content_type, children, depth)
            if media_type in _REPORTS:
                self._note_report(_REPORTS[media_type], _blocks(part))
                return []
            bodies = [body for child in children for body in self.read(child, depth + 1)]
            if media_type == "multipart/alternative" and len(bodies) > 1:
                return [_alternative(bodies)]
            return bodies
        return self._read_leaf(part, content_type, media_type)

    def _read_leaf(self, part: Part, content_type: Parameters, media_type: str) -> list[Body]:
        disposition = _parameters(part, "content-disposition")
        name = disposition.get("filename") or content_type.get("name")
        is_attached = disposition.value == "attachment" or bool(name)
        content = _content(part, media_type)
        if media_type in _REPORTS:
            self._note_report(_REPORTS[media_type], _blocks(part))
            return []
        if media_type in ("text/plain", "text/html") and not is_attached:
            return [_to_body(content, content_type, media_type)]
        if not content and not name:
            return []
        content_id = _header(part, "content-id").strip().strip("<>") or None
        self.files.append(
            MailFile(
                name=clean_name(name, media_type, len(self.files)),
                media_type=media_type,
                content=content,
                content_id=content_id,
                is_inline=disposition.value == "inline" or (content_id is not None and not name),
            )
        )
        return []

    def _read_report(
        self, content_type: Parameters, children: list[Part], depth: int
    ) -> list[Body]:
        bodies: list[Body] = []
        self._note_report(content_type.get("report-type").lower(), [])
        for child in children:
            media_type = _media_type(_parameters(child, "content-type"))
            if media_type in _RETURNED and self.report is not None and self.report.returned is None:
                self.report = replace(
                    self.report, returned=read_headers(_content(child, media_type))
                )
            elif media_type.startswith("message/") and media_type not in _RETURNED:
                self._note_report(_REPORTS.get(media_type, ""), _blocks(child))
            else:
                bodies += self.read(child, depth + 1)
        return bodies

    def _note_report(self, kind: str, blocks: list[dict[str, str]]) -> None:
        known = self.report or Report(kind="")
        self.report = replace(known, kind=kind or known.kind, blocks=(*known.blocks, *blocks))


def _alternative(bodies: list[Body]) -> Body:
    plain = [body.plain for body in bodies if body.plain is not None and body.plain.strip()]
    html = [body.html for body in bodies if body.html is not None]
    return Body(plain="\n".join(plain) if plain else None, html="\n".join(html) if html else None)


def _to_body(content: bytes, content_type: Parameters, media_type: str) -> Body:
    charset = content_type.get("charset")
    if media_type == "text/html":
        if not charset and (meta := _META_CHARSET.search(content, 0, 4096)) is not None:
            charset = meta[1].decode("ascii")
        return Body(html=decode_bytes(content, charset)[:MAX_BODY])
    text = decode_bytes(content, charset)[:MAX_BODY].replace("\r\n", "\n").replace("\r", "\n")
    if content_type.get("format").lower() == "flowed":
        text = _unflow(text, delete_space=content_type.get("delsp").lower() == "yes")
    return Body(plain=text)


def _unflow(text: str, *, delete_space: bool) -> str:
    """Lines that end with a space go on in the next one of the same quote depth (RFC 3676)."""
    lines: list[str] = []
    depth_before = -1
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        content = line[depth:].removeprefix(" ")
        is_joined = bool(lines) and depth == depth_before and content != "-- "
        if is_joined:
            lines[-1] += content
        else:
            lines.append(">" * depth + (" " if depth else "") + content)
        is_flowed = content.endswith(" ") and content != "-- "
        if is_flowed and delete_space:
            lines[-1] = lines[-1][:-1]
        depth_before = depth if is_flowed else -1
    return "\n".join(lines)


def _content(part: Part, media_type: str) -> bytes:
    if media_type in _FORWARDED and part.is_multipart():
        inner = part.get_payload(0)
        return inner.as_bytes(policy=_FORWARD_POLICY) if isinstance(inner, Part) else b""
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _blocks(part: Part) -> list[dict[str, str]]:
    """The groups of fields of a message/delivery-status, however the parser took them."""
    payload = part.get_payload()
    if not isinstance(payload, list):
        groups = _content(part, "").replace(b"\r\n", b"\n").split(b"\n\n")
        blocks = [_fields(read_headers(group + b"\n\n")) for group in groups]
        return [block for block in blocks if block]
    return [
        {name.lower(): _text(value) for name, value in group.raw_items()}
        for group in payload
        if isinstance(group, Part)
    ]


def _fields(headers: Headers) -> dict[str, str]:
    return {name: decode_bytes(value) for name, value in headers.fields}


def _media_type(content_type: Parameters) -> str:
    value = content_type.value
    if not value:
        return "text/plain"
    return value if _MEDIA_TYPE.fullmatch(value) else "application/octet-stream"


def _parameters(part: Part, name: str) -> Parameters:
    return read_parameters(_raw_header(part, name))


def _header(part: Part, name: str) -> str:
    return decode_bytes(_raw_header(part, name))


def _raw_header(part: Part, name: str) -> bytes:
    for key, value in part.raw_items():
        if key.lower() == name:
            text = str(value).replace("\r\n", " ").replace("\n", " ").replace("\r", " ")
            return text.encode("utf-8", "surrogateescape")
    return b""


def _text(value: str) -> str:
    return decode_bytes(str(value).encode("utf-8", "surrogateescape")).replace("\n", " ").strip()
