"""What a visitor says becomes an event that claims no more than was proven."""

from datetime import UTC, datetime

import msgspec
import pytest

from connectors.webchat import convert
from core.connector import Attestation, Visitor, VisitorMessage
from core.errors import UnreadableEvent
from core.messages import DeliveryReported, InboundAttachment, ReportedState, Typing
from core.people import EvidenceKind, Level

ANONYMOUS = Visitor(session="5e55100abcd", name="Ada", language="de")
SIGNED = Visitor(
    session="5e55100abcd",
    name="Grace Hopper",
    attestation=Attestation(
        host_account="customer-7",
        token_id="one",
        expires_at=datetime(2026, 1, 1, tzinfo=UTC),
        name="Grace Hopper",
        email="grace@people.example",
        language="zh",
    ),
)


def said(text: str, client_id: str = "m1", **more: object) -> VisitorMessage:
    return VisitorMessage(client_id=client_id, text=text, **more)  # type: ignore[arg-type]  # a test names real fields


def test_anonymous_visitor_is_attested_by_the_session_alone() -> None:
    sender = convert.to_message(ANONYMOUS, said("Hello"), "shop").sender

    assert (sender.realm, sender.handle) == ("web:shop", "5e55100abcd")
    assert sender.level is Level.ATTESTED
    assert sender.attested == ()
    assert sender.host_account is None


def test_typed_name_is_shown_as_a_claim_and_never_as_the_name() -> None:
    event = convert.to_message(ANONYMOUS, said("Hello"), "shop")

    assert event.sender.shown_as == "Visitor abcd"
    assert event.context == {"claimed_name": "Ada"}


def test_answers_to_the_form_are_claims_and_never_evidence() -> None:
    answers = {"email": "boss@bank.example", "topic": "a\u202eb\nc", "Two Words": "x", "empty": " "}

    event = convert.to_message(ANONYMOUS, said("Hello", answers=answers), "shop")
    signed = convert.to_message(SIGNED, said("Hello", answers=answers), "shop")

    assert event.context == {
        "claimed_name": "Ada",
        "claimed_email": "boss@bank.example",
        "claimed_topic": "abc",
    }
    assert event.sender.attested == ()
    assert signed.context == {}


def test_endless_answers_are_cut() -> None:
    answers = {f"q{n}": "x" * 1000 for n in range(50)}

    context = convert.to_message(ANONYMOUS, said("Hello", answers=answers), "shop").context

    assert len(context) == 10
    assert max(len(text) for text in context.values()) == 500


def test_signed_visitor_is_linked_to_account_and_verified_address() -> None:
    sender = convert.to_message(SIGNED, said("Hello"), "shop").sender

    assert sender.level is Level.LINKED
    assert sender.host_account == "customer-7"
    assert sender.language == "zh"
    assert [(one.realm, one.handle, one.evidence.kind) for one in sender.attested] == [
        ("host", "customer-7", EvidenceKind.SIGNED_TOKEN),
        ("email", "grace@people.example", EvidenceKind.HOST_VERIFIED),
    ]


def test_address_that_was_not_verified_is_attested_nowhere() -> None:
    assert SIGNED.attestation is not None
    attestation = msgspec.structs.replace(SIGNED.attestation, email=None)
    visitor = msgspec.structs.replace(SIGNED, attestation=attestation)

    sender = convert.to_message(visitor, said("Hello"), "shop").sender

    assert [one.realm for one in sender.attested] == ["host"]


def test_proof_is_the_same_for_every_message() -> None:
    assert SIGNED.attestation is not None
    renewed = msgspec.structs.replace(SIGNED.attestation, token_id="two")
    again = msgspec.structs.replace(SIGNED, attestation=renewed)

    first = convert.to_message(SIGNED, said("Hello"), "shop").sender
    second = convert.to_message(again, said("Hello", "m2"), "shop").sender

    assert first.evidence == second.evidence


def test_same_client_id_is_one_event_within_a_session_only() -> None:
    other = msgspec.structs.replace(ANONYMOUS, session="another")

    keys = {
        convert.to_message(visitor, said(text), "shop").event_key
        for visitor, text in ((ANONYMOUS, "Hello"), (ANONYMOUS, "Hello!"), (other, "Hello"))
    }

    assert len(keys) == 2


@pytest.mark.parametrize("client_id", ["", "a b", "a/b", "x" * 65, "é", "a\n"])
def test_client_id_that_could_be_mistaken_is_refused(client_id: str) -> None:
    with pytest.raises(UnreadableEvent, match="client_id"):
        convert.to_message(ANONYMOUS, said("Hello", client_id), "shop")


def test_nothing_said_is_refused_unless_something_is_attached() -> None:
    with pytest.raises(UnreadableEvent, match="text"):
        convert.to_message(ANONYMOUS, said(" \n"), "shop")

    file = InboundAttachment(name="a.txt", blob_key="k", size=1)
    assert convert.to_message(ANONYMOUS, said("", attachments=(file,)), "shop").attachments


def test_source_is_what_the_client_posted() -> None:
    raw = convert.to_message(ANONYMOUS, said("  Hello\x00 "), "shop").raw

    assert raw is not None
    assert msgspec.json.decode(raw)["text"] == "  Hello\x00 "


def test_signals_name_the_delivery() -> None:
    seen = convert.to_signal(SIGNED, "read", "shop", send_key="k1", text="")

    assert isinstance(seen, DeliveryReported)
    assert (seen.state, seen.send_key) == (ReportedState.READ, "k1")
    with pytest.raises(UnreadableEvent):
        convert.to_signal(SIGNED, "delivered", "shop", send_key=None, text="")


def test_typing_is_a_sign_in_the_visitors_place() -> None:
    sign = convert.to_signal(SIGNED, "typing", "shop", send_key=None, text="I wan")

    assert isinstance(sign, Typing)
    assert sign.place.remote == SIGNED.session
    assert sign.draft == "I wan"
