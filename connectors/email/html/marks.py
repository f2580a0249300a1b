"""What mail programs mark up in HTML: where history begins, who is quoted, what is a signature.

Ids, classes and names in lower case, without the "x_" that Outlook puts before those of others. A
further program is a further word in one of the sets.
"""

import re
from collections.abc import Mapping

from connectors.email.reply_text.lines import Mark

_HISTORY_IDS = frozenset(
    {
        *("divrplyfwdmsg", "appendonsend", "original-content", "mail-editor-reference-message"),
        *("mail-editor-reference-message-container", "ms-outlook-mobile-body-separator-line"),
        *("isreplycontent", "replysplit", "orig_message", "divreplyforward", "quoted_header"),
    }
)
_HISTORY_CLASSES = frozenset(
    {
        *("yahoo_quoted", "outlookmessageheader", "ms-outlook-mobile-reference-message"),
        *("xm_compose_origin_mail_container_sign", "xm_mail_oringinal_describe", "qmbox"),
        *("xm_compose_origin_mail_container", "ntes-mailmaster-quote", "edo-original"),
        *("original-message", "elided-text", "yj6qo", "mailmaster_quote"),
    }
)
_ATTRIBUTION_CLASSES = frozenset(
    {
        *("gmail_quote", "gmail_quote_container", "gmail_attr", "moz-cite-prefix"),
        *("protonmail_quote", "airmail_on", "zmail_extra", "sh-quoted-content", "hs_reply"),
        *("tutanota_quote_header", "moz-email-headers-table", "attribution"),
    }
)
_ATTRIBUTION_IDS = frozenset({"reply-intro", "zmail_extra"})
_QUOTE_CLASSES = frozenset(
    {
        *("gmail_quote", "protonmail_quote", "tutanota_quote", "history_container", "clean_bq"),
        *("front-blockquote", "ntes-mailmaster-quote", "iosymail", "yahoo_quoted", "cite"),
        *("ydp", "mcntmcntquote", "email_quote", "quote", "quoted"),
    }
)
_SIGNATURE_IDS = frozenset(
    {
        *("signature", "ms-outlook-mobile-signature", "applemailsignature", "mail-signature"),
        *("_foxsignseparator_", "foxsignseparator", "foxmailsign", "email-signature"),
        *("zm-_id_-sgn", "lineborderoutlookmobilesignature", "mobile-signature"),
    }
)
_SIGNATURE_CLASSES = frozenset(
    {
        *("gmail_signature", "gmail_signature_prefix", "moz-signature", "applemailsignature"),
        *("protonmail_signature_block", "front-signature", "sh-signature", "email-signature"),
        *("mail-signature", "mail_signature", "hs_signature", "mobile-signature", "signature"),
        *("-x-evo-signature", "foxmailsign", "ms-outlook-mobile-signature", "xmail_signature"),
    }
)
_NAMES = {
    "messagereplysection": Mark.ATTRIBUTION,
    "messagesignaturesection": Mark.SIGNATURE,
    "quote": Mark.HISTORY,
}
_HINTS = tuple(
    sorted(
        _HISTORY_IDS
        | _HISTORY_CLASSES
        | _ATTRIBUTION_CLASSES
        | _ATTRIBUTION_IDS
        | _SIGNATURE_IDS
        | _SIGNATURE_CLASSES
        | set(_NAMES)
        | {"border-top:", "border-top-color:", "cite", "bloop_sign"}
    )
)
_WORD_BORDER = re.compile(
    r"border:\s*none;\s*border-top:\s*solid\s+[#\w]+(?:\s+[\d.]+pt)?"
    r"|padding-top:\s*5px;\s*border-top-color:[^;]{1,40};\s*border-top-width:\s*1px;"
    r"\s*border-top-style:\s*solid",
    re.IGNORECASE,
)
_SIDE_BORDER = re.compile(
    r"border-(?:left|right|inline-start)(?:-width|-style)?\s*:\s*(?!none|0)", re.IGNORECASE
)


def has_marks(html: str) -> bool:
    """Whether it may say more of what is quoted than its text alone does."""
    lowered = html.lower()
    return any(hint in lowered for hint in _HINTS)


def mark_of(tag: str, attributes: Mapping[str, str | None]) -> Mark | None:
    """What a mail program says by this element, if by any."""
    name = _bare(attributes.get("id"))
    classes = _classes(attributes)
    if name in _SIGNATURE_IDS or classes & _SIGNATURE_CLASSES or "xmail-signature" in attributes:
        return Mark.SIGNATURE
    if name.startswith(("bloop_sign", "ydp")) and "sign" in name:
        return Mark.SIGNATURE
    if name in _HISTORY_IDS or classes & _HISTORY_CLASSES or name.startswith("yahoo_quoted"):
        return Mark.HISTORY
    if tag == "blockquote":
        return None
    if name in _ATTRIBUTION_IDS or classes & _ATTRIBUTION_CLASSES:
        return Mark.ATTRIBUTION
    if tag == "div" and (style := attributes.get("style")) and _WORD_BORDER.match(style.strip()):
        return Mark.HISTORY
    return _NAMES.get((attributes.get("name") or "").lower())


def is_quote(attributes: Mapping[str, str | None]) -> bool:
    """Whether a blockquote quotes somebody; many only indent."""
    if (attributes.get("type") or "").lower() == "cite" or attributes.get("cite"):
        return True
    if _classes(attributes) & _QUOTE_CLASSES:
        return True
    return _SIDE_BORDER.search((attributes.get("style") or "")[:1000]) is not None


def _classes(attributes: Mapping[str, str | None]) -> frozenset[str]:
    value = attributes.get("class")
    return frozenset(_bare(one) for one in value.split()[:20]) if value else frozenset()


def _bare(name: str | None) -> str:
    name = (name or "").strip().lower()
    while name.startswith("x_"):
        name = name[2:]
    return name
