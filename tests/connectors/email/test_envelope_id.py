"""The id on the envelope: what is written comes back the same, and never over a server's limit."""

import pytest

from connectors.email.envelope_id import LONGEST, read_envelope_id, write_envelope_id

MARK = "onethread." + "a1" * 20


@pytest.mark.parametrize(
    "message_id", [f"{MARK}@desk.example", f"{MARK}.t=o~k+1@desk.example", f"{MARK}@{'d' * 250}.x"]
)
def test_id_comes_back_as_it_was_given(message_id: str) -> None:
    written = write_envelope_id(message_id)

    assert written is not None
    assert len(written) <= LONGEST
    assert not set(written) & set("= ")
    assert read_envelope_id(written, domain=message_id.partition("@")[2]) == message_id


def test_what_has_no_room_is_left_out_and_what_says_nothing_names_nothing() -> None:
    assert write_envelope_id(f"{MARK}.{'t' * 60}@desk.example") is None
    assert read_envelope_id(" ", domain="desk.example") is None
