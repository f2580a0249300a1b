"""From the parts of a raw mail to its bodies, files and report. Never fails for bad input."""

from dataclasses import dataclass, field, replace

from connectors.email.reading.bodies import alternative_of, to_body, without_uuencoded
from connectors.email.reading.calendar import is_calendar, read_invitation
from connectors.email.reading.charsets import decode_bytes
from connectors.email.reading.file_names import clean_name, name_by_subject
from connectors.email.reading.headers import read_headers
from connectors.email.reading.inline import mark_inline
from connectors.email.reading.mail import Body, Mail, MailFile, Report
from connectors.email.reading.media_types import media_type_of
from connectors.email.reading.parameters import Parameters, read_parameters
from connectors.email.reading.parts import Part, read_structure
from connectors.email.reading.problems import NOT_UNPACKED
from connectors.email.reading.protection import (
    SIGNED_SMIME,
    is_smime_file,
    pgp_notice,
    protection_of,
)
from connectors.email.reading.reports import RETURNED, report_kind, status_blocks
from connectors.email.reading.signed_content import signed_content
from connectors.email.reading.tnef import is_tnef, read_tnef
from connectors.email.reading.transfer import decode_transfer, encoding_of

__all__ = ["Body", "Mail", "MailFile", "Report", "read_mail"]

_FORWARDED = frozenset({"message/rfc822", "message/global"})
_NEVER_SHOWN = frozenset({"text/x-amp-html", "text/watch-html", "text/x-watch-html"})
"""Forms of an alternative for which only one program has a use."""
_RICH = frozenset({"text/enriched", "text/richtext", "text/rtf", "application/rtf"})
_MOST_WRAPPINGS = 3
"""Signed, encrypted and signed again is two (RFC 2634, 1.1)."""
_FILE_TEXTS = frozenset(
    {"text/calendar", "text/vcard", "text/x-vcard", "text/directory", "text/csv", "text/css"}
    | {"text/xml", "text/javascript", "text/rfc822-headers", "text/x-patch", "text/x-diff"}
)


def read_mail(raw: bytes) -> Mail:
    """Everything that stands in a mail, under the caps of P5."""
    if b"\n" not in raw[:65_536] and b"\r" in raw:
        # Written by a program that ends lines with CR alone; then no line ends otherwise.
        raw = raw.replace(b"\r", b"\n")
    headers = read_headers(raw)
    structure = read_structure(raw, headers)
    walk = _Walk(raw=raw, problems=[*headers.problems, *structure.problems])
    bodies = walk.read(structure.root, is_root=True) or walk.named_texts
    return Mail(
        headers=headers,
        bodies=tuple(bodies),
        files=mark_inline(walk.files, bodies),
        report=walk.report,
        notices=tuple(dict.fromkeys(walk.notices)),
        problems=tuple(dict.fromkeys(walk.problems)),
    )


