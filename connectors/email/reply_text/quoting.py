"""What a person wrote now: decides which lines are theirs. Linear in the text.

The lines are parted into stretches of own words and of quotes, up to where history begins for
good. A quote below the words is history; words below a quote are an answer; words between quotes
are kept with the quotes that they answer. If nothing would be left, everything is kept: the result
is a view, and whoever calls keeps the whole text beside it.
"""

import re
from dataclasses import dataclass

from connectors.email.reply_text.answers import lines_with_answers, speaks_of_answers
from connectors.email.reply_text.attributions import attribution_length
from connectors.email.reply_text.closings import (
    is_device_line,
    trimmed_rules,
    without_banner,
    without_closing,
)
from connectors.email.reply_text.heads import find_head, is_same_subject
from connectors.email.reply_text.lines import MAX_LINES, Line, Mark, read_lines
from connectors.email.reply_text.sign_offs import NOBODY, Writer

LONG_QUOTE_LINE = 60
"""Characters from which a mail program may have broken a quoted line, the rest of it unquoted."""
LONGEST_REST = 40
LINES_THAT_TELL = 8
"""Lines of a quote in which it may say whom it is by."""
_ONLY_LINK = re.compile(r"<?https?://[^\s<>]{1,500}>?\.?")
LONGEST_ASIDE = 2
"""Lines that people mark with ">" themselves, to speak of them; no program made that quote."""


@dataclass(slots=True)
class _Stretch:
    is_quote: bool
    start: int
    end: int
    lines: int = 0
    """Quoted lines that say something."""
    is_history: bool = False
    """A mail program made this quote: it says whom it is by, or marked it up."""


@dataclass(frozen=True, slots=True)
class _Parted:
    stretches: list[_Stretch]
    end: int
    """Where the words and quotes end; after it all is history."""
    forwarded: int | None = None
    """Where a mail begins that this one passes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What the header says of a mail, by which its text is read more surely."""

    is_forward: bool = False
    """A quoted head opens what is passed on."""
    new_subject: str | None = None
    """Of a mail that answers none: a head about another subject is shown by who writes."""
    writer: Writer = NOBODY


NOTHING = Around()


def reply_of(text: str, around: Around = NOTHING) -> str:
    """The part of a plain text that was written now; all of it if that cannot be told."""
    return reply_of_lines(read_lines(text), around) or text.strip()


def reply_of_lines(lines: list[Line], around: Around = NOTHING) -> str:
    """Empty if nothing would be left."""
    reply = _reply_of(lines, around)
    first = next((index for index, line in enumerate(lines) if line.text or line.mark), None)
    if reply or first is None or lines[first].mark is not Mark.HISTORY:
        return reply
    # A program that marks history in this way put the mark around all of it.
    return _reply_of(lines[first + 1 :], around)


def _reply_of(lines: list[Line], around: Around) -> str:
    lines, rest = without_banner(lines[:MAX_LINES]), lines[MAX_LINES:]
    parted = _part(lines, around)
    own = _own_lines(lines, parted)
    if rest and parted.end == len(lines) and not _ends_with_quote(parted):
        return _shown([*own, *rest])
    if parted.end < len(lines):
        own = trimmed_rules(own)
    if parted.forwarded is not None:
        own = without_closing(own, around.writer)
        return _shown([*own, _BLANK, *lines[parted.forwarded :], *rest])
    elif parted.end < len(lines) and speaks_of_answers(own):
        own = [*own, *lines_with_answers(lines[parted.end :])]
    return _shown(without_closing(own, around.writer))


def _ends_with_quote(parted: _Parted) -> bool:
    return bool(parted.stretches) and parted.stretches[-1].is_quote


_BLANK = Line(shown="", text="")


def _shown(lines: list[Line]) -> str:
    kept: list[str] = []
    for line in lines:
        if line.mark is None and (line.shown.strip() or (kept and kept[-1])):
            kept.append(line.shown.rstrip())
    return "\n".join(kept).strip()


