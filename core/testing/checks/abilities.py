"""Checks of the capability flags: each one set is proven by its scenario, each unset is honest."""

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from core.capabilities import Capabilities, Receipt
from core.connector import Connector
from core.errors import ConnectorError, ContentRejected, OutcomeUnknown, Unsupported
from core.ids import RemoteId
from core.messages import (
    DeliveryReported,
    IdentityAddress,
    InboundAttachment,
    MessageReceived,
    OutboundMessage,
    ReportedState,
    Sent,
)
from core.sandbox import SandboxAttachment
from core.testing.network import READ_MARKS, Arrival, Fault
from core.testing.subject import Subject, overrides
from core.testing.trial import Reception, Trial, marker
from core.testing.verdict import Declined, require

METHOD_OF: Mapping[str, str] = {
    "edit": "edit",
    "delete": "delete",
    "mark_read": "mark_read",
    "typing": "set_typing",
    "find_sent": "find_sent",
    "round_trip": "round_trip",
    "fetch_attachment": "fetch_attachment",
}
"""Capability flag -> the optional method that must be there with it."""


def check_flags_match_methods(subject: Subject) -> None:
    """A method is overridden exactly where its flag is set."""
    for flag, method in METHOD_OF.items():
        is_set = bool(getattr(subject.connector.capabilities, flag))
        written = overrides(subject.connector, method)
        require(
            is_set == written,
            f"capability {flag} is {'set' if is_set else 'not set'}, "
            f"yet {method} is {'written' if written else 'not written'}",
        )


async def check_unset_flags_raise_unsupported(trial: Trial) -> None:
    """What the network cannot do says so, without a request."""
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        remote_id = event.remote_parts[0].remote_id
        message = trial.answer(event, marker("anything"))
        calls: Mapping[str, Callable[[], Awaitable[object]]] = {
            "edit": lambda: connector.edit(message, remote_id),
            "delete": lambda: connector.delete(event.place, remote_id),
            "mark_read": lambda: connector.mark_read(event.place, remote_id),
            "typing": lambda: connector.set_typing(event.place, is_typing=True),
            "find_sent": lambda: connector.find_sent(message),
            "round_trip": connector.round_trip,
            "fetch_attachment": lambda: connector.fetch_attachment(InboundAttachment(name="x")),
        }
        before = trial.network.request_count()
        for flag, call in calls.items():
            if not getattr(connector.capabilities, flag):
                await _require_unsupported(flag, call)
        require(trial.network.request_count() == before, "an unsupported operation sent something")


async def check_edit_is_seen(trial: Trial) -> None:
    """After `edit` the person sees the new text, in one message."""
    _needs(trial, "edit")
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        message, remote_id = await _sent(trial, connector, event, marker("first version"))
        better = marker("second version")
        changed = trial.answer(event, better, key=message.key)
        await trial.ledger.call(connector.edit(changed, remote_id))
        require(len(await trial.arrivals(better)) == 1, "the new text is not what the person sees")
        require(not _seen(trial, message.text), "the old text still stands there")


async def check_delete_is_seen(trial: Trial) -> None:
    """After `delete` the person sees it no more."""
    _needs(trial, "delete")
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        message, remote_id = await _sent(trial, connector, event, marker("too hasty"))
        await trial.ledger.call(connector.delete(event.place, remote_id))
        require(not _seen(trial, message.text), "the deleted message still stands there")


async def check_read_mark_is_seen(trial: Trial) -> None:
    """The person sees that we read."""
    _needs(trial, "mark_read")
    if READ_MARKS in trial.network.cannot:
        raise trial.network.declined(READ_MARKS)
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        await trial.ledger.call(connector.mark_read(event.place, event.remote_parts[0].remote_id))
        require("read" in trial.network.signs(), "the person saw no read mark")


async def check_typing_is_seen(trial: Trial) -> None:
    """The person sees that we type."""
    _needs(trial, "typing")
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        await trial.ledger.call(connector.set_typing(event.place, is_typing=True))
        require("typing" in trial.network.signs(), "the person saw no typing sign")


async def check_lost_outcome_can_be_found(trial: Trial) -> None:
    """`find_sent` tells a message that went out from one that certainly did not."""
    _needs(trial, "find_sent")
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        for fault, went_out in ((Fault.UNKNOWN_TAKEN, True), (Fault.UNKNOWN_LOST, False)):
            if fault.value in trial.network.cannot:
                continue
            message = trial.answer(event, marker(f"outcome {fault.value}"))
            trial.network.fail_next(fault)
            try:
                await trial.ledger.call(connector.send(message))
            except OutcomeUnknown:
                found = await _found(trial, connector, message)
                require(
                    isinstance(found, Sent) == went_out,
                    f"{fault.value}: find_sent returned {found!r}",
                )
            else:
                require(False, f"{fault.value} did not become OutcomeUnknown")


