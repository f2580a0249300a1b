"""Checks of what comes in: nothing is lost, doubled, mistaken for ours, or a stop for the rest."""

from collections.abc import Callable, Iterator
from datetime import datetime

import msgspec

from core.connector import Intake
from core.messages import (
    InboundEvent,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    ReactionChanged,
    Unreadable,
    scrub,
)
from core.people import Level
from core.testing.sink import RecordingSink
from core.testing.trial import Trial, marker
from core.testing.verdict import Declined, require

AWKWARD = "Ünïcode, \u4f60\u597d, \u0645\u0631\u062d\u0628\u0627, \U0001f469\u200d\U0001f52c & <b>"


async def check_message_comes_in_whole(trial: Trial) -> None:
    """Text, sender, place and ids of a message are there, and the whole of it can be stored."""
    async with trial.opened() as connector, trial.receiving(connector) as reception:
        text = f"{AWKWARD} {marker('hello')}"
        await trial.network.say(text, subject="Conformance")
        event = await reception.message(text)
    require(bool(event.event_key), "event_key is empty: nothing could tell two messages apart")
    require(event.raw is not None, "raw is None: the source is kept for reprocessing")
    require(bool(event.place.remote), "place.remote is empty: there is nowhere to answer")
    require(bool(event.sender.handle), "sender.handle is empty: nobody said it")
    require(bool(event.remote_parts), "remote_parts is empty: edits and replies need the ids")
    realm = trial.subject.manifest().realm
    require(
        "<" in realm or event.sender.realm == realm,
        f"sender.realm is {event.sender.realm!r}, the manifest says {realm!r}",
    )
    require(
        event.sender.level is Level.CLAIMED or bool(event.sender.evidence),
        "a level above claimed needs its evidence",
    )
    require_storable(event)


async def check_same_update_twice_is_one_event_key(trial: Trial) -> None:
    """The network may show an update again; both have one key, and two messages have two."""
    async with trial.opened() as connector, trial.receiving(connector) as reception:
        text, after = marker("said once"), marker("said afterwards")
        await trial.network.say(text)
        await reception.message(text)
        await trial.network.repeat_last()
        await trial.network.say(after)
        await reception.message(after)
        keys = {one.event_key for one in reception.messages(text)}
        require(len(keys) == 1, f"one update, shown twice, has {len(keys)} event keys: {keys}")
        other = {one.event_key for one in reception.messages(after)}
        require(not keys & other, "two different messages have the same event key")


async def check_crash_before_commit_means_redelivery(trial: Trial) -> None:
    """If the process ends inside `accept`, a new one is given the same message once more."""
    await _redelivers(trial, RecordingSink.crash_before_commit)


async def check_cancel_before_commit_means_redelivery(trial: Trial) -> None:
    """The same if `accept` hangs and the connector is stopped while it waits."""
    if _only_webhook(trial) or trial.network.is_called:
        raise Declined("a webhook that hangs is the network's to give up on")
    await _redelivers(trial, RecordingSink.hang)


async def check_lost_lease_stops_the_reader(trial: Trial) -> None:
    """On LeaseLost `receive` ends, and the new owner is given the message."""
    if Intake.STREAM not in trial.subject.manifest().intake:
        raise Declined("without a stream there is no lease to lose")
    if trial.network.is_called:
        raise Declined("a call needs no lease: what comes twice is known by its key")
    await _redelivers(trial, RecordingSink.lose_lease, must_end=True)


async def check_junk_is_quarantined_and_the_stream_goes_on(trial: Trial) -> None:
    """What nobody can read becomes Unreadable with its raw bytes, and what follows still comes."""
    async with trial.opened() as connector, trial.receiving(connector) as reception:
        await trial.network.emit_junk()
        text = marker("after the junk")
        await trial.network.say(text)
        await reception.message(text)
        junk = await reception.event(Unreadable)
        require(bool(junk.raw), "Unreadable without raw: nobody could look at it or replay it")
        require(bool(junk.reason.strip()), "Unreadable without a reason")
        require(bool(junk.event_key), "Unreadable without event_key: it could not be told apart")
        require_storable(junk)


async def check_own_echo_is_recognised(trial: Trial) -> None:
    """Our own message, shown to us, is not the person's. The same words from the person are."""
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        answer = marker("our own words")
        await trial.ledger.call(connector.send(trial.answer(event, answer)))
        await trial.arrivals(answer)
        async with trial.receiving(connector) as reception:
            await trial.network.echo()
            after = marker("after the echo")
            await trial.network.say(after)
            await reception.message(after)
            taken_for_theirs = [m for m in reception.messages(answer) if not m.is_from_desk]
            require(not taken_for_theirs, "our own message came in as if the person had said it")
            await trial.network.say(answer)
            await reception.event(
                MessageReceived,
                lambda m: answer in m.text and not m.is_from_desk,
                what="the person's message with the same words as ours (tell them by id)",
            )


async def check_edit_names_its_message(trial: Trial) -> None:
    """An edit has a key of its own, the new text, and the id under which the message came."""
    async with trial.opened() as connector, trial.receiving(connector) as reception:
        text, better = marker("before the edit"), marker("edited")
        await trial.network.say(text)
        message = await reception.message(text)
        await trial.network.edit_last(better)
        edit = await reception.event(MessageEdited, lambda e: better in e.text)
        _require_belongs(edit, message)