def _own_lines(lines: list[Line], parted: _Parted) -> list[Line]:
    stretches = _with_asides_as_words(parted.stretches)
    # Only a signature below a quote is no answer.
    stretches = [
        one
        for number, one in enumerate(stretches)
        if one.is_quote or _says_something(lines[one.start : one.end], is_below_quote=number > 0)
    ]
    while stretches and stretches[-1].is_quote and len(stretches) > 1:
        stretches.pop()
    quotes = [one for one in stretches if one.is_quote]
    if len(quotes) == 1 and quotes[0] is stretches[0] and len(stretches) > 1:
        # Words below one quote stand for themselves.
        stretches = stretches[1:]
    if all(one.is_quote for one in stretches):
        return []
    return lines[stretches[0].start : stretches[-1].end]


def _says_something(lines: list[Line], *, is_below_quote: bool) -> bool:
    if is_below_quote:
        # Only below something a "--" begins a signature.
        left = without_closing([Line(shown="-", text="-"), _BLANK, *lines])[1:]
    else:
        left = without_closing(list(lines))
    return any(line.text and not is_device_line(line.text) for line in left)


def _with_asides_as_words(stretches: list[_Stretch]) -> list[_Stretch]:
    """A line or two after ">" that no program made are words: a price, a command, a phrase."""
    total = sum(one.lines for one in stretches if one.is_quote)
    merged: list[_Stretch] = []
    was_history = False
    for position, one in enumerate(stretches):
        was_history |= one.is_history
        is_aside = one.is_quote and not was_history
        if is_aside and position == 0:
            is_aside = total == 1 or (one.lines <= LONGEST_ASIDE and len(stretches) > 1)
        elif is_aside:
            is_aside = total == 1 or (one.lines == 1 and position + 1 < len(stretches))
        is_quote = one.is_quote and not is_aside
        if merged and merged[-1].is_quote == is_quote:
            last = merged[-1]
            last.end = one.end
            last.lines += one.lines
            last.is_history |= one.is_history
        else:
            merged.append(
                _Stretch(
                    is_quote=is_quote,
                    start=one.start,
                    end=one.end,
                    lines=one.lines,
                    is_history=one.is_history,
                )
            )
    return merged


def _part(lines: list[Line], around: Around) -> _Parted:
    stretches: list[_Stretch] = []
    index = 0
    is_signature = False
    while index < len(lines):
        line = lines[index]
        if line.mark is None and not line.text and not line.depth:
            index += 1
            continue
        found = None if _is_known_quote(stretches, line) else _mark_at(lines, index)
        if found is not None:
            is_forwarded = found.is_forward or (around.is_forward and found.is_head)
            is_forwarded |= _is_shown(found, around) and _is_announced(stretches, lines)
            after = index + found.length
            begins_quote = not (stretches and stretches[-1].is_quote)
            if is_forwarded and (line.depth == 0 or begins_quote):
                return _Parted(stretches=stretches, end=index, forwarded=index)
            is_quote_next = _is_quote_at(lines, after)
            if not is_quote_next and line.depth == 0:
                return _Parted(stretches=stretches, end=index)
            _add(stretches, lines, index, after, is_quote=True, is_history=True)
            is_signature = False
            index = after
        elif line.depth or _is_rest_of_quote(lines, index):
            is_signature = False
            _add(stretches, lines, index, index + 1, is_quote=True, is_history=line.is_marked_quote)
            index += 1
        elif line.mark is Mark.SIGNATURE or line.mark is Mark.SIGNATURE_END:
            _add(stretches, lines, index, index + 1, is_quote=False)
            index += 1
        else:
            is_signature |= line.shown in ("-- ", "--\u00a0") and bool(stretches)
            if not is_signature or not stretches or not stretches[-1].is_quote:
                _add(stretches, lines, index, index + 1, is_quote=False)
            index += 1
    return _Parted(stretches=stretches, end=len(lines))


def _is_known_quote(stretches: list[_Stretch], line: Line) -> bool:
    """Whether a quoted line goes on with what is known for history, so it needs no look."""
    if not line.depth or not stretches or not stretches[-1].is_quote:
        return False
    return stretches[-1].is_history or stretches[-1].lines > LINES_THAT_TELL


