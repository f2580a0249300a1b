"""What a raw mail is read as: its texts, files and what must be told of it beside them."""

from dataclasses import dataclass, field

from connectors.email.reading.headers import Headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """One stretch of the mail; of an alternative both forms."""

    plain: str | None = None
    html: str | None = None
    more_html: tuple[str, ...] = ()
    """Further HTML parts of the same form. Each is a document of its own: put together, an
    attribute left open in one would swallow the next (EFAIL)."""
    is_converted: bool = False
    """The plain form was made of another one, and gives way to what was written as text."""

    @property
    def htmls(self) -> tuple[str, ...]:
        """All HTML parts, in their order."""
        return () if self.html is None else (self.html, *self.more_html)


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
    notices: tuple[str, ...] = ()
    """Sentences for the agent about parts that are no text: an invitation, an encrypted part."""
    problems: tuple[str, ...] = ()
