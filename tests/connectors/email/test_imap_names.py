"""Folders are found by the names that people give them, and told by what they are for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.email.imap.answers import Listed
from connectors.email.imap.names import find_folder, from_wire, shown, to_wire
from connectors.email.imap.uses import Use, find_use, use_of


def folder(name: str, *attributes: str, delimiter: str = "/") -> Listed:
    return Listed(name=to_wire(name), delimiter=delimiter, attributes=frozenset(attributes))


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("INBOX", "INBOX"),
        ("A&B", "A&-B"),
        ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
        ("Отправленные", "&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-"),
        ("已发送", "&XfJT0ZAB-"),
    ],
)
def test_names_are_written_as_the_wire_wants_them(name: str, wire: str) -> None:
    assert to_wire(name) == wire
    assert from_wire(wire) == name


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=30))
def test_every_name_survives_the_wire(name: str) -> None:
    wire = to_wire(name)
    assert wire.isascii()
    assert from_wire(wire) == name


@given(st.text(max_size=30))
def test_no_name_of_a_server_is_an_error(name: str) -> None:
    from_wire(name)


def test_folder_is_found_however_it_is_written() -> None:
    courier = [folder("INBOX", delimiter="."), folder("INBOX.Support.Поддержка", delimiter=".")]
    for name in (
        "INBOX.Support.Поддержка",
        "Support/Поддержка",
        "Support.Поддержка",
        "INBOX/Support/Поддержка",
        "INBOX.Support.&BB8EPgQ0BDQENQRABDYEOgQw-",
    ):
        assert find_folder(name, courier) == courier[1], name
    assert find_folder("inbox", courier) == courier[0]
    assert find_folder("Sales", courier) is None


def test_name_that_is_really_there_wins_over_one_that_is_only_meant() -> None:
    both = [folder("a/b", delimiter="."), folder("a.b", delimiter=".")]
    assert find_folder("a/b", both) == both[0]


def test_folders_are_shown_as_people_read_them() -> None:
    there = [folder("已发送"), folder("INBOX"), folder("Root", "\\noselect")]
    assert shown(there) == "INBOX, 已发送"
    assert shown([folder(f"f{n:02}") for n in range(20)]).endswith("f11 and 8 more")


def test_what_the_server_says_of_a_folder_wins_over_its_name() -> None:
    marked = folder("Verschickt", "\\sent")
    named = folder("Sent")
    assert find_use(Use.SENT, [named, marked]) == marked
    assert find_use(Use.SENT, [folder("Archive/Sent"), named]) == named
    assert find_use(Use.SENT, [folder("Presents")]) is None


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("INBOX.Sent Items", Use.SENT),
        ("已发送", Use.SENT),
        ("垃圾邮件", Use.JUNK),
        ("[Gmail].Spam", Use.JUNK),
        ("Корзина", Use.TRASH),
        ("INBOX", None),
        ("Sentences", None),
    ],
)
def test_folder_that_is_not_marked_is_told_by_its_name(name: str, use: Use | None) -> None:
    assert use_of(folder(name, delimiter=".")) is use


def test_inbox_is_the_inbox_whatever_it_is_marked_as() -> None:
    assert use_of(folder("INBOX", "\\junk")) is None
