"""What servers answer is read for what it says, and what cannot be read is left out."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.email.imap import answers
from connectors.email.imap.answers import Fetched, Literal

LITERAL_OF_5 = b"1 FETCH (UID 9 BODY[] {5}"


def one(*lines: bytes) -> Fetched:
    (found,) = answers.fetched(lines)
    return found


def test_head_says_uid_size_and_moment_in_any_order() -> None:
    found = one(
        b'3 FETCH (INTERNALDATE " 5-Jan-2026 10:00:00 +0100" FLAGS (\\Seen) RFC822.SIZE 12 UID 7)'
    )
    assert (found.uid, found.size) == (7, 12)
    assert found.received_at == datetime(2026, 1, 5, 9, tzinfo=UTC)


def test_literal_is_content_whatever_is_in_it() -> None:
    body = b")\r\n* 2 FETCH (UID 3)\r\n"
    line = b"1 FETCH (UID 9 BODY[] {%d}" % len(body)
    found = answers.fetched([line, Literal(body), b")", b"2 FETCH (UID 3 RFC822.SIZE 4)"])
    assert [(each.uid, each.content) for each in found] == [(9, body), (3, None)]


def test_uid_after_the_body_belongs_to_it() -> None:
    found = one(b"1 FETCH (BODY[] {2}", Literal(b"hi"), b" UID 4)")
    assert (found.uid, found.content) == (4, b"hi")


def test_body_is_a_quoted_string_empty_or_nil() -> None:
    assert one(b'1 FETCH (UID 1 BODY[] "a \\"b\\" \\\\")').content == b'a "b" \\'
    assert one(b'1 FETCH (UID 1 BODY[] "")').content == b""
    assert one(b"1 FETCH (UID 1 BODY[] {0}", Literal(b""), b")").content == b""
    nil = one(b"1 FETCH (UID 1 BODY[] NIL)")
    assert (nil.has_content, nil.content) == (True, None)


def test_section_with_fields_and_a_partial_is_a_body_too() -> None:
    line = b"1 FETCH (UID 1 BODY[HEADER.FIELDS (MESSAGE-ID X)]<0> {4}"
    assert one(line, Literal(b"a\r\n\r"), b")").content == b"a\r\n\r"


def test_parentheses_in_quoted_strings_and_nested_lists_end_nothing() -> None:
    line = b'1 FETCH (ENVELOPE ("d" "Sub) (ject" ((NIL NIL "a" "b")) NIL) UID 5 RFC822.SIZE 6)'
    assert (one(line).uid, one(line).size) == (5, 6)


def test_labels_of_gmail_are_passed_over() -> None:
    line = b'1 FETCH (X-GM-LABELS ("\\\\Inbox" &BB8- "a)b") X-GM-MSGID 17 UID 5 RFC822.SIZE 6)'
    assert one(line).uid == 5


def test_flags_that_are_pushed_are_no_mail() -> None:
    found = one(b"1 FETCH (FLAGS (\\Seen))")
    assert (found.uid, found.size, found.has_content) == (None, 0, False)


def test_lists_of_folders_come_quoted_bare_and_as_literals() -> None:
    found = answers.listed(
        [
            rb'LIST (\HasNoChildren \Sent) "/" "Sent \"Items\""',
            rb"LIST () NIL INBOX",
            rb'LIST (\Noselect) "." {5}',
            Literal(b"A (b)"),
            b"",
            b"LIST broken",
            b"1 EXISTS",
        ]
    )
    assert [(each.name, each.delimiter) for each in found] == [
        ('Sent "Items"', "/"),
        ("INBOX", ""),
        ("A (b)", "."),
    ]
    assert found[0].has("\\sent")


def test_found_uids_come_in_several_lines_with_modseq_and_nonsense() -> None:
    lines = [b"SEARCH 5 3 3", b"SEARCH 9 (MODSEQ 7)", b"SEARCH", b"SEARCH x 99999999999 0", b"OK"]
    assert answers.searched(lines) == [3, 5, 9]


def test_validity_is_found_where_it_stands() -> None:
    assert answers.uid_validity([b"3 EXISTS", b"OK [UIDVALIDITY 77] valid"]) == 77
    assert answers.uid_validity([b"3 EXISTS"]) is None


def test_only_arrivals_are_told_of_as_mail() -> None:
    assert answers.tells_of_mail([b"4 EXISTS"])
    assert answers.tells_of_mail([b"1 RECENT"])
    assert not answers.tells_of_mail([b"OK Still here", b"3 EXPUNGE", b"2 FETCH (FLAGS ())"])


def test_moment_that_is_none_is_no_moment() -> None:
    assert one(b'1 FETCH (UID 1 INTERNALDATE "yesterday" RFC822.SIZE 3)').received_at is None
    assert one(b"1 FETCH (UID 1 INTERNALDATE NIL RFC822.SIZE 3)").received_at is None


@pytest.mark.parametrize("piece", [b'"\\', b"[", b"[ ", b'a"', b"(", b'"a" ', b"a[b"])
def test_answer_that_is_never_closed_is_read_in_one_pass(piece: bytes) -> None:
    hostile = b"1 FETCH (UID 1 X " + piece * (answers.MAX_LINE // len(piece))
    began = time.process_time()
    answers.fetched([hostile])
    # A reader that starts again at each quote or bracket takes several seconds.
    assert time.process_time() - began < 0.5


PIECES = st.sampled_from(
    [
        b"(",
        b")",
        b'"',
        b"\\",
        b"[",
        b"]",
        b"{3}",
        b"NIL",
        b" ",
        b"UID 3",
        b"BODY[]",
        b"FETCH (",
        b"1",
    ]
)
LINE = st.one_of(st.binary(max_size=40), st.lists(PIECES, max_size=30).map(b"".join))
LINES = st.lists(st.one_of(LINE, st.binary(max_size=10).map(Literal)), max_size=12)


@given(LINES)
def test_no_answer_is_an_error(lines: list[bytes]) -> None:
    wild = [
        b"1 FETCH (" + line if number % 3 == 0 and not isinstance(line, Literal) else line
        for number, line in enumerate(lines)
    ]
    for read in (wild, [Literal(b"x"), *wild]):
        answers.fetched(read)
        answers.listed(read)
        assert all(0 < uid <= answers.MAX_UID for uid in answers.searched(read))
        answers.capabilities(read)
        answers.uid_validity(read)
        answers.tells_of_mail(read)


@given(st.binary(max_size=200), st.integers(min_value=1, max_value=answers.MAX_UID))
def test_every_content_comes_out_as_it_went_in(body: bytes, uid: int) -> None:
    lines = [b"1 FETCH (UID %d BODY[] {%d}" % (uid, len(body)), Literal(body), b" FLAGS ())"]
    assert (one(*lines).uid, one(*lines).content) == (uid, body)
