"""What a person wrote now, without the history below it. A line scanner, linear in its input.

The strip is a view: whoever calls keeps the whole text beside it. If nothing would be left, or the
answers stand between the quoted lines, everything is kept.
"""

import re

MAX_LINE = 400
_ADDRESS = re.compile(r"[^\s<>@\"]{1,64}@[^\s<>@\"]{1,255}")
_DAY = re.compile(
    r"\b(?:19|20)\d\d\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|\d{1,2}\s*月\s*\d{1,2}\s*日"
    r"|\d{1,2}월\s*\d{1,2}일"
)
_TIME = re.compile(r"\b\d{1,2}[:.h]\d{2}\b|\d{1,2}[时時点點시]")
_VERB = re.compile(
    r"\b(?:wrote|writes|schrieb|a écrit|escribió|escreveu|ha scritto|schreef|geschreven|napisał"
    r"(?:\(a\)|a)?|şunu yazdı|yazdı|đã viết|написал(?:\(а\)|а)?|пишет|писал(?:\(а\)|а)?)\b"
    r"|写道|寫道|来信|回复|回覆|のメッセージ|は書きました|が書き込み|님이 작성|작성|썼습니다",
    re.IGNORECASE,
)
_DASHES = "-=_*—─"
_LONGEST_TITLE = 60
_ORIGINAL = re.compile(
    r"original (?:message|e-?mail)|forwarded message|reply message|ursprüngliche nachricht"
    r"|originalnachricht|weitergeleitete nachricht|message (?:d'origine|original|transféré)"
    r"|mensaje original|mensagem (?:original|encaminhada)|mensaje reenviado|messaggio originale"
    r"|messaggio inoltrato|oorspronkelijk bericht|doorgestuurd bericht|wiadomość oryginalna"
    r"|(?:orijinal|özgün|iletilen) (?:mesaj|ileti)|исходное сообщение|пересланное сообщение"
    r"|пересылаемое сообщение|thư gốc|tin nhắn gốc|原始邮件|原始郵件|原邮件|原郵件|转发邮件"
    r"|轉寄郵件|回复的原邮件|回复邮件|元のメッセージ|転送メッセージ|원본 메시지"
    r"|원본 메일|전달된 메시지",
    re.IGNORECASE,
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split("|"))


_LABELS: dict[str, frozenset[str]] = {
    "from": _words(
        "from|von|de|da|van|od|kimden|gönderen|от|от кого|từ|người gửi|发件人|發件人|寄件者|差出人"
        "|送信者|보낸사람|보낸 사람|发自"
    ),
    "to": _words(
        "to|an|à|a|para|aan|do|kime|alıcı|кому|tới|đến|người nhận|收件人|收件者|宛先|받는사람"
        "|받는 사람|받는이"
    ),
    "cc": _words("cc|kopie|kopia|bilgi|копия|抄送|副本|참조"),
    "date": _words(
        "date|sent|datum|gesendet|envoyé|enviado|enviado el|enviada em|fecha|data|inviato"
        "|verzonden|wysłano|tarih|gönderildi|gönderme tarihi|дата|отправлено|ngày|đã gửi|日期"
        "|发送时间|發送時間|时间|寄件日期|日時|送信日時|보낸날짜|보낸 날짜|날짜"
    ),
    "subject": _words(
        "subject|betreff|objet|asunto|assunto|oggetto|onderwerp|temat|konu|тема|chủ đề|tiêu đề"
        "|主题|主題|主旨|件名|제목"
    ),
}
_LABEL_OF = {word: label for label, words in _LABELS.items() for word in words}
_COLON = re.compile(r"[:：]")
_DECORATION = " *_>\u3000\t"
_RULE = re.compile(r"\s*_{20,}\s*")
_DEVICE = re.compile(
    r"(?:sent from|get outlook for|gesendet von|von meinem .{2,30} gesendet|envoyé (?:de|depuis)"
    r"|enviado (?:desde|do|a partir)|inviato da|verzonden (?:vanaf|met)|wysłano z"
    r"|отправлено (?:с|из)|发自我的|從我的|发送自|傳送自|iphone(?:から送信|에서 보냄)|나의 iphone"
    r"|.{2,20} tarafından gönderildi|.{0,20}ımdan gönderildi|được gửi từ).{0,80}",
    re.IGNORECASE,
)


