"""Checks of what a local connector makes of visitors: senders, places, events, and answers."""

import asyncio
import json
from collections.abc import Coroutine
from typing import Any, TypeVar

from core.connector import LocalConnector, Visitor, VisitorMessage, VisitorSignal
from core.errors import ContentRejected, UnreadableEvent
from core.messages import (
    AnyInboundEvent,
    DeliveryReported,
    MessageReceived,
    OutboundMessage,
    PlaceKind,
    ReportedState,
    Sent,
    Typing,
    scrub,
)
from core.people import HOST_REALM, Level
from core.testing.builders import outbound_message
from core.testing.checks.attestation import ACCOUNT, EMAIL, good_attestation, good_claims, local
from core.testing.checks.secrecy import secrets_of
from core.testing.trial import Trial
from core.testing.verdict import Declined, require
from core.testing.watchdog import LONGEST_BLOCK

T = TypeVar("T")
ANONYMOUS = Visitor(session="session-1", name="Impostor", language="zh")


async def check_session_alone_is_attested(trial: Trial) -> None:
    """Without a token a visitor is L1: this session, and nobody's account or address."""
    sender = local(trial).sender_of(ANONYMOUS)
    realm = trial.subject.manifest().realm.partition("<")[0]
    require(sender.realm.startswith(realm), f"realm {sender.realm!r} is not of the manifest's kind")
    require("<" not in sender.realm, f"realm {sender.realm!r} lacks the account's own site")
    require(sender.handle == ANONYMOUS.session, "the handle must be the session's public id")
    require(sender.level is Level.ATTESTED, f"a session token gives L1, this is {sender.level!r}")
    require(not sender.attested, "a visitor without a token has further identities")
    require(sender.host_account is None, "a visitor without a token has a host account")
    require(sender.language == "zh", "the client's language is lost")


async def check_token_links_account_and_address(trial: Trial) -> None:
    """With a token a visitor is L2, and the host's account and verified address come along."""
    connector = local(trial)
    visitor = Visitor(session="session-1", attestation=good_attestation(trial, connector))
    sender = connector.sender_of(visitor)
    require(sender.level is Level.LINKED, f"a signed token gives L2, this is {sender.level!r}")
    require(sender.host_account == ACCOUNT, f"host_account is {sender.host_account!r}")
    require(sender.handle == "session-1", "the handle must stay the session's public id")
    known = {one.realm: one for one in sender.attested}
    require(HOST_REALM in known, "the host account is not among the attested identities")
    require(known[HOST_REALM].handle == ACCOUNT, "the attested host account is another")
    addresses = [one for one in sender.attested if one.handle == EMAIL]
    require(len(addresses) == 1, "the verified address is not among the attested identities")
    for one in sender.attested:
        require(one.evidence.level >= Level.LINKED, f"{one.realm} is attested below L2")


async def check_message_is_the_same_event_again(trial: Trial) -> None:
    """Pure: the same client id is one event; other ids and other sessions are others."""
    connector = local(trial)
    message = VisitorMessage(client_id="client-1", text="Hello \u4f60\u597d\x00")
    event = connector.to_event(ANONYMOUS, message)
    require(isinstance(event, MessageReceived), "to_event must give a MessageReceived")
    assert isinstance(event, MessageReceived)
    require(event == connector.to_event(ANONYMOUS, message), "to_event is not pure")
    require(event.text == scrub(event.text), "NUL or a lone surrogate is left in the text")
    require("Hello \u4f60\u597d" in event.text, "the text was changed")
    require(event.place == connector.place_of(ANONYMOUS), "the event is in another place")
    require(event.place.kind is PlaceKind.WIDGET_SESSION, "the place is no widget session")
    require(event.sender == connector.sender_of(ANONYMOUS), "the event has another sender")
    require(event.raw is not None, "raw is None: the source is kept for reprocessing")
    ids = [part.remote_id for part in event.remote_parts]
    require(ids == ["client-1"], f"the one remote id must be the client id, it is {ids}")
    again = connector.to_event(ANONYMOUS, VisitorMessage(client_id="client-1", text="Other"))
    require(again.event_key == event.event_key, "the key must come from the client id alone")
    keys = {event.event_key}
    for session, client in (("session-1", "client-2"), ("session-2", "client-1")):
        other = connector.to_event(
            Visitor(session=session), VisitorMessage(client_id=client, text="Hello")
        )
        require(other.event_key not in keys, f"{session} {client} has another message's key")
        keys.add(other.event_key)


async def check_client_ids_cannot_reach_into_other_sessions(trial: Trial) -> None:
    """No client id, however chosen, makes the key of a message in another session."""
    connector = local(trial)
    theirs = connector.to_event(Visitor(session="a"), VisitorMessage(client_id="b", text="x"))
    for mark in ("/", ":", "-", "_", ".", "|", "", "\x00", " "):
        for session, client in ((f"a{mark}b", ""), ("", f"a{mark}b"), (f"a{mark}", "b")):
            if (session, client) == ("a", "b"):
                continue
            visitor = Visitor(session=session)
            try:
                mine = connector.to_event(visitor, VisitorMessage(client_id=client, text="x"))
            except UnreadableEvent:
                continue
            require(
                mine.event_key != theirs.event_key,
                f"session {session!r} with client id {client!r} takes another session's key",
            )


async def check_empty_message_is_unreadable(trial: Trial) -> None:
    """Nothing said and nothing attached is UnreadableEvent, with a sentence."""
    for text in ("", "  \n", "\x00"):
        try:
            local(trial).to_event(ANONYMOUS, VisitorMessage(client_id="client-1", text=text))
        except UnreadableEvent as error:
            require(bool(str(error).strip()), "UnreadableEvent without a sentence")
        else:
            require(False, f"the message {text!r} became an event")


