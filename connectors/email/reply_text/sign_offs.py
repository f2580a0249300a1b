"""The card below "Best regards": name, position, company, telephone, that no program marked.

A card is told by its form: a line that says good-bye, or a rule, and below it, up to the end, short
lines of which one says how to reach the writer. A name alone is left: people type it themselves.
"""

import re

from connectors.email.reply_text.lines import Line

LONGEST_CARD = 18
"""Lines that say something."""
LONGEST_LINE = 100
MOST_TYPED = 2
"""Lines below a good-bye that people write themselves: a name, and whose."""
_LONGEST_GOODBYE = 60
_RULE = re.compile(r"[-_=*—–─━~+#☆★･・.]{5,}")

_GOODBYE = re.compile(
    r"(?:(?:with |my )?(?:best|kind|kindest|warm|warmest|many|sincere|friendly)(?:est)? "
    r"(?:regards|wishes)"
    r"|(?:b(?:est)? ?)?rgds|regards|best|br|sincerely(?: yours)?"
    r"|yours (?:sincerely|faithfully|truly)"
    r"|respectfully|cheers|many thanks|thanks(?: (?:and|&|in advance).{0,30})?"
    r"|thank you(?: .{0,25})?"
    r"|(?:mit )?(?:freundlichen|besten|herzlichen|lieben|schönen|vielen) (?:grüßen|grüssen|dank)"
    r"|(?:freundliche|beste|herzliche|liebe|viele|schöne) (?:grüße|grüsse)(?: .{0,20})?"
    r"|mfg|lg|vg|hochachtungsvoll"
    r"|(?:bien )?cordialement|bien à vous|sincères salutations"
    r"|(?:meilleures )?salutations(?: distinguées)?"
    r"|(?:un )?(?:cordial|atento) saludo|saludos(?: cordiales)?|atentamente|cordialmente|un saludo"
    r"|atenciosamente|(?:com os )?(?:melhores )?cumprimentos|att\.?|abraços|grato|obrigad[oa]"
    r"|(?:cordiali|distinti|cari) saluti|saluti|cordialmente"
    r"|(?:met )?(?:vriendelijke|hartelijke|beste) groet(?:en)?|mvg|groet(?:en|jes)?"
    r"|(?:z )?(?:poważaniem|wyrazami szacunku)|pozdrawiam(?: serdecznie)?|serdecznie pozdrawiam"
    r"|(?:с )?(?:уважением|наилучшими пожеланиями)|всего (?:доброго|наилучшего)|з повагою"
    r"|saygılarım(?:ız)?la|iyi (?:çalışmalar|günler)(?: dilerim)?"
    r"|trân trọng(?: kính chào)?|kính thư"
    r"|(?:med )?(?:vänliga|vennlig|venlig|bästa|beste|bedste) (?:hälsningar|hilsen|hilsner)|mvh"
    r"|ystävällisin terveisin|s pozdravem|üdvözlettel|tisztelettel|cu (?:stimă|respect)"
    r"|此致|敬礼|敬禮|顺祝商祺|順頌商祺|祝好|谢谢|謝謝|祝商祺|敬上|敬具|以上|よろしくお願い(?:いた|致)?します"
    r"|감사합니다|드림)(?:\s+from .{1,30})?[\s,;.!，。、！-]{0,4}",
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
_BETWEEN_LANGUAGES = re.compile(r"\s[/|]\s|\s-\s")
_DASHED_NAME = re.compile(r"[-–—~]{1,2}[^\W\d_][\w.'-]{0,20}(?: [^\W\d_][\w.'-]{0,20}){0,2}")
_ADDRESS = re.compile(r"<?[\w.+-]{1,64}@[\w.-]{3,200}>?")
_SENTENCE = re.compile(r"[.!?。！？]$")
_ASIAN_SENTENCE = re.compile(
    r"(?:です|ます|ました|ません|ください|でしょうか|니다|세요|어요|아요|까|吗|嗎|呢|了|吧)[。.!！?？]?$|，.{4,}"
)
_POSTSCRIPT = re.compile(r"p\.?\s?s\.?\b|п\.?\s?с\.", re.IGNORECASE)
_MOST_WORDS = 11


def without_card(lines: list[Line]) -> list[Line]:
    """The lines above the card, if the text ends with one and something stands above it."""
    lines = _without_dashed_name(lines)
    said = [index for index, line in enumerate(lines) if line.text]
    if len(said) < 2:
        return lines
    for count in range(1, min(LONGEST_CARD + 2, len(said))):
        index = said[-count]
        line = lines[index]
        if line.depth or len(line.text) > LONGEST_LINE:
            return lines
        if count > 1 and (_is_goodbye(line.text) or _RULE.fullmatch(line.text)):
            card = [lines[one].text for one in said[len(said) - count + 1 :]]
            if _is_card(card, below_rule=_RULE.fullmatch(line.text) is not None):
                return lines[:index]
    return lines


def _without_dashed_name(lines: list[Line]) -> list[Line]:
    """Without a last line `-Ann Lee`, unless such lines are a list."""
    if len(lines) < 3 or lines[-2].text or not _DASHED_NAME.fullmatch(lines[-1].text[:60]):
        return lines
    is_list = any(line.text[:1] in "-–—•*" for line in lines[:-1] if line.text)
    return lines if is_list or lines[-1].depth else lines[:-2]


def _is_goodbye(text: str) -> bool:
    if len(text) > _LONGEST_GOODBYE:
        return False
    # Firms that write in two languages say it in both.
    return all(_GOODBYE.fullmatch(one.strip()) for one in _BETWEEN_LANGUAGES.split(text))


def _is_card(card: list[str], *, below_rule: bool) -> bool:
    lines = [one for one in card if not _RULE.fullmatch(one)]
    if not lines or len(lines) > LONGEST_CARD or any(map(_is_said, lines)):
        return False
    is_reachable = any(_REACHED_BY.search(one) for one in lines)
    if below_rule:
        return is_reachable and (len(lines) > 1 or _ADDRESS.fullmatch(lines[0]) is not None)
    return is_reachable or len(lines) > MOST_TYPED


def _is_said(line: str) -> bool:
    """A sentence, and no line of a card."""
    if _POSTSCRIPT.match(line) is not None or line.endswith(("?", "？", "!", "！")):
        return True
    if _ASIAN_SENTENCE.search(line) is not None:
        return True
    words = line.split()
    if _REACHED_BY.search(line) is not None:
        return False
    return len(words) > _MOST_WORDS or (_SENTENCE.search(line) is not None and len(words) > 5)
