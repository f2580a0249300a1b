"""The parts of a machine's report (RFC 3464, RFC 8098, RFC 5965)."""

from connectors.email.reading.charsets import decode_bytes
from connectors.email.reading.headers import Headers, read_headers

MAX_BLOCKS = 200

RETURNED = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers"}
)
"""What the report is about, whole or its header alone."""
_REPORTS = {
    "message/delivery-status": "delivery-status",
    "message/global-delivery-status": "delivery-status",
    "message/disposition-notification": "disposition-notification",
    "message/global-disposition-notification": "disposition-notification",
    "message/feedback-report": "feedback-report",
}
"""What a machine's report is about, by the type of its part: `report-type` is often missing."""


def report_kind(media_type: str) -> str:
    """Empty for a part that is no report."""
    return _REPORTS.get(media_type, "")


def status_blocks(content: bytes) -> list[dict[str, str]]:
    """The groups of fields, names in lower case."""
    blocks: list[dict[str, str]] = []
    lines = content.replace(b"\r\n", b"\n").strip(b"\n")
    for group in lines.split(b"\n\n", MAX_BLOCKS)[:MAX_BLOCKS]:
        block = _fields(read_headers(group + b"\n\n"))
        if block:
            blocks.append(block)
    return blocks


def _fields(headers: Headers) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in headers.fields:
        fields.setdefault(name, decode_bytes(value).strip())
    return fields
