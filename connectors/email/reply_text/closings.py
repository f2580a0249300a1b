"""Folds away what stands below a person's words: signature, "Sent from my phone", disclaimer."""

from connectors.email.reply_text.closing_words import (
    DEVICE,
    DEVICE_NAMES,
    DISCLAIMER_GUARDED,
    DISCLAIMER_MAIL,
    EXTERNAL,
    EXTERNAL_BANNER,
    LIST_FOOTER,
    SHORT_DEVICE,
    SMALL_FOOTER,
)
from connectors.email.reply_text.lines import Line, Mark
from connectors.email.reply_text.sign_offs import NOBODY, Writer, without_card

MAX_SIGNATURE = 15
"""Lines. More below a "--" is no signature; below "-- " (RFC 3676, 4.3) whatever is there is."""
LONG = 90
"""Characters from which a paragraph may be a disclaimer."""
_MAX_DEVICE_LINE = 160
_MAX_PARAGRAPHS = 12
_RULE_CHARACTERS = set("-_=*—–─━~· ")


def without_closing(lines: list[Line], writer: Writer = NOBODY) -> list[Line]:
    """The lines above the signature and the like; maybe none."""
    before = len(lines)
    lines = _without_signature(_without_marked_signature(lines))
    if before != len(lines):
        lines = trimmed_rules(lines)
    before = -1
    while before != len(lines):
        before = len(lines)
        lines = _without_footer(_without_device_line(_trimmed(lines)))
        if before != len(lines):
            # A rule parted the words from what is gone.
            lines = trimmed_rules(lines)
    lines = without_card(_without_own_address(lines, writer.address), writer)
    return trimmed_rules(lines) if before != len(lines) else lines


def _without_own_address(lines: list[Line], sender: str) -> list[Line]:
    """Without a last line that is nothing but the writer's address: Foxmail's signature."""
    last = lines[-1] if lines else None
    if not sender or last is None or last.depth:
        return lines
    is_own = last.text.strip("<>|").strip().lower() == sender.lower()
    left = trimmed_rules(lines[:-1]) if is_own else lines
    return left if any(line.text for line in left) else lines


def without_banner(lines: list[Line]) -> list[Line]:
    """Without the warning that a gateway puts on top of mails from outside."""
    start = next((index for index, line in enumerate(lines) if line.text), len(lines))
    end = start
    while end < len(lines) and lines[end].text and end - start < 6:
        end += 1
    paragraph = " ".join(line.text for line in lines[start:end])[:600]
    if EXTERNAL_BANNER.match(paragraph) and EXTERNAL.search(paragraph):
        return lines[end:]
    return lines


def _without_marked_signature(lines: list[Line]) -> list[Line]:
    """Without what the markup says is a signature, unless that is all there is."""
    if not any(line.mark is Mark.SIGNATURE for line in lines):
        return lines
    kept: list[Line] = []
    level = 0
    for line in lines:
        if line.mark is Mark.SIGNATURE:
            level += 1
        elif line.mark is Mark.SIGNATURE_END:
            level = max(0, level - 1)
        elif not level:
            kept.append(line)
    return kept if any(line.text for line in kept) else lines


def _without_signature(lines: list[Line]) -> list[Line]:
    for index, line in enumerate(lines):
        if line.depth or line.text not in ("--", "—", "–"):
            continue
        if line.shown in ("-- ", "--\u00a0"):
            return lines[:index]
        following = lines[index + 1 :]
        is_short = sum(1 for one in following if one.text) <= MAX_SIGNATURE
        if is_short and index > 0 and (line.text == "--" or len(following) <= 6):
            return lines[:index]
    return lines


def _without_device_line(lines: list[Line]) -> list[Line]:
    """Without a last line or two of "Sent from my iPhone" or "Get Outlook for iOS"."""
    if not lines:
        return lines
    start = len(lines) - 1
    while start > 0 and lines[start - 1].text and len(lines) - start < 3:
        start -= 1
    # An app may part the sentence over lines, or set it right below the text.
    for first in range(start, len(lines)):
        joined = " ".join(line.text for line in lines[first:])
        if any(line.depth for line in lines[first:]) or len(joined) > _MAX_DEVICE_LINE:
            continue
        if is_device_line(joined):
            return lines[:first]
    return lines


def is_device_line(text: str) -> bool:
    text = text.strip("-–—*_[]()（）<>|.。 \u200b")
    if not 4 <= len(text) <= _MAX_DEVICE_LINE or text.endswith(("?", "？")):
        return False
    if SHORT_DEVICE.fullmatch(text) is not None:
        return True
    return DEVICE.fullmatch(text) is not None and DEVICE_NAMES.search(text) is not None


def _without_footer(lines: list[Line]) -> list[Line]:
    """Without the last paragraphs, if they are disclaimers, virus checks or a list's footer."""
    starts = _paragraph_starts(lines)
    if not starts:
        return lines
    texts = [
        " ".join(line.text for line in lines[start:end])
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)
    ]
    for position, start in enumerate(starts):
        text = texts[position]
        if lines[start].depth or (not (position or start) and not _is_footer(text)):
            continue
        if _is_footer(text) and all(_may_follow(one) for one in texts[position + 1 :]):
            return lines[:start]
    return lines


def _is_footer(text: str) -> bool:
    start = text[:1500]
    if SMALL_FOOTER.match(start.lstrip("*_-–—• ")) and len(start) < 400:
        return True
    if LIST_FOOTER.search(start) and start[:4] in ("____", "----", "You ", "To u"):
        return True
    return len(start) >= _long(start) and _is_legal(start)


def _is_legal(text: str) -> bool:
    """Two words of secrecy in a text about a mail; one, if there is much of it."""
    guarded = {match[0].lower() for match in DISCLAIMER_GUARDED.finditer(text)}
    if not guarded or DISCLAIMER_MAIL.search(text[:400]) is None:
        return False
    return len(guarded) >= 2 or len(text) >= 2 * _long(text)


def _long(text: str) -> int:
    """A sentence of Chinese or Japanese takes fewer characters."""
    return LONG if text.isascii() or max(text[:40]) < "\u3000" else LONG * 4 // 10


def _may_follow(text: str) -> bool:
    """Whether this below a disclaimer is likely more of the same."""
    return (
        len(text) >= _long(text)
        or _is_footer(text)
        or not set(text) - _RULE_CHARACTERS
        or (LIST_FOOTER.search(text[:300]) is not None or text.startswith(("http", "www.")))
    )


def _paragraph_starts(lines: list[Line]) -> list[int]:
    """The first lines of the last paragraphs. A rule begins one too."""
    starts: list[int] = []
    for index in range(len(lines) - 1, -1, -1):
        if not lines[index].text:
            continue
        is_rule = _is_rule(lines[index].text)
        if index == 0 or not lines[index - 1].text or is_rule:
            starts.append(index)
            if len(starts) >= _MAX_PARAGRAPHS:
                break
    return starts[::-1]


def trimmed_rules(lines: list[Line]) -> list[Line]:
    """Without the rules and blank lines at the end."""
    end = len(lines)
    while end and (not lines[end - 1].text or _is_rule(lines[end - 1].text)):
        end -= 1
    return lines[:end]


def _trimmed(lines: list[Line]) -> list[Line]:
    end = len(lines)
    while end and not lines[end - 1].text:
        end -= 1
    return lines[:end]


def _is_rule(text: str) -> bool:
    return len(text) >= 3 and not set(text) - _RULE_CHARACTERS