@dataclass(frozen=True, slots=True)
class _Found:
    length: int
    is_forward: bool = False
    is_head: bool = False
    subject: str | None = None


def _is_shown(found: _Found, around: Around) -> bool:
    """Whether it is the head of a mail that somebody copied into theirs, to ask about it."""
    if around.new_subject is None or found.subject is None:
        return False
    return not is_same_subject(found.subject, around.new_subject)


def _is_announced(stretches: list[_Stretch], lines: list[Line]) -> bool:
    """Whether the words above end with a colon: what follows is pasted."""
    said = [line.text for one in stretches[-1:] for line in lines[one.start : one.end] if line.text]
    return bool(said) and said[-1].endswith((":", "：")) and not stretches[-1].is_quote


def _mark_at(lines: list[Line], index: int) -> _Found | None:
    """The beginning of history at this line, by markup or by words."""
    line = lines[index]
    if line.mark is Mark.HISTORY:
        below = _next_said(lines, index + 1)
        head = find_head(lines, below) if below is not None else None
        is_forward = head is not None and head.is_forward
        return _Found(1, is_forward=is_forward, is_head=True)
    if line.mark is Mark.ATTRIBUTION:
        return _marked_attribution(lines, index)
    if line.mark is not None or not line.text:
        return None
    head = find_head(lines, index)
    if head is not None:
        return _Found(head.length, is_forward=head.is_forward, is_head=True, subject=head.subject)
    length = attribution_length(lines, index)
    return _Found(length) if length else None


def _marked_attribution(lines: list[Line], index: int) -> _Found | None:
    """A mail program named the next lines: an attribution up to the quote, or a forwarded head.

    None if the words of the writer stand there too, above the attribution.
    """
    below = _next_said(lines, index + 1)
    if below is not None and not lines[below].depth and not attribution_length(lines, below):
        for position in range(below + 1, min(below + 8, len(lines))):
            if lines[position].depth:
                break
            if lines[position].text and attribution_length(lines, position):
                return None
    if below is not None and (head := find_head(lines, below)) is not None:
        return _Found(below - index + head.length, is_forward=head.is_forward, is_head=True)
    for position in range(index + 1, min(index + 8, len(lines))):
        if lines[position].depth > 0:
            return _Found(position - index)
    return _Found(1)


def _next_said(lines: list[Line], index: int) -> int | None:
    for position in range(index, min(index + 8, len(lines))):
        if lines[position].text:
            return position
    return None


def _is_quote_at(lines: list[Line], index: int) -> bool:
    """Whether quoted lines are the next that says something."""
    for line in lines[index : index + 6]:
        if line.depth:
            return True
        if line.text:
            return False
    return False


def _is_rest_of_quote(lines: list[Line], index: int) -> bool:
    """Whether a program broke the quoted line above, and left the rest of it unquoted."""
    if not 0 < index < len(lines) - 1:
        return False
    above, below = lines[index - 1], lines[index + 1]
    if above.depth and below.depth and _ONLY_LINK.fullmatch(lines[index].text) is not None:
        return True
    if len(lines[index].text) > LONGEST_REST:
        return False
    if not above.depth or not below.depth or above.is_marked_quote:
        return False
    return len(above.text) >= LONG_QUOTE_LINE and above.text[-1] not in ".?!。？！:："


def _add(
    stretches: list[_Stretch],
    lines: list[Line],
    start: int,
    end: int,
    *,
    is_quote: bool,
    is_history: bool = False,
) -> None:
    said = sum(1 for line in lines[start:end] if line.text) if is_quote else 0
    last = stretches[-1] if stretches else None
    # Whom a program quotes stands unquoted: what is quoted above it is none of that.
    is_other = is_history and last is not None and not (last.is_history or lines[start].depth)
    if last is not None and last.is_quote == is_quote and not is_other:
        last.end = end
        last.lines += said
        last.is_history |= is_history
    else:
        stretches.append(
            _Stretch(is_quote=is_quote, start=start, end=end, lines=said, is_history=is_history)
        )
