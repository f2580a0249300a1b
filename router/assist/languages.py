"""Which language a text is in, by its letters, and for Latin ones by their smallest words."""

import re
from collections import Counter

_SCRIPTS = (
    ("ko", re.compile("[\uac00-\ud7af\u1100-\u11ff]")),
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("zh", re.compile("[\u3400-\u9fff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
)
_UKRAINIAN = re.compile("[іїєґ]")
_VIETNAMESE = re.compile("[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]")
_TURKISH = re.compile("[ığş]")
_LATIN = re.compile(r"[^\W\d_]+")
_OTHERS = re.compile(r"https?://\S+|\S+@\S+\.\S+|\b(?:0x)?[0-9a-fA-F]{16,}\b")
_WORDS = {
    "en": "the a an is are was i my me you your it to of and not in on for do does did can how what"
    " why when where have has no please this that with hi hello thanks thank am be there from but",
    "es": "el la los las un una es son mi me tu su y no en por para con que como cuando donde hola"
    " gracias puedo tengo está cuenta se lo del al favor",
    "pt": "o os um uma é são meu minha eu você e não em por para com que como quando onde olá oi"
    " obrigado posso tenho está conta do da no na favor",
    "de": "der die das ein eine ist sind ich mein meine sie und nicht in auf für mit wie was warum"
    " wann wo habe hat kein bitte hallo danke kann mir zu",
    "fr": "le la les un une est sont je mon ma vous et pas en sur pour avec que comment quand où"
    " bonjour merci puis ai ne mes de du des",
    "tr": "bir ve bu ne için ile nasıl neden değil var yok ben benim hesabım merhaba lütfen çok"
    " mi mı kadar ama",
    "vi": "toi tôi không khong có co là la của cua cho và va được duoc tài tiền bạn xin chào ơn sao"
    " nào",
    "id": "saya tidak bisa apa yang di ke dari dan akun bagaimana kenapa tolong sudah belum terima"
    " kasih ada ini itu untuk",
}
_WORD_SETS = {language: frozenset(words.split()) for language, words in _WORDS.items()}
_MOST = 1_000


def language_of(text: str, *, known: str | None = None) -> str | None:
    """ISO 639-1, or `known` where the text says too little.

    Of a mixed text it is the one whose letters are a third or more of it, Latin ones last: a
    Chinese sentence with `USDT` and `withdraw` in it is Chinese.
    """
    said = _OTHERS.sub(" ", text[:_MOST].casefold())
    letters = sum(1 for one in said if one.isalpha())
    if not letters:
        return known
    for language, script in _SCRIPTS:
        # An ideograph says as much as two or three letters.
        weight = 3 if language in ("zh", "ja", "ko") else 1
        found = weight * len(script.findall(said))
        if found * 3 >= letters:
            return "uk" if language == "ru" and _UKRAINIAN.search(said) else language
    if _VIETNAMESE.search(said):
        return "vi"
    if _TURKISH.search(said):
        return "tr"
    return _latin(said) or known


def _latin(said: str) -> str | None:
    words = _LATIN.findall(said)
    hits: Counter[str] = Counter()
    for language, small in _WORD_SETS.items():
        hits[language] = sum(word in small for word in words)
    [(first, most), (_, second)] = hits.most_common(2)
    return first if most > second else None