async def check_same_key_twice_arrives_once(trial: Trial) -> None:
    """Where sends are said to be deduplicated, the same key sent again arrives once."""
    _needs(trial, "send_is_deduplicated")
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        message = trial.answer(event, marker("sent twice"))
        await trial.ledger.call(connector.send(message))
        await trial.ledger.call(connector.send(message))
        count = len(await trial.arrivals(message.text))
        require(count == 1, f"one key, sent twice, arrived {count} times")


async def check_incoming_file_can_be_had(trial: Trial) -> None:
    """A person's file comes with its bytes, or with what `fetch_attachment` needs to get them."""
    if "say_files" in trial.network.cannot:
        raise trial.network.declined("say_files")
    content = b"%PDF-1.4 " + bytes(range(256))
    file = SandboxAttachment(name="note.pdf", content=content, media_type="application/pdf")
    async with trial.opened() as connector, trial.receiving(connector) as reception:
        text = marker("see the file")
        await trial.network.say(text, files=(file,))
        event = await reception.message(text)
        require(len(event.attachments) == 1, f"{len(event.attachments)} files came, not one")
        attachment = event.attachments[0]
        ways = (attachment.content, attachment.remote, attachment.refused, attachment.blob_key)
        require(
            sum(way is not None for way in ways) == 1,
            "exactly one of content, blob_key, remote and refused must be set on a file",
        )
        require(attachment.name == file.name, f"the file is now called {attachment.name!r}")
        got = attachment.content
        if connector.capabilities.fetch_attachment:
            require(attachment.remote is not None, "fetch_attachment is set, and remote is not")
            got = await trial.ledger.call(connector.fetch_attachment(attachment))
        require(got == content, "the file's bytes changed on the way")


async def check_subject_passes_both_ways(trial: Trial) -> None:
    """The subject of what they write is read; the subject of ours is seen."""
    _needs(trial, "subject")
    async with trial.opened() as connector:
        async with trial.receiving(connector) as reception:
            text, subject = marker("body"), f"Ünïcode {marker('subject')}"
            await trial.network.say(text, subject=subject)
            event = await reception.message(text)
        require(event.subject == subject, f"the subject came in as {event.subject!r}")
        ours = f"\u4f60\u597d {marker('our subject')}"
        arrival = await _arrived(trial, connector, trial.answer(event, marker("a"), subject=ours))
        require(arrival.subject == ours, f"our subject arrived as {arrival.subject!r}")


async def check_answer_names_what_it_answers(trial: Trial) -> None:
    """`in_reply_to` reaches the network, so the person sees what we answer."""
    _needs(trial, "threads")
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        require(bool(event.thread_keys), "threads is set, and the message has no thread_keys")
        arrival = await _arrived(trial, connector, trial.answer(event, marker("as you said")))
        require(
            bool(set(arrival.answers) & set(event.thread_keys)),
            f"the answer names {arrival.answers}, the message had {event.thread_keys}",
        )


async def check_copies_reach_the_participants(trial: Trial) -> None:
    """A participant gets their copy by a delivery of its own, and no other delivery is theirs."""
    _needs(trial, "copies")
    bystander = trial.network.bystander()
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        message = trial.answer(event, marker("copied"), copies=(bystander,))
        arrival = await _arrived(trial, connector, message)
        require(bystander.handle not in arrival.copies, "the recipient's delivery went to the copy")
        copy = msgspec.structs.replace(
            message, key=f"{message.key}-copy", copy_of=message.key, copy_to=bystander
        )
        await trial.ledger.call(connector.send(copy))
        copied = [one for one in trial.network.sent() if bystander.handle in one.copies]
        require(bool(copied), "the participant got no copy")
        require(len(copied) == 1, f"the participant got their copy {len(copied)} times")


async def check_typed_address_becomes_a_recipient(trial: Trial) -> None:
    """What an agent types as somebody's address is that somebody, or a refusal with a sentence."""
    _needs(trial, "copies")
    bystander = trial.network.bystander()
    place, address = trial.subject.connector.to_recipient(f" {bystander.handle} ")
    require(address.handle == bystander.handle, f"{bystander.handle!r} became {address.handle!r}")
    require(bool(place.remote), "the place of a typed address has no name")
    for typed in ("", "  ", "\r\n", "\x00"):
        try:
            found = trial.subject.connector.to_recipient(typed)
        except ContentRejected as error:
            require(bool(str(error)), "the refusal has no sentence")
        else:
            require(False, f"{typed!r} became {found!r}")


async def check_private_place_is_private(trial: Trial) -> None:
    """Where a person is written to alone, nobody else reads along, and the person gets it."""
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        sender = event.sender
        identity = IdentityAddress(
            realm=sender.realm, handle=sender.handle, shown_as=sender.shown_as
        )
        place = type(connector).private_place(identity)
        if place is None:
            raise Declined("nobody is reached by their identity alone")
        require(bool(place.remote), "the private place has no name")
        require(not place.is_public, f"others read along in a {place.kind.value!r}")
        require(place == type(connector).private_place(identity), "asked twice, it is another")
        message = trial.answer(event, marker("between us"), place=place, in_reply_to=(), context={})
        await _arrived(trial, connector, message)


