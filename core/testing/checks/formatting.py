"""Checks of formatting: what `capabilities.marks` promises is what the person sees."""

from core.capabilities import TextUnit
from core.connector import Connector
from core.errors import ContentRejected
from core.rich_text import Mark, Span, normalised
from core.rich_text_cuts import RichText
from core.splitting import length_of
from core.testing.trial import Trial, marker
from core.testing.verdict import Declined, require

URL = "https://example.org/read?a=1&b=2"
HOSTILE = "*not* _bold_ `code` [a](b) <b> &amp; ~~no~~ ||no|| \\ 1. # > @everyone"
"""It must look as it is written on every network."""


async def check_formatting_arrives(trial: Trial) -> None:
    """Each mark of `capabilities.marks` is seen on its characters, and all characters are there."""
    wanted = [mark for mark in _marks(trial) if mark is not Mark.MENTION]
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        for mark in wanted:
            sent = _marked(mark)
            await trial.ledger.call(
                connector.send(trial.answer(event, sent.text, spans=sent.spans))
            )
            arrived = await trial.arrivals(sent.text)
            require(len(arrived) == 1, f"a text with {mark.value} changed its characters")
            seen = _covered(arrived[0].text, normalised(arrived[0].text, arrived[0].spans), mark)
            required = _covered(sent.text, sent.spans, mark)
            require(seen == required, f"{mark.value} of {required} was seen on {seen}")


async def check_formatting_nests(trial: Trial) -> None:
    """A text with marks inside each other arrives with all of them."""
    marks = [one for one in (Mark.BOLD, Mark.ITALIC, Mark.LINK) if one in _marks(trial)]
    if len(marks) < 2:
        raise Declined("there are no two of bold, italic and link")
    text = marker("outer inner words")
    ends = (len(text), 11, 5)
    spans = normalised(text, [_span(mark, 0, end) for mark, end in zip(marks, ends, strict=False)])
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        await trial.ledger.call(connector.send(trial.answer(event, text, spans=spans)))
        arrived = await trial.arrivals(text)
        require(len(arrived) == 1, "the text of nested marks changed")
        for mark in marks:
            seen = _covered(arrived[0].text, normalised(arrived[0].text, arrived[0].spans), mark)
            required = _covered(text, spans, mark)
            require(seen == required, f"nested, {mark.value} of {required} was seen on {seen}")


async def check_plain_text_is_not_formatted(trial: Trial) -> None:
    """Characters that mean something to the network are only characters, and are all seen."""
    text = f"{marker('plain')}: {HOSTILE}"
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        await trial.ledger.call(connector.send(trial.answer(event, text)))
        arrived = await trial.arrivals(text)
        require(len(arrived) == 1, "signs in a plain text were taken for formatting, or vanished")
        spans = normalised(arrived[0].text, arrived[0].spans)
        require(not spans, f"signs in a plain text became {[one.mark.value for one in spans]}")


async def check_formatted_text_is_counted_as_it_is_sent(trial: Trial) -> None:
    """What `to_wire` says is at the limit goes out whole; one more is refused here."""
    limit = trial.subject.connector.capabilities.text
    if limit.length is None:
        raise Declined("the network has no text limit")
    if Mark.BOLD not in _marks(trial):
        raise Declined("nothing can be bold there")
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        fits = _bold_of(connector, limit.length, limit.unit)
        message = trial.answer(event, fits.text, spans=fits.spans)
        await trial.ledger.call(connector.send(message))
        require(
            len(await trial.arrivals(fits.text)) == 1,
            f"a bold text of {limit.length} {limit.unit.value} did not arrive whole",
        )
        longer = _bold(f"{fits.text}x")
        before = trial.network.request_count()
        error: Exception | None = None
        try:
            await trial.ledger.call(
                connector.send(trial.answer(event, longer.text, spans=longer.spans))
            )
        except ContentRejected as refused:
            error = refused
        require(error is not None, "longer than to_wire may make it, it went out all the same")
        tries = trial.network.request_count() - before
        require(tries == 0, "too long a formatted text was left to the network to refuse")


def _marks(trial: Trial) -> tuple[Mark, ...]:
    marks = trial.subject.connector.capabilities.marks
    if not marks:
        raise Declined("the network shows no formatting")
    return marks


def _marked(mark: Mark) -> RichText:
    """A text of which this mark covers the middle, and for a block the middle line."""
    between = "\n" if mark in (Mark.QUOTE, Mark.LIST, Mark.PRE) else " "
    middle = "• one\n• two" if mark is Mark.LIST else f"{mark.value} words"
    text = between.join((marker("before"), middle, "after"))
    start = text.index(middle)
    return RichText(text, normalised(text, [_span(mark, start, start + len(middle))]))


def _span(mark: Mark, start: int, end: int) -> Span:
    return Span(mark=mark, start=start, end=end, url=URL if mark is Mark.LINK else "")


def _covered(text: str, spans: tuple[Span, ...], mark: Mark) -> list[tuple[str, str]]:
    return [(text[one.start : one.end], one.url) for one in spans if one.mark is mark]


def _bold(text: str) -> RichText:
    return RichText(text, (Span(mark=Mark.BOLD, start=0, end=len(text)),))


def _bold_of(connector: Connector, length: int, unit: TextUnit) -> RichText:
    text = marker("bold")
    taken = length_of(connector.to_wire(*_bold(text)), unit)
    return _bold(text + "x" * (length - taken))


FORMATTING_CHECKS = (
    check_formatting_arrives,
    check_formatting_nests,
    check_plain_text_is_not_formatted,
    check_formatted_text_is_counted_as_it_is_sent,
)
