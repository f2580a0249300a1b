"""Turns the HTML of a mail into the lines that a person reads, quotes and signatures marked.

Not recursive, and linear: markup that nests too deep is not parsed. Links keep their words; where
they lead is in the sanitised HTML.
"""

import re
from html import unescape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from connectors.email.html.colours import is_coloured
from connectors.email.html.depth import is_shallow
from connectors.email.html.marks import is_quote, mark_of
from connectors.email.reply_text.lines import Line, Mark, to_quoted

MAX_HTML = 1024 * 1024
MAX_NODES = 200_000
"""Elements and texts that are looked at: about 0.3 s."""
LONGEST_PICTURE_WORD = 8


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ANY_TAG = re.compile(r"<!--.*?(?:-->|$)|<[^>]{0,2000}>?", re.DOTALL)
_SPACE = re.compile(r"[ \t\r\n\f]+")
_HIDDEN_TAGS = _words(
    """
    head style script title template noscript object iframe svg math select textarea
    """
)
_BLOCKS = _words(
    """
    address article aside blockquote center dd details div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody
    tfoot thead tr ul body
    """
)
_SPACED = _words(
    """
    p h1 h2 h3 h4 h5 h6 blockquote ul ol dl table pre figure
    """
)
_MARKED = _words(
    """
    div span p blockquote table td section article pre hr a font body
    """
)
_NO_MARGIN = re.compile(r"margin(?:-top|-bottom)?:\s*0", re.IGNORECASE)
_INVISIBLE = re.compile(r"display:\s*none|mso-hide:\s*all", re.IGNORECASE)
_KEEPS_SPACE = re.compile(r"white-space:\s*(?:pre|break-spaces)", re.IGNORECASE)


def to_lines(html: str) -> list[Line]:
    """The lines of a document or fragment, those of quotes with their depth.

    A parser of HTML is quadratic in nesting: what no person made is only freed of its tags.
    """
    html = html[:MAX_HTML]
    if not is_shallow(html):
        return _without_tags(html)
    return _Rendering(html).lines


def to_text(html: str) -> str:
    """What a person reads of it: paragraphs, lists, rows and quotes kept as lines."""
    return text_of(to_lines(html))


def text_of(lines: list[Line]) -> str:
    return "\n".join(line.shown for line in lines if line.mark is None).strip()