async def check_delete_names_its_message(trial: Trial) -> None:
    """A deletion has a key of its own and the id under which the message came."""
    async with trial.opened() as connector, trial.receiving(connector) as reception:
        text = marker("to be deleted")
        await trial.network.say(text)
        message = await reception.message(text)
        await trial.network.delete_last()
        _require_belongs(await reception.event(MessageDeleted), message)


async def check_edit_before_create_can_be_parked(trial: Trial) -> None:
    """An edit that overtakes its message is handed over, with all that is needed to match them."""
    async with trial.opened() as connector, trial.receiving(connector) as reception:
        text, better = marker("overtaken"), marker("overtaking edit")
        await trial.network.edit_before_create(text, better)
        edit = await reception.event(MessageEdited, lambda e: better in e.text)
        message = await reception.message(text)
        _require_belongs(edit, message)


async def check_reordered_messages_both_come(trial: Trial) -> None:
    """Two messages in the wrong order both come, each with its own key and ids."""
    async with trial.opened() as connector, trial.receiving(connector) as reception:
        first, second = marker("first"), marker("second")
        await trial.network.reorder(first, second)
        one, two = await reception.message(first), await reception.message(second)
        require(one.event_key != two.event_key, "two messages share an event key")
        require(
            {p.remote_id for p in one.remote_parts}.isdisjoint(
                p.remote_id for p in two.remote_parts
            ),
            "two messages share a remote id",
        )
        require(
            one.sent_at is None or two.sent_at is None or one.sent_at <= two.sent_at,
            "sent_at contradicts the order in which they were said",
        )


async def check_reaction_names_its_message(trial: Trial) -> None:
    """A reaction says on which message, whose, and which all are there now."""
    async with trial.opened() as connector, trial.receiving(connector) as reception:
        text = marker("to be liked")
        await trial.network.say(text)
        message = await reception.message(text)
        await trial.network.react_last("\U0001f44d")
        reaction = await reception.event(ReactionChanged)
        _require_belongs(reaction, message)
        require("\U0001f44d" in reaction.reactions, "the reaction itself is missing")
        require(reaction.sender.handle == message.sender.handle, "the reaction is somebody else's")


async def _redelivers(
    trial: Trial, break_sink: Callable[[RecordingSink], None], *, must_end: bool = False
) -> None:
    text = marker("said while it crashed")
    broken = RecordingSink()
    async with trial.opened() as connector:
        async with trial.receiving(connector, broken) as reception:
            settled = marker("said before")
            await trial.network.say(settled)
            await reception.message(settled)
            break_sink(broken)
            await trial.network.say(text)
            await reception.refusal()
            if must_end:
                await reception.ended()
        keys = {event.event_key for event in broken.refused}
    if _only_webhook(trial):
        _require_no_success(trial)
    async with trial.opened() as second, trial.receiving(second, cursors=broken.cursors) as again:
        if _only_webhook(trial):
            await trial.network.repeat_last()
        message = await again.message(text)
    require(
        message.event_key in keys,
        "after a crash the same message came with another event_key: it would be shown twice",
    )


def _only_webhook(trial: Trial) -> bool:
    return trial.subject.manifest().intake == (Intake.WEBHOOK,)


def _require_no_success(trial: Trial) -> None:
    status = trial.hooks.statuses[-1]
    require(
        not 200 <= status < 300,
        f"the webhook was answered with {status} though nothing was committed",
    )


def _require_belongs(
    event: MessageEdited | MessageDeleted | ReactionChanged, message: MessageReceived
) -> None:
    kind = type(event).__name__
    require(event.event_key != message.event_key, f"{kind} has the event key of its message")
    require(event.place.remote == message.place.remote, f"{kind} names another place")
    require(
        event.remote_id in {part.remote_id for part in message.remote_parts},
        f"{kind} names {event.remote_id!r}, which is no id of its message",
    )


def require_storable(event: InboundEvent) -> None:
    for text in _texts_of(msgspec.structs.asdict(event)):
        require(
            scrub(text) == text, "a text holds NUL or a lone surrogate: use core.messages.scrub"
        )
    for name, value in msgspec.structs.asdict(event).items():
        if isinstance(value, datetime):
            require(value.tzinfo is not None, f"{name} has no time zone; all times are aware UTC")


def _texts_of(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _texts_of(key)
            yield from _texts_of(one)
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _texts_of(one)
    elif isinstance(value, msgspec.Struct):
        yield from _texts_of(msgspec.structs.asdict(value))


INTAKE_CHECKS = (
    check_message_comes_in_whole,
    check_same_update_twice_is_one_event_key,
    check_crash_before_commit_means_redelivery,
    check_cancel_before_commit_means_redelivery,
    check_lost_lease_stops_the_reader,
    check_junk_is_quarantined_and_the_stream_goes_on,
    check_own_echo_is_recognised,
    check_edit_names_its_message,
    check_delete_names_its_message,
    check_edit_before_create_can_be_parked,
    check_reordered_messages_both_come,
    check_reaction_names_its_message,
)
