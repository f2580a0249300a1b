"""Recognises "On this day this person wrote:", in whatever language and over up to four lines."""

import re

from connectors.email.reply_text.lines import Line
from connectors.email.reply_text.words import longest_first, words_of

MAX_LENGTH = 600
MAX_LINES = 4

ADDRESS = re.compile(r"[^\s<>@\"()]{1,64}@[^\s<>@\"()]{1,255}|<mailto:|\[mailto:", re.IGNORECASE)
_DAY = re.compile(
    r"(?<!\d)(?:19|20|25|14|13)\d\d(?!\d)"
    r"|(?<!\d)\d{1,2}\s?[./-]\s?\d{1,2}(?:\s?[./-]\s?\d{2,4})?(?!\d)"
    r"|\d{1,2}\s*月\s*\d{1,2}\s*日|\d{1,2}월\s*\d{1,2}일"
)
_TIME = re.compile(
    r"(?<!\d)\d{1,2}[:.h]\s?\d{2}(?!\d)|(?<!\d)\d{1,2}\s?[AaPp]\.?\s?[Mm]\b"
    r"|\d{1,2}\s*[时時点點시]|\d{1,2}\s*(?:uhr|ч\.)"
)
_OPENER = re.compile(
    r"(?:on|in a message dated|am|le|el|il|op|em|no dia|dnia|w dniu|dne|dňa|den|d\.|la|pada|vào"
    r"|в|у|на|în|στις|בתאריך|ב-|ב|في|در|เมื่อ|v|a|al giorno|il giorno|klo|kell|em dom|em seg)"
    r"(?=[\s,\d])|[在於于]"
    r"|\d|(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"[a-z]{0,6}[.,\s]"
    r"|(?:пн|вт|ср|чт|пт|сб|вс|нд|понедельник|вторник|среда|четверг|пятница|суббота"
    r"|воскресенье|понеділок|вівторок|середа|четвер|п.ятниця|субота|неділя)[,.\s]"
    r"|(?:lun|mar|mer|mié|mie|jeu|jue|gio|ven|vie|vier|sam|sáb|sab|dim|dom|do|seg|ter|qua|qui"
    r"|sex|pon|wt|śr|sob|niedz|mo|di|mi|fr|sa|so|ma|wo|za|zo|pzt|sal|çar|per|cum|cmt|paz)"
    r"[a-zéáçñü-]{0,10}[.,]",
    re.IGNORECASE,
)
_PERSONAL = frozenset(
    """
    i we he she they ich wir ihr je j'ai nous vous yo nosotros usted ustedes eu nós você io
    noi lei ik wij jij ja my pan pani я мы вы он она они ми ви ben biz siz tôi bạn bọn 我 我们
    我們 你 您 他 她 私 나는 제가 jag vi du jeg já
    """.split()  # noqa: SIM905 - a list of words in quotes would be thrice as long
)
_VERB = re.compile(
    r"(?<!\w)(?:" + "|".join(map(re.escape, longest_first(words_of("wrote")))) + r")(?!\w)",
    re.IGNORECASE,
)
_CJK_VERB = re.compile(
    "|".join(longest_first(one for one in words_of("wrote") if one[0] > "\u2fff"))
)
_LAST = frozenset(":：*_>)]-–—~")
_LAST_WORDS = tuple(sorted(words_of("wrote")))
_SENTENCE_END = re.compile(r"[^\d][.!?。]$")
_ENDS = re.compile(r"[:：][\s*_>\])]*$")
_QUOTING = re.compile(
    r"(?:quoting|zitat von|citando(?: a)?|citation de|citazione(?: di)?|цитирую|quoto)\s"
    r".{2,120}[:：]$",
    re.IGNORECASE,
)
_NAMED = re.compile(r"(?:[^\s<>:.!?]{1,40} ){0,5}<[^<>\s]{3,200}> ?[^\W\d_][^<>:.!?]{1,30}[:：]")
"""`Ann Lee <ann@people.example> wrote:`, and nothing else."""
_NOTES = re.compile(
    r".{2,160}-{3}\s?\d{1,4}[./-]\d{1,2}[./-]\d{2,4},? \d{1,2}[:.]\d{2}[^-]{0,15}-{3}"
)
"""Of Notes: `Ann Lee ---01/05/2026 03:04:05 PM---Dear Bo, which one?`."""
_DASHES = "-‐‑–—_*~"


