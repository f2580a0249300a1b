"""Answers that somebody wrote between the lines of history which no program marked as quoted.

Outlook leaves the old mail as it is; people answer inside it in another colour, and say so above.
"""

import re

from connectors.email.reply_text.heads import find_head
from connectors.email.reply_text.lines import Line

LARGEST_SHARE = 0.6
"""Of the lines of history; where more are coloured, that is how the old mail was written."""
_MOST_CHARACTERS = 2_000

_SAYS_SO = re.compile(
    r"\b(?:below|in-?line|in (?:red|blue|green|purple|orange|colou?r)|unten|untenstehend"
    r"|(?:in )?(?:rot|blau|grün)|ci-dessous|ci-après|dans le texte|en (?:rouge|bleu|vert)"
    r"|abajo|debajo|en (?:rojo|azul|verde)|abaixo|em (?:vermelho|azul|verde)|(?:qui )?sotto"
    r"|in (?:rosso|blu|verde)|hieronder|in het (?:rood|blauw|groen)|poniżej"
    r"|na (?:czerwono|niebiesko)"
    r"|ниже|красным|синим|зел[её]ным|aşağıda|kırmızı|mavi|bên dưới|phía dưới|màu (?:đỏ|xanh))\b"
    r"|下面|以下|如下|下方|红色|紅色|红字|紅字|蓝色|藍色|赤字|青字|文中|아래|빨간|파란",
    re.IGNORECASE,
)


def speaks_of_answers(own: list[Line]) -> bool:
    """Whether the words above the history point to answers inside it."""
    said = "\n".join(line.text for line in own)[:_MOST_CHARACTERS]
    return _SAYS_SO.search(said) is not None


def lines_with_answers(history: list[Line]) -> list[Line]:
    """The history below its head, up to the last answer in colour; empty if there is none."""
    history = _below_head([line for line in history if line.mark is None])
    last = max((at for at, line in enumerate(history) if line.is_coloured), default=-1)
    said = [line for line in history if line.text]
    coloured = sum(line.is_coloured for line in said)
    if last < 0 or coloured > len(said) * LARGEST_SHARE:
        return []
    return [Line(shown="", text=""), *history[: last + 1]]


def _below_head(history: list[Line]) -> list[Line]:
    first = next((at for at, line in enumerate(history) if line.text), None)
    head = find_head(history, first) if first is not None else None
    return history[first + head.length :] if first is not None and head is not None else history
