"""Checks of `send`: one attempt, told truthfully."""

import asyncio
from datetime import timedelta

from core.capabilities import TextUnit
from core.connector import Connector
from core.errors import ContentRejected, RateLimited, TransientError, Unsupported
from core.messages import MessageReceived, OutboundMessage, Sent
from core.splitting import length_of
from core.testing.network import ERROR_OF, Fault
from core.testing.patience import rest
from core.testing.trial import Trial, marker
from core.testing.verdict import ConformanceFailure, Declined, require

LONGEST_SHOWN = 60
SIDE_BY_SIDE = 4


async def check_sent_message_arrives_once(trial: Trial) -> None:
    """It is there, whole, once, after one request; and what `Sent` says can be used later."""
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        text = f"Ünïcode, \u4f60\u597d, \U0001f469\u200d\U0001f52c & <b> {marker('answer')}"
        sent = await _send_once(trial, connector, trial.answer(event, text))
        require(isinstance(sent, Sent), "send must return a Sent")
        found = await trial.arrivals(text)
        require(len(found) == 1, f"sent once, it arrived {len(found)} times")
        needs_ids = connector.capabilities.edit or connector.capabilities.delete
        require(
            bool(sent.remote_parts) or not needs_ids,
            "Sent.remote_parts is empty, yet edit or delete would need the id",
        )


async def check_sends_run_side_by_side(trial: Trial) -> None:
    """As many as `rates.in_flight` says go out at once, and each arrives as itself."""
    async with trial.opened() as connector:
        count = min(connector.capabilities.rates.in_flight, SIDE_BY_SIDE)
        event = await trial.correspondence(connector)
        texts = [marker("side by side") for _ in range(count)]
        async with trial.receiving(connector), asyncio.TaskGroup() as group:
            for text in texts:
                group.create_task(trial.ledger.call(connector.send(trial.answer(event, text))))
        for text in texts:
            arrived = [one for one in await trial.arrivals(text) if one.text.strip().endswith(text)]
            require(len(arrived) == 1, f"{text!r} arrived {len(arrived)} times instead of once")


async def check_over_limit_text_is_refused_here(trial: Trial) -> None:
    """A text at the limit arrives whole; a longer one is ContentRejected without a request."""
    limit = trial.subject.connector.capabilities.text
    if limit.length is None:
        raise Declined("the network has no text limit")
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        fits = _text_of(limit.length, limit.unit)
        await _send_once(trial, connector, trial.answer(event, fits))
        require(
            len(await trial.arrivals(fits)) == 1,
            f"a text of exactly {limit.length} {limit.unit.value} did not arrive whole",
        )
        await _refused_here(trial, connector, trial.answer(event, fits + "x"), "too long a text")


async def check_files_arrive(trial: Trial) -> None:
    """A file arrives with its name and its bytes."""
    files = trial.subject.connector.capabilities.files
    if files.max_count < 1:
        raise Declined("the network takes no files")
    content = bytes(range(256)) * 20
    media_type = "image/png" if not _takes(files.media_types, "text/plain") else "text/plain"
    blob = trial.blobs.put(content, name="Prüfung 1.txt", media_type=media_type)
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        text = marker("with a file")
        await _send_once(trial, connector, trial.answer(event, text, attachments=(blob,)))
        (arrived,) = await trial.arrivals(text)
        require(len(arrived.files) == 1, f"{len(arrived.files)} files arrived instead of one")
        require(arrived.files[0].content == content, "the file's bytes changed on the way")
        require(arrived.files[0].name == blob.name, f"the file is now {arrived.files[0].name!r}")


async def check_refused_files_never_leave(trial: Trial) -> None:
    """Too many or too large files are ContentRejected, by what is known of them, unread."""
    files = trial.subject.connector.capabilities.files
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        small = trial.blobs.put(b"small")
        many = trial.answer(event, marker("files"), attachments=(small,) * (files.max_count + 1))
        await _refused_here(trial, connector, many, "too many files")
        if files.max_count:
            large = trial.blobs.promise(files.max_size + 1)
            message = trial.answer(event, marker("file"), attachments=(large,))
            await _refused_here(trial, connector, message, "too large a file")


