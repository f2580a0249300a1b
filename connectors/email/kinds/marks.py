"""What the header alone says: who sent it, and whether a person or a program did."""

import re

from connectors.email.kinds.words_auto_reply import (
    ABSENCE_SUBJECTS,
    AUTO_REPLY_SUBJECTS,
    AUTO_REPLY_TEXTS,
)
from connectors.email.kinds.words_failure import FAILURE_SUBJECTS
from connectors.email.reading.addresses import read_addresses, without_hidden
from connectors.email.reading.headers import Headers
from connectors.email.thread_keys import (
    LOOP_HEADER,
    is_own_address,
    is_own_message_id,
    read_message_id,
)

_AUTO_HEADERS = (
    "x-autoreply",
    "x-auto-reply",
    "x-autoreply-from",
    "x-auto-reply-from",
    "x-autoreply-domain",
    "x-mail-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-autoresponse",
    "x-auto-response",
    "x-fc-machinegenerated",
    "x-cron-env",
    LOOP_HEADER.lower(),
)
_AUTO_PRECEDENCES = frozenset({"auto_reply", "auto-reply", "autoreply", "auto_replied"})
_BULK = frozenset({"bulk", "list", "junk"})
_LIST_HEADERS = (
    "list-id",
    "list-post",
    "list-unsubscribe",
    "list-subscribe",
    "list-help",
    "list-owner",
    "list-archive",
    "mailing-list",
    "x-mailing-list",
    "x-mailman-version",
    "x-beenthere",
    "x-ml-name",
    "x-list-id",
    "x-listname",
    "x-listserver",
)
_MAILERS = re.compile(
    r"(?:mailer-?daemon|mail-?daemon|mdaemon|postmaster|maildaemon|mail\.?delivery|mailadmin"
    r"|mail-?administrator|system\.?administrator|postoffice|microsoftexchange[0-9a-f]{20,}"
    r"|(?:e?mail)?-?(?:dsn|ndr|bounces?|returns?)|emaildeliveryfailure"
    r"|auto-?notify|mailsystem|mailman)",
)
_MAILER_NAMES = re.compile(
    r"mail(?:er)?[ -]?(?:daemon|delivery)|mail system|mail delivery|postmaster|delivery subsystem"
    r"|delivery system|system administrator|systemadministrator|microsoft outlook"
    r"|microsoft exchange|internet mail|mail gateway|administrator|administrador|administrateur"
    r"|mail router|system mail|почтов\w{1,9} систем|邮件系统|系统管理员|系統管理員|退信",
)
_ANSWERED = re.compile(
    r"(?:\s{0,9}(?:re|fw|fwd|aw|wg|tr|sv|vs|rv|rif|r|i|enc|antw|odp|ynt|回复|回覆|转发|轉寄|答复|答覆"
    r"|ответ|пересл)\s?(?:\[\d+\])?\s?[:：])",
    re.IGNORECASE,
)


def is_own_echo(headers: Headers, own_address: str) -> bool:
    """Our own mail again: our Message-ID, or our loop header on a mail from our own address."""
    message_id = read_message_id(headers)
    if message_id is not None and is_own_message_id(message_id, own_address):
        return True
    if not headers.raw_all(LOOP_HEADER.lower()):
        return False
    senders = [
        mailbox.address
        for value in headers.raw_all("from")
        for mailbox in read_addresses(value).mailboxes
    ]
    return bool(senders) and all(is_own_address(sender, own_address) for sender in senders)


def subject_words(headers: Headers) -> str:
    """Lower case, blanks single, one kind of colon."""
    return " ".join(without_hidden(headers.text("subject")).lower().replace("：", ":").split())


def has_failure_subject(headers: Headers) -> bool:
    """A report's subject, and not a person's answer to a report or a forwarded one."""
    subject = subject_words(headers)[:300]
    if _ANSWERED.match(subject):
        return False
    return any(word in subject for word in FAILURE_SUBJECTS)


def is_from_mailer(headers: Headers) -> bool:
    """From calls itself a mail program: not yet a proof, since people read postmaster@ too."""
    for value in headers.raw_all("from"):
        read = read_addresses(value)
        # The whole header, since some write their name where an address belongs.
        names = [headers.text("from"), *(mailbox.name for mailbox in read.mailboxes)]
        locals_ = [mailbox.address.rpartition("@")[0] for mailbox in read.mailboxes]
        if not locals_:
            locals_ = [headers.text("from").strip("<> ").rpartition("@")[0]]
        if any(_MAILERS.fullmatch(local.lower()) for local in locals_):
            return True
        if any(_MAILER_NAMES.search(name.lower()) for name in names):
            return True
    return False


def has_null_sender(headers: Headers) -> bool:
    """The envelope's sender is empty (RFC 5321, 4.5.5), as of reports and automatic answers."""
    paths = headers.raw_all("return-path")
    return bool(paths) and paths[0].strip().lower() in (b"<>", b"", b"<mailer-daemon>")


def is_auto_reply(headers: Headers, text: str = "") -> bool:
    """A program sent it, in answer or by itself (RFC 3834, 5; also `auto-generated`).

    Also a mail of somebody else that carries our loop header: a machine copied it from ours.
    """
    submitted = headers.first("auto-submitted").partition(";")[0].partition("(")[0].strip().lower()
    if submitted not in ("", "no"):
        return True
    if headers.first("precedence").lower() in _AUTO_PRECEDENCES:
        return True
    if any(_says_yes(headers, name) for name in _AUTO_HEADERS):
        return True
    if "autoresponder" in headers.first("x-post-messageclass").lower():
        return True
    if headers.first("x-autogenerated").lower() in ("reply", "yes", "true"):
        return True
    subject = subject_words(headers).replace(" :", ":")
    if subject.startswith(AUTO_REPLY_SUBJECTS):
        return True
    # One mark alone is in many a person's mail; lists have bulk, and suppress answers too.
    if _is_list_header(headers) or not (
        _suppresses_answers(headers)
        or has_null_sender(headers)
        or headers.first("precedence").lower() in ("bulk", "junk")
    ):
        return False
    if any(word in subject for word in ABSENCE_SUBJECTS) and not _ANSWERED.match(subject):
        return True
    start = " ".join(text[:2000].lower().split())
    return any(phrase in start for phrase in AUTO_REPLY_TEXTS)


def is_list(headers: Headers) -> bool:
    """Sent to many: a discussion list, a newsletter, a notice that can be unsubscribed from."""
    if _is_list_header(headers):
        return True
    if headers.first("precedence").lower() in _BULK:
        return True
    return headers.first("sender").lower().lstrip("<").startswith("owner-")


def is_list_of_ours(headers: Headers, own_lists: tuple[str, ...]) -> bool:
    """It came through a list or group by which people write to this desk."""
    values = " ".join(headers.first(name) for name in ("list-id", "list-post")).lower()
    return any(
        name in values or name.replace("@", ".") in values for name in map(str.lower, own_lists)
    )


def _is_list_header(headers: Headers) -> bool:
    return any(headers.raw_all(name) for name in _LIST_HEADERS)


def _suppresses_answers(headers: Headers) -> bool:
    value = headers.first("x-auto-response-suppress").lower()
    return any(word in value for word in ("all", "oof", "autoreply"))


def _says_yes(headers: Headers, name: str) -> bool:
    return any(value.lower() not in ("no", "false", "0", "none") for value in headers.all(name))
