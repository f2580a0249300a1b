"""Texts as the network takes them: parse mode and entities, in UTF-16 units (MessageEntity)."""

import html
import re
from dataclasses import dataclass, field
from typing import Any

from connectors.telegram.sandbox_answers import Refusal, bad

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_ENTITIES = 100
"""What is more is dropped without a word."""
KINDS_IN_HTML = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strikethrough"),
    "tg-spoiler": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
GIVEN_KINDS = frozenset(
    {
        *KINDS_IN_HTML.values(),
        *("expandable_blockquote", "text_link", "text_mention", "custom_emoji"),
    }
)
"""Others in `entities` are found by the network itself, and so ignored."""
_FOUND = (
    ("bot_command", re.compile(r"(?<![\w/@])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?\b")),
    ("email", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("url", re.compile(r"\bhttps?://[^\s<>\"]+[^\s<>\".,;:!?)]")),
    ("mention", re.compile(r"(?<![\w@])@[A-Za-z]\w{3,31}\b")),
    ("hashtag", re.compile(r"(?<![\w#])#\w*[^\W\d_]\w*")),
)
_TAG = re.compile(
    rb"<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9-]*)(?P<rest>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>"
)
_ATTRIBUTE = re.compile(r"([A-Za-z_:-]+)\s*(?:=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?")


@dataclass(slots=True)
class Formatted:
    text: str
    entities: list[dict[str, Any]] = field(default_factory=list)


def units(text: str) -> int:
    """UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def read_text(
    text: str, parse_mode: str, given: Any, *, limit: int, what: str = "message"
) -> Formatted:
    """What is said in the end. Raises Refusal if it cannot be parsed, or is too long then."""
    parsed = _parse(text, parse_mode) if parse_mode else Formatted(text, _given(text, given))
    trimmed = _trimmed(parsed)
    if units(trimmed.text) > limit:
        raise bad(f"{what} is too long")
    found = _found(trimmed)
    trimmed.entities = sorted(
        [*trimmed.entities, *found], key=lambda one: (one["offset"], -one["length"])
    )[:MAX_ENTITIES]
    return trimmed


def _parse(text: str, parse_mode: str) -> Formatted:
    match parse_mode.lower():
        case "html":
            return _Html(text).read()
        case "markdown" | "markdownv2":
            raise Refusal(501, "the sandbox reads HTML and entities only")
    raise bad("unsupported parse_mode")


def _unparsable(reason: str) -> Refusal:
    return bad(f"can't parse entities: {reason}")


@dataclass(slots=True)
class _Open:
    name: str
    kind: str
    at: int
    more: dict[str, Any]
    start: int
    """UTF-16 offset where its text begins."""


class _Html:
    """The HTML style of the Bot API: a few tags, properly nested, four named characters."""

    def __init__(self, source: str) -> None:
        self._source = source.encode()
        self._text = ""
        self._open: list[_Open] = []
        self._entities: list[dict[str, Any]] = []

    def read(self) -> Formatted:
        at = 0
        while at < len(self._source):
            sign = self._source.find(b"<", at)
            self._say(self._source[at : len(self._source) if sign < 0 else sign])
            if sign < 0:
                break
            tag = _TAG.match(self._source, sign)
            if tag is None:
                raise _unparsable(f"Unclosed start tag at byte offset {sign}")
            name = tag["name"].decode().lower()
            if tag["end"]:
                self._close(name, sign)
            else:
                self._begin(name, tag["rest"].decode("utf-8", "replace"), sign)
            at = tag.end()
        if self._open:
            name = self._open[-1].name
            raise _unparsable(f'Can\'t find end tag corresponding to start tag "{name}"')
        return Formatted(self._text, self._entities)

    def _say(self, raw: bytes) -> None:
        text = raw.decode("utf-8", "replace")
        named = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")
        self._text += named.sub(lambda match: html.unescape(match[0]), text)

    def _begin(self, name: str, rest: str, at: int) -> None:
        found = {key.lower(): value.strip("\"'") for key, value in _ATTRIBUTE.findall(rest)}
        more: dict[str, Any] = {}
        kind = KINDS_IN_HTML.get(name, "")
        if name == "a":
            kind = "text_link"
            more = {"url": html.unescape(found.get("href", ""))}
        elif name == "span":
            if found.get("class") != "tg-spoiler":
                raise _unparsable(f'Tag "span" must have class "tg-spoiler" at byte offset {at}')
            kind = "spoiler"
        elif name == "tg-emoji":
            kind = "custom_emoji"
            more = {"custom_emoji_id": found.get("emoji-id", "")}
        elif name == "blockquote" and "expandable" in found:
            kind = "expandable_blockquote"
        elif name == "code" and found.get("class", "").startswith("language-"):
            more = {"language": found["class"].removeprefix("language-")}
        if not kind:
            raise _unparsable(f'Unsupported start tag "{name}" at byte offset {at}')
        self._open.append(_Open(name, kind, at, more, units(self._text)))

    def _close(self, name: str, at: int) -> None:
        if not self._open:
            raise _unparsable(f"Unexpected end tag at byte offset {at}")
        begun = self._open.pop()
        if begun.name != name:
            raise _unparsable(
                f"Unmatched end tag at byte offset {at}, expected "
                f'"</{begun.name}>", found "</{name}>"'
            )
        length = units(self._text) - begun.start
        if length and not (begun.kind == "text_link" and not _is_web(begun.more["url"])):
            entity = {"type": begun.kind, "offset": begun.start, "length": length, **begun.more}
            self._add(entity)

    def _add(self, entity: dict[str, Any]) -> None:
        """`<pre><code class="language-x">` is one entity with a language."""
        outer = self._open[-1] if self._open else None
        if entity["type"] == "code":
            language = entity.pop("language", "")
            if outer is not None and outer.kind == "pre" and outer.start == entity["offset"]:
                outer.more = {"language": language} if language else {}
                return
        self._entities.append(entity)


def _is_web(url: str) -> bool:
    """What is no address is shown as plain text."""
    return re.match(r"(?:https?|tg|ton|mailto|tel):|[\w-]+\.\w", url) is not None


def _given(text: str, given: Any) -> list[dict[str, Any]]:
    """Those of the argument `entities`; what is none is ignored, as by the real server."""
    encoded = text.encode("utf-16-le", "surrogatepass")
    size = len(encoded) // 2
    found: list[dict[str, Any]] = []
    for one in given if isinstance(given, list) else []:
        if not isinstance(one, dict) or str(one.get("type")) not in GIVEN_KINDS:
            continue
        start, length = one.get("offset"), one.get("length")
        if not isinstance(start, int) or not isinstance(length, int):
            continue
        if start < 0 or length < 0:
            raise bad("receive an entity with incorrect offset or length")
        if start + length > size:
            raise bad(
                f"entity beginning at UTF-16 offset {start} ends after the end of the text at "
                f"UTF-16 offset {size}"
            )
        for edge, verb in ((start, "begins"), (start + length, "ends")):
            if _is_inside(encoded, edge):
                raise bad(f"entity {verb} in a middle of a UTF-16 symbol at byte offset {edge}")
        if length:
            found.append({**one, "type": one["type"]})
    return found


def _is_inside(encoded: bytes, offset: int) -> bool:
    """Between the two halves of one character."""
    unit = int.from_bytes(encoded[2 * offset : 2 * offset + 2], "little")
    return 0xDC00 <= unit <= 0xDFFF


def _trimmed(parsed: Formatted) -> Formatted:
    """Without white space at both ends; what stood there alone is gone."""
    lead = units(parsed.text) - units(parsed.text.lstrip())
    text = parsed.text.strip()
    size = units(text)
    entities = []
    for one in parsed.entities:
        start = max(one["offset"] - lead, 0)
        end = min(one["offset"] + one["length"] - lead, size)
        if end > start:
            entities.append({**one, "offset": start, "length": end - start})
    return Formatted(text, entities)


def _found(said: Formatted) -> list[dict[str, Any]]:
    """What the network marks by itself, except within code and links."""
    taken = [
        (one["offset"], one["offset"] + one["length"])
        for one in said.entities
        if one["type"] in ("code", "pre", "text_link", "text_mention")
    ]
    found: list[dict[str, Any]] = []
    for kind, pattern in _FOUND:
        for match in pattern.finditer(said.text):
            start = units(said.text[: match.start()])
            end = start + units(match[0])
            if all(end <= left or start >= right for left, right in taken):
                taken.append((start, end))
                found.append({"type": kind, "offset": start, "length": end - start})
    return found


def said_by_person(text: str) -> dict[str, Any]:
    """The fields of a message in which somebody wrote this."""
    said = Formatted(text)
    said.entities = sorted(_found(said), key=lambda one: one["offset"])
    return {"text": text, **({"entities": said.entities} if said.entities else {})}
