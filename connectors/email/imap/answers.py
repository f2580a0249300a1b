"""What IMAP servers answer, read tolerantly (RFC 3501, 7). Pure: lines in, values out.

An answer is a list of lines; a line that ends with `{n}` is followed by its `Literal` and then by
the rest of the same answer. What cannot be read is left out: it is no reason to stop.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

LITERAL = re.compile(rb"~?\{(\d{1,12})\+?\}$")
"""How a line announces that so many bytes of content follow it (RFC 3501, 4.3; RFC 3516, 7888)."""
MAX_LINE = 64 * 1024
"""Of a line that is taken apart; nothing that we ask for is longer."""
MAX_UID = 0xFFFFFFFF

_FETCH = re.compile(rb"\d{1,10} FETCH \(", re.IGNORECASE)
_LIST = re.compile(rb"(?:LIST|LSUB|XLIST) \(", re.IGNORECASE)
_SEARCH = re.compile(rb"SEARCH(?: |$)", re.IGNORECASE)
_CAPABILITY = re.compile(rb"CAPABILITY ", re.IGNORECASE)
_VALIDITY = re.compile(rb"\[UIDVALIDITY (\d{1,20})\]", re.IGNORECASE)
_EXISTS = re.compile(rb"\d{1,20} (?:EXISTS|RECENT)\b", re.IGNORECASE)
# A quote or a bracket that is never closed goes to the end: no piece is looked at twice.
_TOKEN = re.compile(
    rb'[()]|"(?:[^"\\]|\\.?)*+(?:"|\Z)'
    rb'|[^\s()"\[]*+\[[^\]]*+(?:\]|\Z)(?:<\d{1,20}>)?|[^\s()"\[]++',
    re.DOTALL,
)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_NOT_SHOWN = re.compile(r"[\x00-\x1f\x7f]+")


class Literal(bytes):
    """Content whose size was announced; never taken for anything else, whatever is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What one FETCH answer says of one mail."""

    uid: int | None = None
    size: int = 0
    """Bytes, as the server says; some estimate. 0: it does not say."""
    received_at: datetime | None = None
    has_content: bool = False
    content: bytes | None = None
    """None with `has_content`: the server says NIL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One folder of a mailbox."""

    name: str
    """As on the wire: modified UTF-7, or UTF-8."""
    delimiter: str
    """Empty: there are no levels."""
    attributes: frozenset[str]
    """In lower case, with their backslash."""

    def has(self, *attributes: str) -> bool:
        return any(one in self.attributes for one in attributes)


def fetched(lines: Sequence[bytes]) -> list[Fetched]:
    """In the order in which they came; several of one mail are possible."""
    found = []
    for answer in _answers(lines):
        if _FETCH.match(answer[0]):
            tokens = _tokens(answer)
            # The number, FETCH and the parenthesis.
            found.append(_fetched(tokens[3:]))
    return found


def listed(lines: Sequence[bytes]) -> list[Listed]:
    found = []
    for answer in _answers(lines):
        if not _LIST.match(answer[0]):
            continue
        tokens = _tokens(answer)[2:]
        if b")" not in tokens:
            continue
        end = tokens.index(b")")
        attributes = frozenset(one.decode("ascii", "replace").lower() for one in tokens[:end])
        if len(tokens) < end + 3:
            continue
        delimiter, name = _text(tokens[end + 1]), _text(tokens[end + 2])
        if name:
            found.append(Listed(name=name, delimiter=delimiter or "", attributes=attributes))
    return found


def searched(lines: Sequence[bytes]) -> list[int]:
    """Ascending, each once."""
    found: set[int] = set()
    for line in lines:
        if not isinstance(line, Literal) and _SEARCH.match(line):
            words = line[6:].partition(b"(")[0].split()
            found.update(int(word) for word in words if word.isdigit() and len(word) <= 10)
    return sorted(uid for uid in found if 0 < uid <= MAX_UID)


def capabilities(lines: Sequence[bytes]) -> frozenset[str]:
    """In upper case."""
    return frozenset(
        word.decode("ascii", "replace").upper()
        for line in lines
        if _CAPABILITY.match(line)
        for word in line.split()[1:]
    )


def uid_validity(lines: Sequence[bytes]) -> int | None:
    for line in lines:
        if not isinstance(line, Literal) and (found := _VALIDITY.search(line)) is not None:
            return int(found[1])
    return None


def tells_of_mail(lines: Iterable[bytes]) -> bool:
    """Whether a push may mean that a mail came; much else is pushed, "still here" for one."""
    return any(_EXISTS.match(line) for line in lines)


def said(line: bytes) -> str:
    """A server's sentence as it can be shown."""
    return _NOT_SHOWN.sub(" ", line[:300].decode("utf-8", "replace")).strip()


def _answers(lines: Sequence[bytes]) -> Iterator[list[bytes]]:
    """The lines of each answer: a text, then literals each with what follows it."""
    answer: list[bytes] = []
    for line in lines:
        if isinstance(line, Literal) or (answer and isinstance(answer[-1], Literal)):
            answer.append(line)
            continue
        if answer:
            yield answer
        answer = [line]
    if answer:
        yield answer


def _tokens(answer: Sequence[bytes]) -> list[bytes]:
    tokens: list[bytes] = []
    for position, part in enumerate(answer):
        if isinstance(part, Literal):
            tokens.append(part)
            continue
        text = part[:MAX_LINE]
        if position + 1 < len(answer):
            text = LITERAL.sub(b"", text)
        tokens += _TOKEN.findall(text)
    return tokens


def _fetched(tokens: Sequence[bytes]) -> Fetched:
    uid, size, received_at, has_content, content = None, 0, None, False, None
    position = 0
    while position + 1 < len(tokens):
        key = tokens[position]
        if isinstance(key, Literal) or key == b")":
            break
        value, following = tokens[position + 1], _after(tokens, position + 1)
        match key.upper():
            case b"UID":
                uid = _number(value) or None
            case b"RFC822.SIZE":
                size = _number(value)
            case b"INTERNALDATE":
                received_at = _moment(value)
            case name if name.startswith((b"BODY[", b"BINARY[")) or name == b"RFC822":
                has_content = True
                content = _content(value)
        position = following
    return Fetched(
        uid=uid, size=size, received_at=received_at, has_content=has_content, content=content
    )


def _after(tokens: Sequence[bytes], position: int) -> int:
    """Where the next key is: behind this value, which may be a list."""
    depth = 0
    while position < len(tokens):
        token = tokens[position]
        if not isinstance(token, Literal):
            depth += (token == b"(") - (token == b")")
        position += 1
        if depth <= 0:
            break
    return position


def _number(value: bytes) -> int:
    return int(value) if value.isdigit() and len(value) <= 12 else 0


def _content(value: bytes) -> bytes | None:
    if isinstance(value, Literal):
        return bytes(value)
    if value.startswith(b'"'):
        return _unquoted(value)
    return None


def _unquoted(value: bytes) -> bytes:
    return _ESCAPED.sub(rb"\1", value[1:].removesuffix(b'"'))


def _text(value: bytes) -> str | None:
    """None: NIL."""
    if isinstance(value, Literal):
        return value.decode("utf-8", "replace")
    if value.startswith(b'"'):
        return _unquoted(value).decode("utf-8", "replace")
    return None if value.upper() == b"NIL" else value.decode("utf-8", "replace")


def _moment(value: bytes) -> datetime | None:
    try:
        text = value.strip(b'"').decode("ascii").strip()
        return datetime.strptime(text, "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
