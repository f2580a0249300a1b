"""What goes to a visitor who has left the chat, as a letter in their language. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from core.connector import Missed, Summary


class _Words(NamedTuple):
    subject: str
    opening: str
    files: str
    closing: str
    stop: str
    solved: str
    asks: str
    worst: str
    best: str


_WORDS = {
    "en": _Words(
        "Your conversation with {title}",
        "You have a message that you did not see in our chat:",
        "File: {name} (you find it in the chat)",
        "Answer this mail, or go on in the chat: it is the same conversation.",
        "No more mails like this one: {url}",
        "How did we do?",
        "Your question to {title} is solved. How did we do? One click is enough:",
        "very poor",
        "very good",
    ),
    "zh": _Words(
        "您与{title}的对话",
        "您在我们的在线聊天中有未读消息：",
        "文件：{name}（可在聊天窗口中查看）",
        "直接回复本邮件，或回到聊天窗口继续：两边是同一段对话。",
        "不再接收此类邮件：{url}",
        "您对我们的服务满意吗？",
        "您向{title}提出的问题已解决。您对我们的服务满意吗？点击一下即可评价：",
        "很差",
        "很好",
    ),
    "ru": _Words(
        "Ваш разговор: {title}",
        "В нашем чате есть сообщение, которое вы ещё не видели:",
        "Файл: {name} (он доступен в чате)",
        "Ответьте на это письмо или продолжите в чате: это один и тот же разговор.",
        "Больше не присылать таких писем: {url}",
        "Как мы справились?",
        "Ваш вопрос решён ({title}). Как мы справились? Достаточно одного нажатия:",
        "очень плохо",
        "очень хорошо",
    ),
}


def to_summary(
    missed: Sequence[Missed], *, title: str, language: str | None, stop_url: str = ""
) -> Summary:
    """Oldest first, each with who said it, and what it offers to answer line by line."""
    words = _in(language)
    said = [words.opening]
    for one in missed:
        files = [words.files.format(name=name) for name in one.files]
        offers = [f"– {offer}" for offer in one.offers]
        text = [one.text] if one.text else []
        said.append("\n".join([f"{one.author or title}:", *text, *offers, *files]))
    said.append(words.closing)
    if stop_url:
        said.append(words.stop.format(url=stop_url))
    return Summary(subject=words.subject.format(title=title), text="\n\n".join(said))


def to_rating_request(url: str, *, title: str, language: str | None, stop_url: str = "") -> Summary:
    """One line for each rating, the best first."""
    words = _in(language)
    beside = {5: f" ({words.best})", 1: f" ({words.worst})"}
    lines = "\n".join(f"{n}/5{beside.get(n, '')}: {url}{n}" for n in range(5, 0, -1))
    said = [words.asks.format(title=title), lines]
    if stop_url:
        said.append(words.stop.format(url=stop_url))
    return Summary(subject=words.solved, text="\n\n".join(said))


def _in(language: str | None) -> _Words:
    return _WORDS.get((language or "en").lower().partition("-")[0], _WORDS["en"])
