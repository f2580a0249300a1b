"""Where one address of a header ends and the next begins (RFC 5322, 3.4). Linear in its input."""

import re
from dataclasses import dataclass, field

_PLAIN = re.compile(r'[^"(<,;:=]+')
_WORD = re.compile(r"=\?[^?\s]{0,60}\?[bBqQ]\?[^?]{0,1000}\?=")


@dataclass(slots=True)
class Entry:
    """What stands between two commas."""

    text: str = ""
    """Outside of brackets and comments: a name, or the address itself."""
    bracketed: str | None = None
    comment: str = ""
    is_broken: bool = False


@dataclass(slots=True)
class Scan:
    entries: list[Entry] = field(default_factory=list)
    is_exact: bool = True
    has_group: bool = False


def scan(text: str) -> Scan:
    """Cut at the commas that are outside quotes, comments, encoded words and angle brackets."""
    found = Scan()
    entry = Entry()
    phrase: list[str] = []
    index = 0
    has_open_quote = False
    while index < len(text):
        plain = _PLAIN.match(text, index)
        if plain is not None:
            phrase.append(plain[0])
            index = plain.end()
            continue
        character = text[index]
        if character == '"':
            end = None if has_open_quote else end_of_quoted(text, index)
            if end is None:
                # One mark too many: the rest is read as if it were not there. Looked for once.
                found.is_exact = False
                has_open_quote = True
                index += 1
                continue
            phrase.append(text[index:end])
            index = end
        elif character == "(":
            end = end_of_comment(text, index)
            if end is None:
                found.is_exact = False
                break
            entry.comment = entry.comment or text[index + 1 : end - 1].strip()
            phrase.append(" ")
            index = end
        elif character == "<":
            end = text.find(">", index)
            if end < 0 or entry.bracketed is not None:
                found.is_exact = False
                entry.is_broken = True
            if end < 0:
                entry.bracketed = entry.bracketed or text[index + 1 :].partition(",")[0]
                break
            entry.bracketed = entry.bracketed or text[index + 1 : end]
            index = end + 1
        elif character in ",;":
            _finish(found, entry, phrase)
            entry, phrase = Entry(), []
            index += 1
        elif character == ":" and entry.bracketed is None and not _is_mailto(phrase):
            # The name of a group (`undisclosed-recipients:;`).
            found.has_group = True
            entry, phrase = Entry(), []
            index += 1
        else:
            word = _WORD.match(text, index) if character == "=" else None
            phrase.append(word[0] if word is not None else character)
            index = word.end() if word is not None else index + 1
    _finish(found, entry, phrase)
    return found


def _finish(found: Scan, entry: Entry, phrase: list[str]) -> None:
    entry.text = "".join(phrase).strip()
    if entry.text or entry.bracketed is not None:
        found.entries.append(entry)


def _is_mailto(phrase: list[str]) -> bool:
    return "".join(phrase[-1:]).rstrip().lower().endswith("mailto")


def end_of_quoted(text: str, start: int) -> int | None:
    """Behind the mark that closes the quoted string begun at `start`; None: nothing closes it."""
    index = start + 1
    while index < len(text):
        if text[index] == "\\":
            index += 2
            continue
        if text[index] == '"':
            return index + 1
        index += 1
    return None


def end_of_comment(text: str, start: int) -> int | None:
    """Behind the bracket that closes the comment begun at `start`; None: nothing closes it."""
    depth = 0
    index = start
    while index < len(text):
        character = text[index]
        if character == "\\":
            index += 2
            continue
        depth += (character == "(") - (character == ")")
        index += 1
        if depth == 0:
            return index
    return None