async def check_fault(trial: Trial, fault: Fault) -> None:
    """What the network did is told as its row of the error table, after one request at most."""
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        message = trial.answer(event, marker(f"met by {fault.value}"))
        before, slept = trial.network.request_count(), trial.clock.slept
        trial.fail_next(fault)
        error = await _error_of(trial, connector, message)
        tries = trial.network.request_count() - before
        require(tries <= 1, f"send made {tries} requests: the router retries, a connector doesn't")
        require(trial.clock.slept == slept, "send slept: the router waits, a connector doesn't")
        wanted = ERROR_OF[fault]
        require(
            isinstance(error, wanted) and not isinstance(error, Unsupported),
            f"{fault.value} must become {wanted.__name__}, and became {error!r}",
        )
        require(bool(str(error).strip()), f"{type(error).__name__} has no sentence for the agent")
        if isinstance(error, RateLimited):
            require(error.retry_after > timedelta(0), "RateLimited.retry_after must be positive")
        taken = int(fault is Fault.UNKNOWN_TAKEN)
        arrived = len(await trial.arrivals(message.text, at_least=taken))
        require(arrived == taken, f"{fault.value}: the message arrived {arrived} times")
        after = trial.answer(event, marker("after the fault"))
        await trial.ledger.call(connector.send(after))
        require(len(await trial.arrivals(after.text)) == 1, f"after {fault.value} nothing goes out")


async def check_unreachable_network_is_transient(trial: Trial) -> None:
    """Nobody listens: nothing was sent, and the router may try again."""
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        await trial.network.stop()
        await rest(0.05)  # kept connections have heard of it by then
        error = await _error_of(trial, connector, trial.answer(event, marker("into the void")))
        require(
            isinstance(error, TransientError),
            f"with the network down, send must raise TransientError; it was {error!r}",
        )


async def _send_once(trial: Trial, connector: Connector, message: OutboundMessage) -> Sent:
    before, slept = trial.network.request_count(), trial.clock.slept
    sent = await trial.ledger.call(connector.send(message))
    tries = trial.network.request_count() - before
    require(tries == 1, f"one send made {tries} requests that deliver")
    require(trial.clock.slept == slept, "send slept: the router waits, a connector doesn't")
    return sent


async def _refused_here(
    trial: Trial, connector: Connector, message: OutboundMessage, what: str
) -> None:
    before = trial.network.request_count()
    error = await _error_of(trial, connector, message)
    require(
        isinstance(error, ContentRejected),
        f"{what} must be ContentRejected; it was {str(error)[:LONGEST_SHOWN]!r}",
    )
    tries = trial.network.request_count() - before
    require(tries == 0, f"{what} was left to the network to refuse: refuse it before a request")


async def _error_of(
    trial: Trial, connector: Connector, message: OutboundMessage
) -> Exception | None:
    try:
        await trial.ledger.call(connector.send(message))
    except ConformanceFailure:
        raise
    except Exception as error:
        return error
    return None


def _text_of(length: int, unit: TextUnit) -> str:
    """A text of exactly that length, of characters that count for more than one where any do."""
    wide = {TextUnit.CHARACTERS: "é", TextUnit.UTF16: "\U0001f600", TextUnit.BYTES: "\u4f60"}[unit]
    word = wide * 7 + " "
    words = (word * ((length - 1) // length_of(word, unit))).rstrip()
    return words + "x" * (length - length_of(words, unit))


def _takes(patterns: tuple[str, ...], media_type: str) -> bool:
    kind = media_type.partition("/")[0]
    return any(pattern in ("*/*", f"{kind}/*", media_type) for pattern in patterns)


async def check_message_to_itself_comes_back_and_is_no_event(trial: Trial) -> None:
    """`round_trip` sees its own message come, and `receive` shows it to nobody."""
    if not trial.subject.connector.capabilities.round_trip:
        raise Declined("capability round_trip is not set")
    async with trial.opened() as connector, trial.receiving(connector) as reception:
        text = marker("before")
        await trial.network.say(text)
        await reception.message(text)
        steps = await trial.ledger.call(connector.round_trip())
        failed = [step.detail for step in steps if not step.ok]
        require(len(steps) > 0 and not failed, f"it did not come back: {failed}")
        text = marker("after")
        await trial.network.say(text)
        await reception.message(text)
        messages = [one for one in reception.sink.events if isinstance(one, MessageReceived)]
        require(len(messages) == 2, f"{len(messages)} messages came of two that people wrote")


SENDING_CHECKS = (
    check_sent_message_arrives_once,
    check_message_to_itself_comes_back_and_is_no_event,
    check_sends_run_side_by_side,
    check_over_limit_text_is_refused_here,
    check_files_arrive,
    check_refused_files_never_leave,
    check_unreachable_network_is_transient,
)