class _Rendering:
    """One walk over the tree; `lines` holds the result."""

    def __init__(self, html: str) -> None:
        self.lines: list[Line] = []
        self._words: list[str] = []
        self._depth = 0
        self._kept_space = 0
        self._colours = 0
        self._says_in_colour = False
        self._lists: list[int | None] = []
        self._prefix = ""
        self._wants_blank = False
        self._closing: dict[int, list[str]] = {}
        self._has_hidden = _INVISIBLE.search(html) is not None
        self._has_kept_space = _KEEPS_SPACE.search(html) is not None
        body = LexborHTMLParser(html).body
        if body is not None:
            self._walk(body)
        self._end_line()
        while self.lines and not self.lines[-1].text and self.lines[-1].mark is None:
            self.lines.pop()

    def _walk(self, body: LexborNode) -> None:
        node: LexborNode | None = body.first_child
        level = 0
        for _ in range(MAX_NODES):
            if node is None:
                return
            goes_in = self._enter(node, level)
            child = node.first_child if goes_in else None
            if child is not None:
                node, level = child, level + 1
                continue
            self._leave(node.tag, level)
            following = node.next
            while following is None:
                parent = node.parent
                level -= 1
                if parent is None or level < 0:
                    return
                node = parent
                self._leave(node.tag, level)
                following = node.next
            node = following

    def _enter(self, node: LexborNode, level: int) -> bool:
        """Whether to go into it."""
        tag = node.tag or ""
        if tag == "-text":
            self._say(node.text_content or "")
            return False
        if tag.startswith(("-", "!")) or tag in _HIDDEN_TAGS:
            return False
        if tag == "br":
            self._break()
            return False
        if tag == "img":
            alt = node.attributes.get("alt") or ""
            if alt and len(alt) <= LONGEST_PICTURE_WORD and not alt.isascii():
                self._words.append(alt)
            return False
        attributes = node.attributes if tag in _MARKED else {}
        style = attributes.get("style") or ""
        if self._has_hidden and style and _INVISIBLE.search(style):
            return False
        if tag in _BLOCKS:
            self._end_line()
            if tag in _SPACED and not self._lists and _is_spaced(tag, attributes, style):
                self._wants_blank = True
                self._closing.setdefault(level, []).append("gap")
        elif tag in ("td", "th"):
            self._space()
        if attributes and self._depth == 0 and (mark := mark_of(tag, attributes)) is not None:
            self._set(mark, level)
        if (style or "color" in attributes) and is_coloured(style, attributes.get("color")):
            self._colours += 1
            self._closing.setdefault(level, []).append("colour")
        self._open(tag, attributes, style, level)
        return True

    def _open(self, tag: str, attributes: dict[str, str | None], style: str, level: int) -> None:
        if tag == "blockquote" and is_quote(attributes):
            self._depth += 1
            self._closing.setdefault(level, []).append("quote")
        elif tag == "pre" or (self._has_kept_space and style and _KEEPS_SPACE.search(style)):
            self._kept_space += 1
            self._closing.setdefault(level, []).append("space")
        elif tag in ("ul", "ol"):
            self._lists.append(0 if tag == "ol" else None)
            self._closing.setdefault(level, []).append("list")
        elif tag == "li":
            self._prefix = self._bullet()
        elif tag == "hr":
            self._words.append("_" * 32)

    def _leave(self, tag: str | None, level: int) -> None:
        if tag in _BLOCKS:
            self._end_line()
            if tag == "li":
                self._prefix = ""
        for what in self._closing.pop(level, ()):
            if what == "quote":
                self._end_line()
                self._depth -= 1
            elif what == "space":
                self._kept_space -= 1
            elif what == "list":
                self._lists.pop()
            elif what == "colour":
                self._colours -= 1
            elif what == "gap":
                self._wants_blank = True
            else:
                self._end_line()
                self.lines.append(Line(shown="", text="", mark=Mark.SIGNATURE_END))

    def _set(self, mark: Mark, level: int) -> None:
        self._end_line()
        self.lines.append(Line(shown="", text="", mark=mark))
        if mark is Mark.SIGNATURE:
            self._closing.setdefault(level, []).append("signature")

    def _bullet(self) -> str:
        if not self._lists:
            return "- "
        indent = "  " * (len(self._lists) - 1)
        number = self._lists[-1]
        if number is None:
            return f"{indent}- "
        self._lists[-1] = number + 1
        return f"{indent}{number + 1}. "

    def _say(self, text: str) -> None:
        self._says_in_colour |= self._colours > 0 and not text.isspace()
        if self._kept_space:
            first, *others = text.split("\n")
            self._words.append(first)
            for one in others:
                self._break()
                self._words.append(one)
            return
        text = _SPACE.sub(" ", text)
        if text == " " and not self._words:
            return
        self._words.append(text)

    def _space(self) -> None:
        if self._words:
            self._words.append(" ")

    def _break(self) -> None:
        """A line ends here, even an empty one."""
        if not self._end_line():
            self.lines.append(to_quoted("", self._depth))

    def _end_line(self) -> bool:
        """Whether there was a line to end."""
        if not self._words:
            return False
        said = "".join(self._words)
        self._words = []
        if not self._kept_space:
            said = _SPACE.sub(" ", said.replace("\u00a0", " ")).strip(" ")
        else:
            said = said.replace("\u00a0", " ").rstrip()
        if not said and self._prefix:
            return False
        if self._wants_blank and self.lines and self.lines[-1].text:
            self.lines.append(to_quoted("", min(self._depth, self.lines[-1].depth)))
        self._wants_blank = False
        in_colour, self._says_in_colour = self._says_in_colour, False
        self.lines.append(to_quoted(self._prefix + said, self._depth, is_coloured=in_colour))
        self._prefix = " " * len(self._prefix)
        return True


def _without_tags(html: str) -> list[Line]:
    text = unescape(_ANY_TAG.sub("\n", html))
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return [to_quoted(line, 0) for line in lines if line]


def _is_spaced(tag: str, attributes: dict[str, str | None], style: str) -> bool:
    """Whether a blank line belongs before it: not in Word's paragraphs, which have no margin."""
    if tag != "p":
        return True
    if (attributes.get("class") or "").startswith(("Mso", "x_Mso")):
        return False
    return not (style and _NO_MARGIN.search(style))
