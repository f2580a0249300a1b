"""What a folder is for: as the server says (RFC 6154), or by the names that programs give them."""

from collections.abc import Sequence
from enum import StrEnum

from connectors.email.imap.answers import Listed
from connectors.email.imap.names import from_wire


class Use(StrEnum):
    SENT = "\\sent"
    JUNK = "\\junk"
    TRASH = "\\trash"
    DRAFTS = "\\drafts"
    ALL = "\\all"
    """Every mail once more, those that were sent too (Gmail)."""


NOT_READ = {
    Use.SENT: "it holds what was sent",
    Use.TRASH: "it holds what was thrown away",
    Use.DRAFTS: "it holds drafts",
    Use.ALL: "it holds sent mails too",
}
"""Folders whose mails are not from people who write to the desk, and why."""

_NAMES = {
    Use.SENT: {
        "sent",
        "sent items",
        "sent mail",
        "sent messages",
        "sent-mail",
        "gesendet",
        "gesendete elemente",
        "enviados",
        "elementos enviados",
        "éléments envoyés",
        "messages envoyés",
        "posta inviata",
        "verzonden items",
        "wysłane",
        "отправленные",
        "已发送",
        "已发送邮件",
        "已傳送郵件",
        "寄件備份",
        "送信済みアイテム",
        "보낸 편지함",
    },
    Use.JUNK: {
        "junk",
        "junk e-mail",
        "junk email",
        "spam",
        "bulk mail",
        "spamverdacht",
        "courrier indésirable",
        "correo no deseado",
        "спам",
        "垃圾邮件",
        "垃圾郵件",
        "迷惑メール",
        "스팸 메일함",
    },
    Use.TRASH: {
        "trash",
        "deleted items",
        "deleted messages",
        "papierkorb",
        "corbeille",
        "papelera",
        "корзина",
        "удаленные",
        "已删除",
        "已删除邮件",
    },
    Use.DRAFTS: {"drafts", "draft", "entwürfe", "brouillons", "borradores", "черновики", "草稿箱"},
}


def use_of(folder: Listed) -> Use | None:
    """None: an ordinary folder, the inbox included. What the server says comes first."""
    if folder.name.upper() == "INBOX":
        return None
    for use in Use:
        if folder.has(use.value):
            return use
    last = from_wire(folder.name)
    if folder.delimiter:
        last = last.rpartition(folder.delimiter)[2]
    return next((use for use, names in _NAMES.items() if last.lower() in names), None)


def find_use(use: Use, folders: Sequence[Listed]) -> Listed | None:
    """The folder for this: the one that the server marks, else one that has such a name."""
    openable = [one for one in folders if not one.has("\\noselect", "\\nonexistent")]
    marked = [one for one in openable if one.has(use.value)]
    named = [one for one in openable if use_of(one) is use]
    # Of several that only sound like it, the one nearest to the top.
    named.sort(key=lambda one: (one.name.count(one.delimiter) if one.delimiter else 0, one.name))
    return next(iter(marked + named), None)
