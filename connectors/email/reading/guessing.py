"""Which charset bytes are in that name none: by what common text in each of them looks like.

Every measure looks at a sample, so the cost is bounded. Short strings carry little evidence: then
windows-1252, the commonest single-byte charset, is what is left.
"""

import re

SAMPLE = 8_000
_HIGH = re.compile(rb"[\x80-\xff]")
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")

# The most frequent characters of running text; a third of any text is made of these.
_CHINESE = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方"
    "后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合"
    "还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没"
    "结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路"
    "您请款币账户币充值提现客服问题收款谢谢邮件回复附转发查单号金额已经到怎样什什帮您好测试名称订货价格确认联系"
)
_TRADITIONAL = frozenset(
    "的一是在不了有和人這中大為上個國我以要他時來用們生到作地於出就分對成會可主發年動同工也能下過子說產種面而方"
    "後多定行學法所民得經十三之進著等部度家電力裡如水化高自二理起小物現實加量都兩體制機當使點從業本去把性好應開它合"
    "還因由其些然前外天政四日那社義事平形相全表間樣與關各重新線內數正心反你明看原又麼利比或但質氣第向道命此變條只沒"
    "結解問意建月公無系軍很情者最立代想已通並提直題黨程展五果料象員革位入常文總次品式活設及管特件長求老頭基資邊流路"
    "您請款幣帳戶儲值客服收謝郵件回覆附轉寄查單號金額經怎樣甚幫測試名稱訂貨價格確認聯繫"
)
_KOREAN = frozenset(
    "이다는에의가을로하고지한어도사기자리스인그은대시서들나전정해보를일수있니아주상과부여장원제구으면안요게"
    "라만공것국비유우조소무된신성없때마위계오와경분었말세위거연치문내합감녕출금입계좌확인답변메일번호"
)
_CYRILLIC = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъёіїєґ"
_SINGLE_BYTE: dict[str, str] = {
    "cp1251": _CYRILLIC,
    "koi8-r": _CYRILLIC,
    "cp866": _CYRILLIC,
    "iso8859-5": _CYRILLIC,
    "cp1253": "αοιετσνηυρπκμλςάίόέήώύθδγχωβφξζψ",
    "cp1255": "יוהלארתבמשנעחדקפםגטצזכסןךץףו",
    "cp1256": "ايلنمرتوهبدسفعكقحجذطصشخضغثزظئءأة",
    "cp874": "านรอกเงมยลวดทสตะปบคหแจพชขใไโผซถธศณษ่้ีิ์ัาุูื",
}
_ACCENTED: dict[str, str] = {
    "cp1252": "éèêëàâäáãåæçíìîïñóòôöõøúùûüßœÉÈÀÁÄÅÆÇÍÑÓÖØÚÜÂÊ’‘“”–—…€£«»°§·º ¿¡´®©™•",
    "cp1250": "ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžÁČĎÉĚÍŇŘŠŤÚŮÝŽőűŐŰäöüĂăâîșțşţ–—…„”“’« »đ",
    "cp1254": "çğıöşüÇĞİÖŞÜâîûé’‘“”–—…«»",
}
_TELLING: dict[str, str] = {
    "cp1250": "ąćęłńśźżĄĘŁŃŚŹŻčďěňřšťůžČĎĚŇŘŠŤŮŽőűŐŰ",
    "cp1254": "ğışĞİŞ",
}
"""Letters that only this one makes of bytes which are signs in the middle of a word elsewhere."""
MEAN_RUN = 2.5
CERTAIN = 0.25
"""Of the letters of a text, so many are among the most frequent ones of its language."""


def guess(raw: bytes) -> str:
    """The likeliest charset of 8-bit text that is not UTF-8."""
    sample = from_first_high(raw)
    high = len(_HIGH.findall(sample))
    if not high:
        return "cp1252"
    found, score = _best_of_wide(sample)
    if found and score >= CERTAIN:
        return found
    # Accents stand alone in a word, letters of another alphabet next to each other.
    if high / len(_HIGH_RUN.findall(sample)) >= MEAN_RUN:
        single, single_score = _best_single(sample)
        if single_score > max(0.5, score):
            return single
        if found and score > 0.08:
            return found
    return _best_accented(sample)