@dataclass(slots=True)
class _Walk:
    raw: bytes
    problems: list[str]
    files: list[MailFile] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    report: Report | None = None
    texts: int = 0
    wrappings: int = 0
    """Signatures that stand around what is read here."""
    named_texts: list[Body] = field(default_factory=list)
    """Texts that came as files to be shown: what was written, if nothing else was."""

    def read(self, part: Part, *, is_root: bool = False, around: str = "") -> list[Body]:
        """The bodies of this part; its files and reports are collected beside.

        `around` is the type of the multipart that it stands in.
        """
        media_type = part.media_type
        if media_type.startswith("multipart/") and part.children:
            return self._read_children(part)
        if media_type.startswith("multipart/"):
            return []
        kind = report_kind(media_type)
        if kind:
            self._note_report(kind, status_blocks(self._content(part)))
            return []
        return self._read_leaf(part, is_root=is_root, around=around)

    def _read_children(self, part: Part) -> list[Body]:
        media_type = part.media_type
        if notice := protection_of(part.content_type, media_type):
            self.notices.append(notice)
        if media_type == "multipart/report":
            return self._read_report(part)
        if media_type == "multipart/alternative":
            return alternative_of([self.read(child, around=media_type) for child in part.children])
        return [body for child in part.children for body in self.read(child, around=media_type)]

    def _read_leaf(self, part: Part, *, is_root: bool, around: str) -> list[Body]:
        media_type = part.media_type
        disposition = read_parameters(
            part.headers.raw_first("content-disposition"), part.headers.charset
        )
        name = disposition.get("filename") or part.content_type.get("name")
        if media_type in _NEVER_SHOWN and not name:
            return []
        content = self._content(part)
        if self._is_text(media_type, disposition, name, is_root=is_root, around=around):
            return self._read_text(part, media_type, content)
        if not content and not name:
            return []
        if is_smime_file(media_type, name) and (inner := self._unwrapped(content)) is not None:
            return inner
        if is_tnef(media_type, name) and (bodies := self._read_tnef(content)) is not None:
            return bodies
        if notice := protection_of(part.content_type, media_type):
            self.notices.append(notice)
        if is_calendar(media_type, name):
            charset = part.content_type.get("charset")
            self.notices += read_invitation(decode_bytes(content, charset))
        if media_type == "message/external-body":
            self._note_elsewhere(part, name)
            return []
        self._add_file(part, disposition, name, content, around)
        if media_type in ("text/plain", "text/html") and disposition.value != "attachment":
            body = to_body(content, part.content_type, media_type, part.headers.charset)
            self.named_texts.append(body)
        return []

    def _is_text(
        self, media_type: str, disposition: Parameters, name: str, *, is_root: bool, around: str
    ) -> bool:
        """Whether it is something that was written, and not a file.

        A file says so (`attachment`), or has a name; a mail that is nothing but a text with a name
        is read all the same.
        """
        is_known = media_type in ("text/plain", "text/html") or media_type in _RICH
        is_other = media_type.startswith("text/") and media_type not in _FILE_TEXTS
        if disposition.value == "attachment" or not (is_known or is_other):
            return False
        if media_type.endswith("/rtf") and name:
            return False
        if not name:
            return is_known or is_root or not self.texts
        return is_root or (around == "multipart/alternative" and media_type != "text/calendar")

    def _read_text(self, part: Part, media_type: str, content: bytes) -> list[Body]:
        if media_type == "text/plain" and b"begin" in content:
            content, found = without_uuencoded(content)
            for file in found:
                name = clean_name(decode_bytes(file.name), "", len(self.files))
                self.files.append(
                    MailFile(name=name, media_type=media_type_of(name), content=file.content)
                )
        body = to_body(content, part.content_type, media_type, part.headers.charset)
        self.texts += 1
        if body.plain is not None and (notice := pgp_notice(body.plain)):
            self.notices.append(notice)
        return [body]

    def _add_file(
        self, part: Part, disposition: Parameters, name: str, content: bytes, around: str
    ) -> None:
        media_type = part.media_type
        position = len(self.files)
        if media_type in _FORWARDED and not name:
            shown = name_by_subject(read_headers(content).text("subject"), position)
        else:
            shown = clean_name(name, media_type, position)
        content_id = part.headers.text("content-id").strip(" <>") or None
        self.files.append(
            MailFile(
                name=shown,
                media_type=media_type,
                content=content,
                content_id=content_id,
                is_inline=disposition.value == "inline"
                or (
                    not disposition.value
                    and content_id is not None
                    and around == "multipart/related"
                ),
            )
        )

    def _unwrapped(self, content: bytes) -> list[Body] | None:
        """What a signature was put around, in its place; None: it holds no mail."""
        inner = signed_content(content) if self.wrappings < _MOST_WRAPPINGS else None
        if inner is None:
            return None
        self.notices.append(SIGNED_SMIME)
        headers = read_headers(inner)
        structure = read_structure(inner, headers)
        self.problems += [*headers.problems, *structure.problems]
        outer, self.raw = self.raw, inner
        self.wrappings += 1
        bodies = self.read(structure.root, is_root=True)
        self.raw = outer
        return bodies

    def _read_tnef(self, content: bytes) -> list[Body] | None:
        """None: it could not be unpacked, and stays the file that it is."""
        found = read_tnef(content)
        if found is None:
            self.problems.append(NOT_UNPACKED)
            return None
        for file in found.files:
            position = len(self.files)
            name = clean_name(file.name, file.media_type, position)
            self.files.append(
                MailFile(
                    name=name,
                    media_type=file.media_type or media_type_of(name),
                    content=file.content,
                    content_id=file.content_id or None,
                )
            )
        # The sender's program put the same text before it, mostly.
        return [found.body] if found.body is not None and not self.texts else []

    def _read_report(self, part: Part) -> list[Body]:
        bodies: list[Body] = []
        self._note_report(part.content_type.get("report-type").lower(), [])
        for child in part.children:
            media_type = child.media_type
            if media_type in RETURNED and self.report is not None and self.report.returned is None:
                returned = read_headers(self._content(child))
                self.report = replace(self.report, returned=returned)
            elif media_type.startswith("message/") and media_type not in RETURNED:
                self._note_report(report_kind(media_type), status_blocks(self._content(child)))
            else:
                bodies += self.read(child, around="multipart/report")
        return bodies

    def _note_report(self, kind: str, blocks: list[dict[str, str]]) -> None:
        known = self.report or Report(kind="")
        self.report = replace(known, kind=kind or known.kind, blocks=(*known.blocks, *blocks))

    def _note_elsewhere(self, part: Part, name: str) -> None:
        where = part.content_type
        place = where.get("url") or " ".join(
            where.get(one) for one in ("server", "site", "directory", "name") if where.get(one)
        )
        self.notices.append(f"A file is not in this mail but elsewhere: {(name or place)[:300]}.")

    def _content(self, part: Part) -> bytes:
        encoding = encoding_of(
            part.headers.raw_first("content-transfer-encoding").decode("ascii", "replace")
        )
        content = self.raw[part.start : part.end]
        return decode_transfer(content, encoding) if encoding else content
