"""Who gets a mail and its copies, and whom it names."""

import pytest

from core.errors import ContentRejected, RecipientGone
from core.messages import IdentityAddress, Participant
from tests.connectors.email.test_compose import DESK, composed, parsed, without_boundary


def test_copies_are_named_once_each_and_get_the_same_mail() -> None:
    copies = tuple(
        Participant(realm="email", handle=one)
        for one in ("bea@people.example", "BEA@people.example", "ann@people.example", DESK)
    )
    main = composed(copies=copies)
    copy = composed(copies=copies, key="send-key-2", copy_of="send-key-1", copy_to=copies[0])
    assert parsed(main)["Cc"] == "bea@people.example"
    assert (main.recipient, copy.recipient) == ("ann@people.example", "bea@people.example")
    assert without_boundary(main) == without_boundary(copy)


def test_hidden_copy_is_in_no_header() -> None:
    hidden = Participant(realm="email", handle="boss@desk.example", shown_as="Boss", role="bcc")
    outgoing = composed(copy_of="send-key-1", key="k", copy_to=hidden)
    assert outgoing.recipient == "boss@desk.example"
    assert b"boss" not in outgoing.raw.lower()


def test_recipient_that_is_no_address_is_gone() -> None:
    with pytest.raises(RecipientGone):
        composed(recipient=IdentityAddress(realm="email", handle="nobody"))


def test_copy_to_another_channel_is_refused() -> None:
    with pytest.raises(ContentRejected):
        composed(copies=(Participant(realm="telegram", handle="123"),))