def looks_foreign(raw: bytes) -> bool:
    """Whether text that claims to be Western is certainly Cyrillic, Chinese and so on."""
    sample = from_first_high(raw)
    high = len(_HIGH.findall(sample))
    if high < 6 or high / len(_HIGH_RUN.findall(sample)) < MEAN_RUN:
        return False
    return _best_of_wide(sample)[1] >= CERTAIN or _best_single(sample)[1] > 0.6


def is_certainly(utf8: str, claimed: str) -> bool:
    """Whether text is UTF-8 for all that its claim says, when both readings are possible."""
    other = [one for one in claimed[:SAMPLE] if one > "\x7f"]
    found = [one for one in utf8[:SAMPLE] if one > "\x7f"]
    if not other or not found:
        return False
    return len(found) < len(other) * 0.9 and _commonness(found) >= _commonness(other)


def from_first_high(raw: bytes) -> bytes:
    """From where the first letter outside ASCII is, so that a long head hides nothing."""
    first = _HIGH.search(raw)
    start = first.start() if first is not None else 0
    return raw[start : start + SAMPLE]


def _best_of_wide(sample: bytes) -> tuple[str, float]:
    best, best_score = "", 0.0
    for codec, measure in _WIDE.items():
        text = _decode_start(sample, codec)
        if text is None:
            continue
        letters = [one for one in text if one > "\x7f"]
        score = measure(letters) if letters else 0.0
        if score > best_score:
            best, best_score = codec, score
    return best, best_score


def _decode_start(sample: bytes, codec: str) -> str | None:
    """None if it is not valid; the sample may end in the middle of a character."""
    try:
        return sample.decode(codec)
    except UnicodeDecodeError as error:
        if len(sample) < SAMPLE or error.start < len(sample) - 4:
            return None
        return sample[: error.start].decode(codec)


def _share(letters: list[str], common: frozenset[str]) -> float:
    return sum(one in common for one in letters) / len(letters)


def _japanese(letters: list[str]) -> float:
    """Hardly any Japanese is without hiragana, and no other language has it."""
    kana = sum("\u3041" <= one <= "\u3093" for one in letters)
    katakana = sum("\u30a1" <= one <= "\u30fc" for one in letters)
    halfwidth = sum("\uff61" <= one <= "\uff9f" for one in letters)
    return (kana + katakana * 0.5 - halfwidth) / len(letters)


_WIDE = {
    "gb18030": lambda letters: _share(letters, _CHINESE),
    "big5hkscs": lambda letters: _share(letters, _TRADITIONAL),
    "cp949": lambda letters: _share(letters, _KOREAN),
    "cp932": _japanese,
    "euc_jp": _japanese,
}


def _commonness(letters: list[str]) -> float:
    return max(measure(letters) for measure in _WIDE.values())


def commonness(letters: list[str], codec: str) -> float:
    """How far they are the usual letters of the language that a multi-byte codec is for."""
    return _WIDE[codec](letters)


def _best_single(sample: bytes) -> tuple[str, float]:
    best, best_score = "cp1252", 0.0
    for codec, alphabet in _SINGLE_BYTE.items():
        text = sample.decode(codec, "replace")
        letters = [one for one in text if one > "\x7f"]
        score = sum(_weight(one, alphabet) for one in letters) / len(letters)
        if score > best_score:
            best, best_score = codec, score
    return best, best_score


def _weight(letter: str, alphabet: str) -> float:
    """Frequent small letters count most; capitals little, since the wrong one makes capitals."""
    position = alphabet.find(letter)
    if position >= 0:
        return 1.0 - position * 0.5 / len(alphabet)
    if letter.lower() in alphabet:
        return 0.3
    return 0.0 if letter.isalpha() else -0.5


def _best_accented(sample: bytes) -> str:
    best, best_score = "cp1252", 0.0
    western = sample.decode("cp1252", "replace")
    for codec, letters in _ACCENTED.items():
        text = sample.decode(codec, "replace")
        found = [one for one in text if one > "\x7f"]
        fits = sum(one in letters for one in found) / max(1, len(found))
        told = codec == "cp1252" or _is_told(text, western, _TELLING[codec])
        if told and fits > best_score:
            best, best_score = codec, fits
    return best


def _is_told(text: str, western: str, telling: str) -> bool:
    """A letter of this charset inside a word, where windows-1252 has a sign or a rare letter."""
    return any(
        mine in telling and (not other.isalpha() or other in "þýðÝÐÞŸ")
        for mine, other in zip(text, western, strict=False)
        if mine != other
    )
