"""Recognises the head of a quoted mail: `--- Original Message ---`, and From, Sent, To, Subject."""

import re
from dataclasses import dataclass
from functools import lru_cache

from connectors.email.reply_text.attributions import ADDRESS, attribution_length
from connectors.email.reply_text.lines import Line
from connectors.email.reply_text.words import LABEL_KINDS, labels, words_of

_LABELS = labels()
_FORWARDED = words_of("forwarded")
_ORIGINAL = words_of("original")
_LONGEST_LABEL = max(map(len, _LABELS))
_LONGEST_TITLE = 80
_DASHES = "-=_*‐‑–—─━~•·<> \t"
_DASH_RUN = re.compile(r"[-=_*‐‑–—─━~]{2,}")
_RULE = re.compile(r"[_\-=—─━*]{5,}")
_DECORATION = " *_|•·-#[]\t"
_COLON = re.compile(r"[:：]")
_UNKNOWN_LABEL = re.compile(r"[^\W\d_][\w ]{1,24}\s?[:：]\s?\S")
MAX_INLINE = 600
_MOST_COLONS = 20
_MAX_HEAD = 40
"""Lines of a head, with all the recipients that it may name."""
_FORWARD_SUBJECT = re.compile(
    r"(?:\[[^\]]{1,40}\]\s*)?"
    r"(?:fwd?|fw|wg|tr|rv|enc|i|doorst|pd|vb|vl|vid\.?s|ilt|i̇lt|ynl|пересл|пер|转发|轉寄|轉發|転送|전달|fs|переслано)"
    r"\s?[:：]",
    re.IGNORECASE,
)
_PREFIXED = re.compile(r"[^\W\d_]{1,10}\s?(?:[\[(]\d{1,3}[\])])?\s?[:：]")
ANSWER_ABOVE = re.compile(
    r"(?:reply|answer|write|respond|type)\b.{0,30}\babove this line"
    r"|(?:antwort|schreiben).{0,40}(?:oberhalb|über) dieser (?:zeile|linie)"
    r"|(?:répon|écri).{0,40}au-dessus de cette ligne"
    r"|(?:respond|escrib|respuesta).{0,40}(?:encima|arriba) de esta línea"
    r"|(?:respond|escrev).{0,40}acima desta linha"
    r"|(?:ответ|пишите).{0,40}выше этой (?:линии|строки)"
    r"|请?在此(?:行|线)(?:上方|以上)(?:回复|输入)|この行より上に",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"\[(?:quoted text hidden|quoted text removed|скрытый текст)\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Head:
    length: int
    is_forward: bool = False
    subject: str | None = None
    """Of the mail below it, if the head says so and nothing else announces it."""


def find_head(lines: list[Line], index: int) -> Head | None:
    """The head that starts here, if one does: a title, labels, or both below each other."""
    line = lines[index]
    text = line.text
    if _is_cut_here(text):
        return Head(1)
    title = _title_of(text)
    if title is not None:
        is_forward = title in ("forwarded", "announced")
        return Head(1 + _labels_below(lines, index + 1), is_forward=is_forward)
    if _RULE.fullmatch(text):
        below = _next_with_text(lines, index + 1)
        if below is None:
            return None
        length = _block_length(lines, below, is_below_rule=True) or _labelled(lines, below)
        return Head(below - index + length) if length else None
    if (length := _below_bare_title(lines, index)) > 0:
        return Head(length, is_forward=text.lower() in _FORWARDED)
    if _goes_on_from_label(lines, index):
        return None
    length = _block_length(lines, index)
    return Head(length, subject=_subject_in(lines[index : index + length])) if length else None


def _goes_on_from_label(lines: list[Line], index: int) -> bool:
    """Whether a label stands right above: the whole block was looked at there, and is no head."""
    above = lines[index - 1] if index else None
    if above is None or not above.text or above.depth != lines[index].depth:
        return False
    return above.mark is None and bool(_labels_in(above.text))


def _below_bare_title(lines: list[Line], index: int) -> int:
    """QQ's `原始邮件` alone on a line, and some lines below it the labels."""
    title = lines[index].text.lower()
    if title not in _ORIGINAL and title not in _FORWARDED:
        return 0
    below = _next_with_text(lines, index + 1, within=8)
    if below is None:
        return 0
    length = _block_length(lines, below, is_below_rule=True)
    return below - index + length if length else 0


def _labelled(lines: list[Line], index: int) -> int:
    """Yandex's rule, To and Subject, and then an attribution."""
    if _label_of(lines[index].text) is None:
        return 0
    below = index + _extent(lines, index).length
    length = attribution_length(lines, below) if below < len(lines) else 0
    return below - index + length if length else 0


def _subject_in(lines: list[Line]) -> str | None:
    for line in lines:
        if _labels_in(line.text) and "subject" in _labels_in(line.text)[0]:
            return _COLON.split(line.text, maxsplit=1)[-1].strip()
    return None


def _is_cut_here(text: str) -> bool:
    """Lines of help desks and of Gmail in place of a head."""
    return ANSWER_ABOVE.search(text[:200]) is not None or _HIDDEN.fullmatch(text) is not None


def is_forward_subject(subject: str) -> bool:
    return _FORWARD_SUBJECT.match(subject.strip()[:200]) is not None


def answers_something(subject: str) -> bool:
    """Whether a program put a word before it: Re:, AW:, 回复："""
    return _PREFIXED.match(subject.strip()[:200]) is not None


def is_same_subject(one: str, other: str) -> bool:
    """But for what programs put before it."""
    return _bare_subject(one) == _bare_subject(other)


def _bare_subject(subject: str) -> str:
    bare = " ".join(subject.lower().split())
    for _ in range(10):
        match = _PREFIXED.match(bare)
        if match is None:
            break
        bare = bare[match.end() :].strip()
    return bare


def _title_of(text: str) -> str | None:
    """What a line between dashes announces; a forwarded mail also without dashes, by Apple."""
    if text[-1:] in ":：" and len(text) <= _LONGEST_TITLE:
        bare = text[:-1].strip(_DASHES).lower()
        if bare in _FORWARDED and len(bare) >= 6:
            return "announced"
    left = _DASH_RUN.match(text.lstrip("<>* "))
    if left is None:
        return None
    rest = text.lstrip("<>* ")[left.end() :]
    right = _DASH_RUN.search(rest)
    inner = rest[: right.start()] if right is not None else rest
    if len(inner) > _LONGEST_TITLE or (right is None and len(left[0]) < 4):
        return None
    if right is not None and rest[right.end() :].strip(_DASHES):
        behind = rest[right.end() :].strip()
        if _label_of(behind) is None:
            return None
    bare = " ".join(inner.strip(_DASHES + ":：[]()").lower().split())
    if not bare:
        return None
    if _is_titled(bare, _FORWARDED):
        return "forwarded"
    return "original" if _is_titled(bare, _ORIGINAL) else None


def _is_titled(bare: str, titles: frozenset[str]) -> bool:
    if bare in titles or bare.replace(" ", "") in titles:
        return True
    return any(
        title in bare
        for title in titles
        if len(title) >= 10 or (title[0] > "\u2fff" and len(title) >= 4)
    )


def _labels_below(lines: list[Line], index: int) -> int:
    """How far the labels go below a title; a title alone is enough for a head."""
    below = _next_with_text(lines, index)
    if below is None or _label_of(lines[below].text) is None:
        return 0
    return below - index + _extent(lines, below).length


def _block_length(lines: list[Line], index: int, *, is_below_rule: bool = False) -> int:
    """How many lines from here are a head; 0: they are none.

    Three labels, one of them the sender, because a person may well write "From: 0x... To: 0x...
    Amount: ..."; without a subject an address and no label that no mail has.
    """
    if _label_of(lines[index].text) is None:
        return 0
    found = _extent(lines, index)
    kinds = found.kinds
    if is_below_rule and {"sender", "date"} <= kinds and found.has_address:
        return found.length
    if len(kinds) < 3 or "sender" not in kinds:
        return 0
    if "subject" in kinds:
        # Without a day and an address, somebody tells from whom they had a mail.
        return found.length if is_below_rule or "date" in kinds or found.has_address else 0
    return found.length if found.has_address and not found.has_unknown else 0


@dataclass(frozen=True, slots=True)
class _Extent:
    length: int
    kinds: frozenset[str]
    has_address: bool
    has_unknown: bool


def _extent(lines: list[Line], index: int) -> _Extent:
    kinds: set[str] = set()
    has_address = has_unknown = False
    depth = lines[index].depth
    end = index
    open_kinds: frozenset[str] = frozenset()
    blanks = 0
    for position in range(index, min(len(lines), index + _MAX_HEAD)):
        line = lines[position]
        if line.depth != depth or line.mark is not None:
            break
        if not line.text:
            blanks += 1
            if blanks > 1:
                break
            continue
        here = _labels_in(line.text)
        if here:
            for label in here:
                kinds.add(_most_likely(label, kinds))
            open_kinds = here[-1]
        elif blanks or not _goes_on(line.text, open_kinds):
            has_unknown |= _UNKNOWN_LABEL.match(line.text) is not None
            break
        blanks = 0
        has_address |= ADDRESS.search(line.text) is not None
        end = position + 1
    return _Extent(
        length=end - index,
        kinds=frozenset(kinds),
        has_address=has_address,
        has_unknown=has_unknown,
    )


def _most_likely(kinds: frozenset[str], known: set[str]) -> str:
    """One meaning of an ambiguous label, one that the head doesn't have yet if it may be."""
    order = [kind for kind in LABEL_KINDS if kind in kinds]
    return next((kind for kind in order if kind not in known), order[0])


def _goes_on(text: str, kinds: frozenset[str]) -> bool:
    """Whether a line without a label continues the value above it: a list of recipients."""
    if not kinds:
        return False
    if ADDRESS.search(text) or text.endswith((";", ",")) or text.startswith("<"):
        return True
    return "recipient" in kinds and ";" in text


@lru_cache(maxsize=1024)
def _labels_in(text: str) -> tuple[frozenset[str], ...]:
    """What the labels of a line may stand for: of one at its start, or of several in a row."""
    first = _label_of(text)
    if first is None:
        return ()
    start = text[:MAX_INLINE]
    colons = [match.start() for match in _COLON.finditer(start)]
    if len(colons) > 2:
        words = [word for colon in colons[:_MOST_COLONS] if (word := _label_before(start, colon))]
        if len(set(words)) >= 3:
            return tuple(_LABELS[word] for word in dict.fromkeys(words))
    return (_LABELS[first],)


def _label_before(text: str, colon: int) -> str | None:
    """The longest known label of up to three words that ends at this colon."""
    words = text[max(0, colon - 2 * _LONGEST_LABEL) : colon].lower().split()[-3:]
    for count in range(len(words), 0, -1):
        word = " ".join(words[-count:]).strip(_DECORATION + ">;,")
        if word in _LABELS:
            return word
    return None


def _label_of(text: str) -> str | None:
    """The known label at the start of a line: before a colon, or in the cell of a table."""
    cell = text.lstrip()
    if cell.startswith("|"):
        word = cell[1:].partition("|")[0]
    else:
        colon = _COLON.search(text, 0, _LONGEST_LABEL + 12)
        if colon is None:
            return None
        word = text[: colon.start()]
    word = " ".join(word.strip(_DECORATION).lower().split())
    if word in _LABELS:
        return word
    word = word.replace(" ", "")
    return word if word in _LABELS else None


def _next_with_text(lines: list[Line], index: int, *, within: int = 3) -> int | None:
    for position in range(index, min(index + within, len(lines))):
        if lines[position].text:
            return position
    return None