def reply_of(text: str) -> str:
    """The part of `text` that was written now; all of it if that cannot be told."""
    lines = text.split("\n")
    start = _start_of_history(lines)
    kept = lines if start is None else lines[:start]
    reply = "\n".join(_without_signature(_trim(kept))).strip()
    return reply or text.strip()


def _start_of_history(lines: list[str]) -> int | None:
    has_seen_quote = False
    for index, line in enumerate(lines):
        if not line.strip():
            continue
        if _is_separator(line) or _is_header_block(lines, index):
            return index
        length = _attribution_length(lines, index)
        if length:
            return None if _has_inline_answers(lines[index + length :]) else index
        if line.startswith(">") and not has_seen_quote:
            has_seen_quote = True
            if not _has_inline_answers(lines[index:]):
                return index
    return None


def _is_separator(line: str) -> bool:
    """`----- Original Message -----`: at least three dashes on both sides of a known title."""
    line = line.strip()
    without_left = line.lstrip(_DASHES)
    title = without_left.rstrip(_DASHES)
    if len(line) - len(without_left) < 3 or len(without_left) - len(title) < 3:
        return False
    return len(title) <= _LONGEST_TITLE and _ORIGINAL.search(title) is not None


def _is_header_block(lines: list[str], index: int) -> bool:
    """Three labels of a mail's head within six lines, the first of them here.

    Three, because a person may well write "From: 0x… To: 0x… Amount: …".
    """
    if _RULE.fullmatch(lines[index][:MAX_LINE]) and index + 1 < len(lines):
        index += 1
    if _label_of(lines[index]) not in ("from", "date", "subject", "to"):
        return False
    following = [line for line in lines[index : index + 8] if line.strip()][:6]
    labels = {label for line in following if (label := _label_of(line)) is not None}
    has_address = any(_ADDRESS.search(line[:MAX_LINE]) for line in following)
    return len(labels) >= 3 and "from" in labels and (has_address or len(labels) >= 4)


def _label_of(line: str) -> str | None:
    colon = _COLON.search(line[:40])
    return _LABEL_OF.get(line[: colon.start()].strip(_DECORATION).lower()) if colon else None


def _attribution_length(lines: list[str], index: int) -> int:
    """How many lines from here say "on this day this person wrote:"; 0: none.

    A date together with an address or a verb of writing, and a colon at the end; clients wrap it
    over up to three lines.
    """
    joined = ""
    for length in range(1, 4):
        if index + length > len(lines):
            return 0
        line = lines[index + length - 1].strip()
        if length > 1 and (not line or line.startswith(">")):
            return 0
        joined = f"{joined} {line}".strip()
        if len(joined) > MAX_LINE:
            return 0
        if not joined.endswith((":", "：")):
            continue
        if length == 1 and joined.startswith(">"):
            return 0
        has_day = _DAY.search(joined) is not None
        has_time = _TIME.search(joined) is not None
        has_name = _ADDRESS.search(joined) is not None
        has_verb = _VERB.search(joined) is not None
        if has_day and (has_verb or (has_name and has_time)):
            return length
        if has_name and has_verb and _is_quote_next(lines, index + length):
            return length
        return 0
    return 0


def _is_quote_next(lines: list[str], index: int) -> bool:
    following = next((line for line in lines[index : index + 4] if line.strip()), "")
    return following.startswith(">")


def _has_inline_answers(lines: list[str]) -> bool:
    """Quoted lines, and something unquoted after them that is more than a signature."""
    quoted = False
    for index, line in enumerate(lines):
        if line.startswith(">"):
            quoted = True
        elif quoted and line.strip():
            if line.rstrip() == "--" or _DEVICE.fullmatch(line.strip()[:MAX_LINE]):
                return False
            # A quoted line that a client wrapped goes on unquoted for a line or so.
            following = lines[index + 1] if index + 1 < len(lines) else ""
            if following.startswith(">") and lines[index - 1].startswith(">"):
                continue
            return True
    return False


def _trim(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return lines[:end]


def _without_signature(lines: list[str]) -> list[str]:
    """Without what follows the "-- " line (RFC 3676, 4.3), and without "Sent from my phone"."""
    for index, line in enumerate(lines):
        if line in ("-- ", "--") and index > 0 and len(lines) - index <= 12:
            lines = _trim(lines[:index])
            break
    if len(lines) > 1 and _DEVICE.fullmatch(lines[-1].strip()[:MAX_LINE]):
        return _trim(lines[:-1])
    return lines
