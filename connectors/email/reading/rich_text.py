"""Text out of RTF and text/enriched (RFC 1896). Each looks at every character once."""

import re

_RTF_TOKEN = re.compile(
    r"\\([a-z]{1,32})(-?\d{1,10})?[ ]?"
    r"|\\'([0-9a-fA-F]{2})"
    r"|\\([^a-z'])"
    r"|([{}])"
    r"|([^\\{}\r\n]+)"
    r"|[\r\n]+|\\",
    re.DOTALL,
)
_SKIPPED = frozenset(
    {"fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "themedata", "datastore"}
    | {"header", "footer", "headerl", "headerr", "footerl", "footerr", "listtable", "xmlnstbl"}
    | {"listoverridetable", "rsidtbl", "generator", "latentstyles", "fldinst", "pntext", "filetbl"}
)
"""Groups that hold no text of the document."""
_BREAKS = {"par": "\n", "line": "\n", "row": "\n", "sect": "\n", "page": "\n", "tab": "\t"}
_SIGNS = {
    **{"cell": "\t", "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’", "bullet": "•"},
    **{"ldblquote": "“", "rdblquote": "”", "emspace": " ", "enspace": " ", "qmspace": " "},
}
_MAX_DEPTH = 500


def rtf_to_text(rtf: str) -> str:
    """Paragraphs as lines. What an HTML was wrapped in for old programs is left out."""
    state = _Rtf()
    for token in _RTF_TOKEN.finditer(rtf):
        word, number, code, symbol, brace, text = token.groups()
        if brace == "{":
            state.open()
        elif brace == "}":
            state.close()
        elif word is not None:
            state.control(word, int(number) if number else None)
        elif code is not None:
            state.byte(int(code, 16))
        elif symbol is not None:
            state.symbol(symbol)
        elif text is not None:
            state.text(text)
    return state.result()


class _Rtf:
    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.pending = bytearray()
        self.codec = "cp1252"
        self.is_skipped = False
        self.stack: list[tuple[bool, int]] = []
        self.unicode_width = 1
        self.to_skip = 0

    def open(self) -> None:
        self._flush()
        if len(self.stack) < _MAX_DEPTH:
            self.stack.append((self.is_skipped, self.unicode_width))

    def close(self) -> None:
        self._flush()
        if self.stack:
            self.is_skipped, self.unicode_width = self.stack.pop()

    def control(self, word: str, number: int | None) -> None:
        if word == "u" and number is not None:
            self._flush()
            self._put(chr(number % 65536))
            self.to_skip = self.unicode_width
            return
        self._flush()
        if word in _SKIPPED or (word == "htmltag" and number is not None and number & 0xF00):
            self.is_skipped = True
        elif word == "ansicpg" and number is not None:
            self.codec = _codec_of(number)
        elif word == "uc" and number is not None:
            self.unicode_width = max(0, min(number, 4))
        elif (sign := _BREAKS.get(word) or _SIGNS.get(word)) is not None:
            self._put(sign)

    def byte(self, code: int) -> None:
        if self.to_skip:
            self.to_skip -= 1
        elif not self.is_skipped:
            self.pending.append(code)

    def symbol(self, symbol: str) -> None:
        if symbol == "*":
            self.is_skipped = True
            return
        self._flush()
        self._put({"~": "\xa0", "_": "-", "-": "", "\n": "\n", "\r": "\n"}.get(symbol, symbol))

    def text(self, text: str) -> None:
        if self.to_skip:
            skipped = min(self.to_skip, len(text))
            self.to_skip -= skipped
            text = text[skipped:]
        self._flush()
        self._put(text)

    def result(self) -> str:
        self._flush()
        text = "".join(self.pieces).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return "\n".join(line.rstrip() for line in text.split("\n")).strip()

    def _put(self, text: str) -> None:
        if not self.is_skipped:
            self.pieces.append(text)

    def _flush(self) -> None:
        if self.pending:
            self.pieces.append(bytes(self.pending).decode(self.codec, "replace"))
            self.pending.clear()


def _codec_of(page: int) -> str:
    known = {65001: "utf-8", 936: "gb18030", 950: "big5hkscs", 10000: "mac-roman"}
    if page in known:
        return known[page]
    name = f"cp{page}"
    try:
        # Of nothing, Python decodes without looking for the codec.
        b"a".decode(name)
    except LookupError:
        return "cp1252"
    return name


_ENRICHED = re.compile(r"<<|<(/?)([a-zA-Z0-9-]{1,60})>|(\n+)|([^<\n]+)|<")


def enriched_to_text(text: str) -> str:
    """Commands dropped; a single line break is a blank, n of them are n - 1 (RFC 1896)."""
    pieces: list[str] = []
    in_param = no_fill = 0
    for token in _ENRICHED.finditer(text):
        closing, command, breaks, plain = token.groups()
        if command is not None:
            step = -1 if closing else 1
            name = command.lower()
            in_param = max(0, in_param + step * (name == "param"))
            no_fill = max(0, no_fill + step * (name == "nofill"))
            if name == "nl":
                pieces.append("\n")
        elif in_param:
            continue
        elif breaks is not None:
            pieces.append(breaks if no_fill else (breaks[1:] or " "))
        else:
            pieces.append(plain if plain is not None else "<")
    return "".join(pieces).strip()
