"""The status of one recipient (RFC 3463): as a report says it, or derived from what it does say."""

import re

FAILED = "5.0.0"
DELAYED = "4.0.0"
DELIVERED = "2.0.0"

# Not within an IP address or a version number, both of which have further digits or dots.
_ENHANCED = re.compile(r"(?<![\d.])([245]\.[0-7]\.\d{1,3})(?!\d)(?!\.\d)")
_REPLY = re.compile(
    r"(?:^|[\s:;(\[<>'\"#,=-])([45]\d\d)(?=[\s:;,.)\]>'\"#-]|$)(?!\.\d)", re.MULTILINE
)

_WORDS: tuple[tuple[str, str], ...] = (
    (
        r"(?:host|domain|name|dns|mx)[^\n]{0,40}(?:not found|unknown|does not exist|nxdomain)"
        r"|unrouteable (?:mail )?(?:address|domain)|no such (?:domain|host)|unknown (?:host|domain)"
        r"|couldn'?t find any host|no (?:valid )?mx|域名|домен не найден",
        "1.2",
    ),
    (
        r"mailbox (?:is )?full|(?:over|exceed\w{0,9})[^\n]{0,30}quota"
        r"|quota[^\n]{0,30}(?:exceed|full)"
        r"|exceeds? allowed size|insufficient (?:disk|storage)|out of storage|inbox is full"
        r"|邮箱(?:空间)?(?:已)?满|空间不足|ящик переполнен|превышен\w{0,9} квот",
        "2.2",
    ),
    (
        r"too (?:large|big)|size (?:limit|exceed)|exceeds[^\n]{0,40}size|maximum message size"
        r"|邮件过大|слишком большо",
        "3.4",
    ),
    (
        r"(?:user|recipient|mailbox|address|account|name|login)[^\n]{0,60}(?:unknown|not found"
        r"|not recogni[sz]ed|does not exist|doesn'?t exist|not exist|invalid|unavailable"
        r"|not listed|may not exist|could ?n[o']t be found|no longer|not a valid|rejected)"
        r"|no such (?:user|recipient|mailbox|address|account|person)|(?:unknown|invalid|illegal"
        r"|unlisted|bad|nonexistent)[^\n]{0,30}(?:user|recipient|mailbox|address|account)"
        r"|no mailbox here|not our customer|isn'?t a valid|unbekannt|不存在|не существует"
        r"|no existe|não existe|n'existe pas|non esiste|nie istnieje|存在しません|없습니다",
        "1.1",
    ),
    (
        r"(?:mailbox|account|user|address|recipient)[^\n]{0,40}(?:disabled|inactive|suspended"
        r"|deactivated|not active|frozen|expired)|账号(?:被)?(?:停用|冻结)",
        "2.1",
    ),
    (
        r"spam|blacklist|blocked|block list|dnsbl|policy|prohibited|not permitted|relay"
        r"|access denied|authenticat\w{1,9}|反垃圾|拒收|спам|not accepting mail|banned|virus",
        "7.1",
    ),
    (r"loop|too many hops|too many received", "4.6"),
    (
        r"timed? ?out|connection (?:refused|timed|reset|lost|dropped)|unable to connect"
        r"|(?:wasn't|was not) able to establish|cannot connect|host is down|attempts"
        r"|no answer|unreachable|连接超时|无法连接",
        "4.1",
    ),
)
_DERIVED = tuple((re.compile(pattern), code) for pattern, code in _WORDS)


def enhanced_code(text: str) -> str | None:
    """The first one in it that speaks of trouble, else the first one."""
    found = _ENHANCED.findall(text)
    return next((one for one in found if one[0] != "2"), found[0] if found else None)


def status_of(text: str, *, action: str) -> str:
    """What the text says of a recipient; the general code of the action if it says nothing.

    A reply such as `550 user unknown` has no enhanced code: then its words choose one. The class
    is that of the action, since a server that gave up after days of 4yz has failed for good.
    """
    said = enhanced_code(text)
    if action in ("delivered", "relayed", "expanded"):
        return said or DELIVERED
    if said is not None and said[0] != "2":
        return said
    reply = _REPLY.search(text)
    first = "4" if action == "delayed" else (reply[1][0] if reply is not None else "5")
    lowered = text.lower()
    for pattern, code in _DERIVED:
        if pattern.search(lowered):
            return f"{first}.{code}"
    return f"{first}.0.0"


def normal_action(said: str, status: str | None) -> str:
    """One of failed, delayed, delivered, relayed, expanded (RFC 3464, 2.3.3)."""
    word = said.strip().lower()
    for action, begins in (
        ("failed", ("fail", "error", "perm", "reject", "undeliver", "bounce")),
        ("delayed", ("delay", "defer", "warn", "temp")),
        ("relayed", ("relay",)),
        ("expanded", ("expand",)),
        ("delivered", ("deliver", "success")),
    ):
        if word.startswith(begins):
            return action
    if status is not None:
        return {"2": "delivered", "4": "delayed"}.get(status[0], "failed")
    return "failed" if word else ""