async def check_conversation_can_be_opened(trial: Trial) -> None:
    """Where we may write first, a stranger gets it."""
    _needs(trial, "can_open_conversation")
    place, recipient = trial.network.stranger()
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        message = trial.answer(
            event,
            marker("out of the blue"),
            place=place,
            recipient=recipient,
            in_reply_to=(),
            context={},
            subject="Hello",
        )
        await _arrived(trial, connector, message)


async def check_receipts_name_their_message(trial: Trial) -> None:
    """What the network reports later can be matched with what was sent."""
    states = {Receipt.DELIVERED: ReportedState.DELIVERED, Receipt.READ: ReportedState.READ}
    wanted = [states[r] for r in trial.subject.connector.capabilities.receipts if r in states]
    if not wanted:
        raise Declined("the network reports nothing after it has taken a message")
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        message = trial.answer(event, marker("read me"))
        sent = await trial.ledger.call(connector.send(message))
        ids = {part.remote_id for part in sent.remote_parts}
        async with trial.receiving(connector) as reception:
            for state in wanted:
                await trial.network.report(state)
                said = await _report(reception, state)
                _require_names(said, message, ids)


async def check_delay_is_no_final_word(trial: Trial) -> None:
    """A delay and then a failure are told of the same message, each with a sentence for agents."""
    async with trial.opened() as connector:
        event = await trial.correspondence(connector)
        message = trial.answer(event, marker("on its way"))
        sent = await trial.ledger.call(connector.send(message))
        ids = {part.remote_id for part in sent.remote_parts}
        async with trial.receiving(connector) as reception:
            for state in (ReportedState.DELAYED, ReportedState.FAILED):
                await trial.network.report(state)
                said = await _report(reception, state)
                _require_names(said, message, ids)
                require(bool(said.reason.strip()), f"{state.value!r} is told without a reason")
                is_final = state is ReportedState.FAILED
                require(is_final or not said.recipient_is_gone, "a delay makes the recipient gone")


def _require_names(said: DeliveryReported, message: OutboundMessage, ids: set[RemoteId]) -> None:
    require(
        said.send_key == message.key or said.remote_id in ids,
        f"the report of {said.state.value!r} names neither the key nor an id of the message",
    )
    require(
        said.remote_id is not None or not said.is_for_any_account,
        "a report for any account names no id that could mean the same there",
    )
    require(
        said.remote_place is not None or said.sent_to is None,
        "sent_to says that it was passed on, and nothing says where to",
    )


def _needs(trial: Trial, flag: str) -> None:
    capabilities: Capabilities = trial.subject.connector.capabilities
    if not getattr(capabilities, flag):
        raise Declined(f"capability {flag} is not set")


async def _require_unsupported(flag: str, call: Callable[[], Awaitable[object]]) -> None:
    try:
        await call()
    except Unsupported:
        return
    except ConnectorError as error:
        require(False, f"capability {flag} is not set, and its method raises {error!r}")
    require(False, f"capability {flag} is not set, and its method does not raise Unsupported")


async def _report(reception: Reception, state: ReportedState) -> DeliveryReported:
    return await reception.event(DeliveryReported, lambda one: one.state is state)


async def _found(
    trial: Trial, connector: Connector, message: OutboundMessage
) -> Sent | OutcomeUnknown | None:
    try:
        return await trial.ledger.call(connector.find_sent(message))
    except OutcomeUnknown as error:
        return error


async def _sent(
    trial: Trial, connector: Connector, event: MessageReceived, text: str
) -> tuple[OutboundMessage, RemoteId]:
    message = trial.answer(event, text)
    sent = await trial.ledger.call(connector.send(message))
    require(bool(sent.remote_parts), "Sent.remote_parts is empty: there is no id to name it by")
    await trial.arrivals(text)
    return message, sent.remote_parts[0].remote_id


async def _arrived(trial: Trial, connector: Connector, message: OutboundMessage) -> Arrival:
    await trial.ledger.call(connector.send(message))
    found = await trial.arrivals(message.text)
    require(len(found) == 1, f"sent once, it arrived {len(found)} times")
    return found[0]


def _seen(trial: Trial, text: str) -> bool:
    return any(text in one.text for one in trial.network.sent())


ABILITY_CHECKS = (
    check_unset_flags_raise_unsupported,
    check_edit_is_seen,
    check_delete_is_seen,
    check_read_mark_is_seen,
    check_typing_is_seen,
    check_lost_outcome_can_be_found,
    check_same_key_twice_arrives_once,
    check_incoming_file_can_be_had,
    check_subject_passes_both_ways,
    check_answer_names_what_it_answers,
    check_copies_reach_the_participants,
    check_typed_address_becomes_a_recipient,
    check_private_place_is_private,
    check_conversation_can_be_opened,
    check_receipts_name_their_message,
    check_delay_is_no_final_word,
)