async def check_signals_name_what_they_are_about(trial: Trial) -> None:
    """Delivered and read name the sent message; typing names the visitor; all are pure."""
    connector = local(trial)
    message = outbound_message(place=connector.place_of(ANONYMOUS))
    signals: tuple[VisitorSignal, ...] = ("delivered", "read")
    keys = set()
    for signal in signals:
        event = _signal(connector, signal, message)
        require(isinstance(event, DeliveryReported), f"{signal} must become a DeliveryReported")
        assert isinstance(event, DeliveryReported)
        require(event.state == ReportedState(signal), f"{signal} became {event.state.value}")
        require(event.send_key == message.key, f"{signal} does not name the message")
        require(event == _signal(connector, signal, message), "to_signal is not pure")
        other = _signal(connector, signal, outbound_message())
        require(other.event_key != event.event_key, f"two messages share a {signal} key")
        keys.add(event.event_key)
    require(len(keys) == len(signals), "delivered and read share an event key")
    typing = connector.to_signal(ANONYMOUS, "typing", send_key=None, text="I am wri")
    require(isinstance(typing, Typing), "typing must become a Typing event")
    assert isinstance(typing, Typing)
    require(typing.sender == connector.sender_of(ANONYMOUS), "somebody else is typing")


async def check_only_listed_origins_may_embed(trial: Trial) -> None:
    """The listed origin may; another, a look-alike and the opaque one may not."""
    connector = local(trial)
    allowed = trial.host.allowed_origin()
    require(connector.allows_origin(allowed), f"the listed origin {allowed} is refused")
    scheme, _, host = allowed.partition("://")
    refused = (
        trial.host.foreign_origin(),
        f"{allowed}.evil.example",
        f"{scheme}://evil-{host}",
        f"ftp://{host}",
        "null",
        "",
        "*",
        "https://",
        f"{allowed}@evil.example",
    )
    for origin in refused:
        require(not connector.allows_origin(origin), f"the origin {origin!r} may embed the widget")


async def check_appearance_gives_nothing_away(trial: Trial) -> None:
    """Texts only, for anybody to read, and none of the account's secrets among them."""
    connector = local(trial)
    shown = connector.appearance()
    require({type(value) for value in shown.values()} <= {str}, "appearance must hold texts only")
    for secret in secrets_of(trial):
        require(secret not in json.dumps(shown), "the widget's appearance holds a secret")


async def check_send_returns_at_once(trial: Trial) -> None:
    """`send` waits for nothing: what was committed is in the visitor's stream."""
    connector = local(trial)
    await trial.ledger.call(connector.open())
    try:
        message = outbound_message(place=connector.place_of(ANONYMOUS))
        sent = _at_once(connector.send(message))
        require(isinstance(sent, Sent), "send must return a Sent")
        require(bool(sent.remote_parts), "Sent.remote_parts is empty: receipts name an id")
        again = _at_once(connector.send(message))
        require(again.remote_parts == sent.remote_parts, "the same key was given another id")
    finally:
        await trial.ledger.call(connector.close())


async def check_limits_are_held_in_send(trial: Trial) -> None:
    """A text over the limit is ContentRejected here as on any other channel."""
    connector = local(trial)
    limit = connector.capabilities.text.length
    if limit is None:
        raise Declined("the channel has no text limit")
    _at_once(connector.send(outbound_message("x" * limit)))
    try:
        _at_once(connector.send(outbound_message("x" * (limit + 1))))
    except ContentRejected:
        return
    require(False, f"a text of {limit + 1} characters was taken; capabilities say {limit}")


async def check_no_call_takes_long(trial: Trial) -> None:
    """They run on the server's own loop, for every visitor: none takes 100 ms."""
    connector = local(trial)
    token = trial.host.sign(good_claims(trial))
    message = VisitorMessage(client_id="client-1", text="x" * 10_000)
    for name, call in (
        ("attest", lambda: connector.attest(token)),
        ("to_event", lambda: connector.to_event(ANONYMOUS, message)),
        ("sender_of", lambda: connector.sender_of(ANONYMOUS)),
        ("allows_origin", lambda: connector.allows_origin(trial.host.allowed_origin())),
    ):
        best = min(_seconds(call) for _ in range(3))
        require(best < LONGEST_BLOCK, f"{name} takes {best * 1000:.0f} ms")


def _seconds(call: Any) -> float:
    start = asyncio.get_running_loop().time()
    call()
    return asyncio.get_running_loop().time() - start


def _signal(
    connector: LocalConnector, signal: VisitorSignal, message: OutboundMessage
) -> AnyInboundEvent:
    return connector.to_signal(ANONYMOUS, signal, send_key=message.key)


def _at_once(call: Coroutine[Any, Any, T]) -> T:
    """The call's result, if it needs nothing to wait for."""
    try:
        call.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    call.close()
    require(False, "send waits for something: the visitor's stream has the message already")
    raise AssertionError("unreachable")


VISITOR_CHECKS = (
    check_session_alone_is_attested,
    check_token_links_account_and_address,
    check_message_is_the_same_event_again,
    check_client_ids_cannot_reach_into_other_sessions,
    check_empty_message_is_unreadable,
    check_signals_name_what_they_are_about,
    check_only_listed_origins_may_embed,
    check_appearance_gives_nothing_away,
    check_send_returns_at_once,
    check_limits_are_held_in_send,
    check_no_call_takes_long,
)