def attribution_length(lines: list[Line], index: int) -> int:
    """How many lines from here are an attribution; 0: none starts here.

    It is whatever ends with a colon (Zoho's with dashes) and names, in the words that mail programs
    use, a day with a verb of writing or with an address. What people say ("Yesterday I wrote:")
    is none, unless quoted lines follow it.
    """
    if _is_marked_by_signs(lines[index]):
        return 1
    depth = lines[index].depth
    joined = ""
    may_be_longer = False
    for length in range(1, MAX_LINES + 1):
        if index + length > len(lines):
            return 0
        line = lines[index + length - 1]
        if not line.text or line.depth != depth or line.mark is not None:
            return 0
        joined = f"{joined} {line.text}" if joined else line.text
        if len(joined) > MAX_LENGTH:
            return 0
        if length == 1:
            may_be_longer = _begins(line.text)
            if may_be_longer and _opens_with_attribution(line.text):
                return 1
        if _may_end_with(line.text):
            is_quote_next = _is_quote_next(lines, index + length, depth)
            if _is_attribution(joined, is_quote_next=is_quote_next):
                return 0 if length > 1 and _begins_later(lines, index, length) else length
            if _ENDS.search(joined):
                return 0
        if not may_be_longer:
            return 0
    return 0


def _is_marked_by_signs(line: Line) -> bool:
    text = line.text[:MAX_LENGTH]
    if text.startswith(">>"):
        return True
    return "---" in text and _NOTES.match(text) is not None


def _begins_later(lines: list[Line], index: int, length: int) -> bool:
    """Whether the first line is somebody's last sentence, which begins as attributions do."""
    if (
        _DAY.search(lines[index].text) is not None
        or _SENTENCE_END.search(lines[index].text) is None
    ):
        return False
    rest = " ".join(line.text for line in lines[index + 1 : index + length])
    return _DAY.search(rest) is not None and _begins(lines[index + 1].text)


def _begins(first: str) -> bool:
    """Whether a wrapped attribution may begin with this line: as they do, or with a name."""
    if _OPENER.match(first.lstrip("*_- ")):
        return True
    return "@" in first and _SENTENCE_END.search(first) is None


def _may_end_with(line: str) -> bool:
    """Cheap, because it is asked of every line: the rules are for the few that pass."""
    return line[-1] in _LAST or line.lower().endswith(_LAST_WORDS)


def _is_attribution(text: str, *, is_quote_next: bool) -> bool:
    text = text.strip("*_ ")
    if text[:2].strip(_DASHES) == text[-2:].strip(_DASHES) == "":
        inner = text.strip(_DASHES)
        return _verb_of(inner) is not None and _DAY.search(inner) is not None
    if _QUOTING.fullmatch(text):
        return True
    has_address = ADDRESS.search(text) is not None
    if not _ENDS.search(text):
        # The colon is lost here and there, when all else is as usual.
        is_ended = text.lower().endswith(_LAST_WORDS) or (is_quote_next and text.endswith(">"))
        is_usual = is_ended and has_address and _OPENER.match(text) is not None
        return is_usual and _DAY.search(text) is not None
    verb = _verb_of(text)
    has_day = _DAY.search(text) is not None
    has_time = _TIME.search(text) is not None
    begins = _OPENER.match(text) is not None
    if is_quote_next:
        if verb is not None:
            return len(text) <= 400
        return (has_day and (has_time or has_address)) or (has_address and begins)
    if verb is not None:
        if _is_said_by_a_person(text, verb):
            return False
        if has_day:
            return has_time or has_address
        return has_address and (has_time or begins or _NAMED.fullmatch(text) is not None)
    ends_with_address = text.rstrip(":： >)\"'").endswith(_last_address(text))
    return has_address and has_day and has_time and begins and ends_with_address


def _opens_with_attribution(text: str) -> bool:
    """An app put the quoted text behind the colon, in one line."""
    end = max(text.find(": ", 0, MAX_LENGTH), text.find("：", 0, MAX_LENGTH))
    while 0 <= end < len(text) - 1:
        head = text[: end + 1]
        verb = _verb_of(head)
        if verb is not None and head[:-1].rstrip().lower().endswith(verb.lower()):
            return _is_attribution(head, is_quote_next=False) and ADDRESS.search(head) is not None
        end = text.find(": ", end + 1, MAX_LENGTH)
    return False


def _verb_of(text: str) -> str | None:
    lowered = text.lower()
    # Looking for each word is many times as quick as the pattern, and mostly there is none.
    if not any(word in lowered for word in _LAST_WORDS):
        return None
    match = _CJK_VERB.search(text) or _VERB.search(text)
    return match[0] if match is not None else None


def _is_said_by_a_person(text: str, verb: str) -> bool:
    """ "On Monday I wrote to you:" is a sentence of somebody who writes now."""
    before = text[: text.lower().find(verb.lower())].rstrip(" ,")
    words = before.lower().split()
    if not words:
        return False
    return words[-1] in _PERSONAL or before[-1:] in _PERSONAL or before[-2:] in _PERSONAL


def _last_address(text: str) -> str:
    found = ADDRESS.findall(text)
    return found[-1].rstrip(":：,;>") if found else "\0"


def _is_quote_next(lines: list[Line], index: int, depth: int) -> bool:
    for line in lines[index : index + 4]:
        if line.text or line.depth > depth:
            return line.depth > depth
    return False
