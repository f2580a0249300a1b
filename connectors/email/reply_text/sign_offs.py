"""The card below "Best regards": name, position, company, telephone, that no program marked.

A card is told by its form: a line that says good-bye, or a rule, and below it, up to the end, short
lines of which one says how to reach the writer. A name alone is left: people type it themselves.
"""

import re
from dataclasses import dataclass

from connectors.email.reply_text.lines import Line

LONGEST_CARD = 18
"""Lines that say something."""
LONGEST_LINE = 100
FEWEST_BELOW_NAME = 2
"""Lines below the writer's own name that nobody types: what they are, and where."""
_LONGEST_GOODBYE = 60
_RULE = re.compile(r"[-_=*—–─━~+#☆★･・.]{5,}")

_PHRASES = (
    # One language a line; each phrase may be followed by another one of them.
    r"(?:with |my )?(?:best|kind|kindest|warm|warmest|many|sincere|friendly) (?:regards|wishes)",
    r"(?:b(?:est)? ?)?rgds|regards|best|br|b\.r\.|all the best|take care|cheers|respectfully",
    r"sincerely(?: yours)?|yours (?:sincerely|faithfully|truly)",
    r"(?:many )?thanks(?: a lot| so much| in advance| again)?|thx|tia|thank you(?: .{0,25})?",
    r"(?:mit )?(?:freundlichen|besten|herzlichen|lieben|schönen|vielen) (?:grüßen|grüssen|dank)",
    r"(?:freundliche|beste|herzliche|liebe|viele|schöne) (?:grüße|grüsse)(?: .{0,20})?",
    r"(?:grüße|grüsse|gruß|gruss)(?: .{0,20})?|mfg|lg|vg|hochachtungsvoll|danke(?: .{0,20})?",
    r"(?:bien )?cordialement|bien à vous|(?:sincères|meilleures )?salutations(?: distinguées)?",
    r"bonne (?:journée|réception|soirée)|merci(?: .{0,20})?|amicalement",
    r"(?:un )?(?:cordial|atento) saludo|saludos(?: cordiales)?|atentamente|cordialmente|un saludo",
    r"(?:muchas )?gracias(?: .{0,20})?|quedo atent[oa](?: .{0,20})?",
    r"atenciosamente|(?:com os )?(?:melhores )?cumprimentos|att\.?|abraços|grato|grata|obrigad[oa]",
    r"(?:cordiali|distinti|cari) saluti|saluti|grazie(?: .{0,20})?|buona (?:giornata|serata)",
    r"(?:met )?(?:vriendelijke|hartelijke|beste) groet(?:en)?|mvg|groet(?:en|jes)?|bedankt",
    r"(?:z )?(?:poważaniem|wyrazami szacunku)|(?:serdecznie )?pozdrawiam(?: serdecznie)?",
    r"(?:z góry )?dziękuję|dzięki",
    r"(?:с )?(?:уважением|наилучшими пожеланиями)|всего (?:доброго|наилучшего)",
    r"(?:заранее )?(?:спасибо|благодарю)|з повагою|дякую",
    r"saygılarım(?:ız)?la|iyi (?:çalışmalar|günler)(?: dilerim)?|teşekkürler|kolay gelsin",
    r"trân trọng(?: kính chào)?|kính thư|(?:xin )?cảm ơn(?: .{0,20})?",
    r"(?:med )?(?:vänliga|vennlig|venlig|bästa|beste|bedste) (?:hälsningar|hilsen|hilsner)|mvh",
    r"ystävällisin terveisin|s pozdravem|děkuji|üdvözlettel|tisztelettel|köszönettel",
    r"cu (?:stimă|respect)|mulțumesc",
    r"此致|敬礼|敬禮|[顺順][祝颂頌]\S{0,6}|祝\S{0,8}|(?:非常)?(?:谢谢|謝謝|感谢|感謝)|敬上|敬具",
    r"以上|(?:どうぞ)?よろしくお願い(?:いた|致)?します|감사합니다|수고하세요|드림",
)
_PHRASE = rf"(?:{'|'.join(_PHRASES)})"
_GOODBYE = re.compile(
    rf"{_PHRASE}(?:\s?(?:,|&|/|\||-|–|\band\b|\bund\b|\bet\b|\by\b|\be\b|\bи\b)\s?{_PHRASE}){{0,2}}"
    r"[\s,;.!，。、！-]{0,4}",
    re.IGNORECASE,
)
_REACHED_BY = re.compile(
    r"(?<![\w.])(?!\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b)"
    r"(?:(?:\+|00|\()\d|0\d|1[3-9]\d(?=\d{8}(?!\d)))[\d\s()./-]{6,20}\d(?!\w)"
    r"|www\.|https?://|[\w.+-]@[\w-]"
    r"|\b(?:tel|phone|mobile?|cell|fax|telefon|handy|móvil|teléfono|téléphone|cellulare|тел|моб|gsm)\b"
    r"|电话|電話|手机|手機|传真|傳真|邮箱|地址|전화|팩스|휴대|〒",
    re.IGNORECASE,
)
_DASHED_NAME = re.compile(r"[-–—~]{1,2}[^\W\d_][\w.'-]{0,20}(?: [^\W\d_][\w.'-]{0,20}){0,2}")
_WORD = re.compile(r"[^\W\d_]+")
_ADDRESS = re.compile(r"<?[\w.+-]{1,64}@[\w.-]{3,200}>?")
_SENTENCE = re.compile(r"[.!?。！？]$")
_ASIAN_SENTENCE = re.compile(
    r"(?:です|ます|ました|ません|ください|でしょうか|니다|세요|어요|아요|까|吗|嗎|呢|了|吧)[。.!！?？]?$|，.{4,}"
)
_POSTSCRIPT = re.compile(r"p\.?\s?s\.?\b|п\.?\s?с\.", re.IGNORECASE)
_MOST_WORDS = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Who wrote, as the header says: programs put the same into a card."""

    address: str = ""
    name: str = ""


NOBODY = Writer()


def without_card(lines: list[Line], writer: Writer = NOBODY) -> list[Line]:
    """The lines above the card, if the text ends with one and something stands above it."""
    lines = _without_dashed_name(lines)
    said = [index for index, line in enumerate(lines) if line.text]
    for count in range(1, min(LONGEST_CARD + 2, len(said))):
        position = len(said) - count
        index = said[position]
        line = lines[index]
        if line.depth or len(line.text) > LONGEST_LINE:
            return lines
        below = [lines[one].text for one in said[position + 1 :]]
        if _opens_card(line.text, below, writer):
            return lines[:index]
        if _is_name(line.text, writer) and _is_card(below, least=FEWEST_BELOW_NAME):
            above = said[position - 1]
            if _is_goodbye(lines[above].text) and position > 1:
                return lines[:above]
            if _is_apart(lines, index) and any(map(_REACHED_BY.search, below)):
                return lines[:index]
    return lines


def _opens_card(text: str, below: list[str], writer: Writer) -> bool:
    is_reachable = any(map(_REACHED_BY.search, below))
    if _RULE.fullmatch(text) is not None:
        is_address = len(below) == 1 and _ADDRESS.fullmatch(below[0]) is not None
        return is_address or (is_reachable and _is_card(below, least=2))
    return is_reachable and _is_goodbye(text) and _is_card(below, least=2)


def _without_dashed_name(lines: list[Line]) -> list[Line]:
    """Without a last line `-Ann Lee`, unless such lines are a list."""
    if len(lines) < 3 or lines[-2].text or not _DASHED_NAME.fullmatch(lines[-1].text[:60]):
        return lines
    is_list = any(line.text[:1] in "-–—•*" for line in lines[:-1] if line.text)
    return lines if is_list or lines[-1].depth else lines[:-2]


def _is_goodbye(text: str) -> bool:
    return len(text) <= _LONGEST_GOODBYE and _GOODBYE.fullmatch(text) is not None


def _is_name(text: str, writer: Writer) -> bool:
    """Whether it is the writer's name, in whichever order, and nothing else."""
    words = set(_WORD.findall(writer.name.lower()))
    is_long_enough = len(words) > 1 or (bool(words) and min(writer.name) > "\u2fff")
    return is_long_enough and set(_WORD.findall(text.lower())) == words


def _is_apart(lines: list[Line], index: int) -> bool:
    """A blank line stands above, and nothing above it that says what comes below."""
    above = next((line.text for line in reversed(lines[:index]) if line.text), "")
    return index > 0 and not lines[index - 1].text and not above.endswith((":", "："))


def _is_card(below: list[str], *, least: int) -> bool:
    lines = [one for one in below if not _RULE.fullmatch(one)]
    return least <= len(lines) <= LONGEST_CARD and not any(map(_is_said, lines))


def _is_said(line: str) -> bool:
    """A sentence, and no line of a card."""
    if _POSTSCRIPT.match(line) is not None or line.endswith(tuple("?？!！:：")):
        return True
    if _ASIAN_SENTENCE.search(line) is not None:
        return True
    words = line.split()
    if _REACHED_BY.search(line) is not None:
        return False
    return len(words) > _MOST_WORDS or (_SENTENCE.search(line) is not None and len(words) > 5)
