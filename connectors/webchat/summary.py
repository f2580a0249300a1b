"""What stayed unread in the chat, as a letter in the visitor's language. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from core.connector import Missed, Summary


class _Words(NamedTuple):
    subject: str
    opening: str
    files: str
    closing: str
    stop: str


_WORDS = {
    "en": _Words(
        "Your conversation with {title}",
        "You have a message that you did not see in our chat:",
        "File: {name} (you find it in the chat)",
        "Answer this mail, or go on in the chat: it is the same conversation.",
        "No more mails like this one: {url}",
    ),
    "zh": _Words(
        "您与{title}的对话",
        "您在我们的在线聊天中有未读消息：",
        "文件：{name}（可在聊天窗口中查看）",
        "直接回复本邮件，或回到聊天窗口继续：两边是同一段对话。",
        "不再接收此类邮件：{url}",
    ),
    "ru": _Words(
        "Ваш разговор: {title}",
        "В нашем чате есть сообщение, которое вы ещё не видели:",
        "Файл: {name} (он доступен в чате)",
        "Ответьте на это письмо или продолжите в чате: это один и тот же разговор.",
        "Больше не присылать таких писем: {url}",
    ),
}


def to_summary(
    missed: Sequence[Missed], *, title: str, language: str | None, stop_url: str = ""
) -> Summary:
    """Oldest first, each with who said it."""
    words = _WORDS.get((language or "en").lower().partition("-")[0], _WORDS["en"])
    said = [words.opening]
    for one in missed:
        files = [words.files.format(name=name) for name in one.files]
        said.append(
            "\n".join([f"{one.author or title}:", *([one.text] if one.text else []), *files])
        )
    said.append(words.closing)
    if stop_url:
        said.append(words.stop.format(url=stop_url))
    return Summary(subject=words.subject.format(title=title), text="\n\n".join(said))
