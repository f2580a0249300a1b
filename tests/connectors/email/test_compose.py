"""What leaves is one mail with the headers that we meant, whatever texts go into it."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from connectors.email.reading.envelope import place_of
from connectors.email.sending.compose import LoadedFile, Outgoing, compose
from core.errors import ContentRejected, RecipientGone
from core.messages import (
    IdentityAddress,
    OutboundAttachment,
    OutboundMessage,
    Participant,
    ThreadKey,
)

DESK = "help@desk.example"
EVIL = "x\r\nBcc: victim@evil.example\r\n\r\nbody\x00\u2028\udc80"


def outbound(**changes: Any) -> OutboundMessage:
    fields: dict[str, Any] = {
        "key": "send-key-1",
        "place": place_of("ann@people.example"),
        "recipient": IdentityAddress(
            realm="email", handle="ann@people.example", shown_as="Ann Lee"
        ),
        "text": "Hello Ann",
        "subject": "Re: Order",
        "queued_at": datetime(2026, 1, 5, 10, tzinfo=UTC),
        **changes,
    }
    return OutboundMessage(**fields)


def composed(*, files: tuple[LoadedFile, ...] = (), **changes: Any) -> Outgoing:
    return compose(outbound(**changes), own_address=DESK, own_name="Desk", files=files)


def parsed(outgoing: Outgoing) -> EmailMessage:
    made = message_from_bytes(outgoing.raw, policy=policy.default)
    assert isinstance(made, EmailMessage)
    return made


def file(
    name: str = "a.txt", content_id: str | None = None, kind: str = "text/plain"
) -> LoadedFile:
    attachment = OutboundAttachment(
        name=name, media_type=kind, size=3, blob_key="k", content_id=content_id
    )
    return LoadedFile(attachment=attachment, content=b"abc")


def test_same_message_has_the_same_id_and_date_at_every_attempt() -> None:
    first, second = composed(), composed()
    assert first.message_id == second.message_id
    assert parsed(first)["Message-ID"] == f"<{first.message_id}>"
    assert parsed(first)["Date"].datetime == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert first.message_id != composed(key="send-key-2").message_id


def test_answer_names_the_mail_it_answers_and_its_ancestors_oldest_first() -> None:
    keys = tuple(ThreadKey("message_id", one) for one in ("c@x.example", "b@x.example"))
    mail = parsed(composed(in_reply_to=(*keys, ThreadKey("reply_token", "tok"))))
    assert mail["In-Reply-To"] == "<c@x.example>"
    assert mail["References"].split() == ["<b@x.example>", "<c@x.example>"]


def test_long_ids_stay_whole_in_references() -> None:
    long_id = "a" * 300 + "@x.example"
    raw = composed(in_reply_to=(ThreadKey("message_id", long_id),)).raw
    assert f"References: <{long_id}>\r\n".encode() in raw


def test_answers_are_asked_for_at_the_address_with_the_token() -> None:
    mail = parsed(composed(reply_token="abc.DEF-123"))
    assert mail["Reply-To"].addresses[0].addr_spec == "help+abc.DEF-123@desk.example"


def test_without_plus_addresses_no_reply_to_is_set() -> None:
    outgoing = compose(
        outbound(reply_token="abc.DEF-123"),
        own_address=DESK,
        own_name="",
        reply_address_tokens=False,
    )
    assert "Reply-To" not in parsed(outgoing)


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": EVIL},
        {"author_name": EVIL},
        {"reply_token": EVIL},
        {"text": EVIL},
        {"html": EVIL},
        {"recipient": IdentityAddress(realm="email", handle="a@b.example", shown_as=EVIL)},
        {"in_reply_to": (ThreadKey("message_id", EVIL),)},
        {"copies": (Participant(realm="email", handle="c@d.example", shown_as=EVIL),)},
        {"subject": "=?utf-8?q?=0D=0ABcc:_victim@evil.example?="},
        {"author_name": 'a" <evil@evil.example>, "'},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_no_text_can_add_a_header_or_a_recipient(changes: dict[str, Any]) -> None:
    outgoing = composed(**changes)
    head, _, _ = outgoing.raw.partition(b"\r\n\r\n")
    names = {line.partition(b":")[0] for line in head.split(b"\r\n") if line[:1] not in b" \t"}
    assert names <= {
        *(b"From", b"To", b"Cc", b"Reply-To", b"Subject", b"Date", b"Message-ID"),
        *(b"In-Reply-To", b"References", b"X-Onethread-Loop", b"MIME-Version"),
        *(b"Content-Type", b"Content-Transfer-Encoding"),
    }
    assert b"\r" not in outgoing.raw.replace(b"\r\n", b"")
    assert b"\n" not in outgoing.raw.replace(b"\r\n", b"")
    assert b"\x00" not in outgoing.raw
    assert outgoing.raw.isascii()
    recipients = {outgoing.recipient, *outgoing.copies}
    assert recipients <= {"ann@people.example", "a@b.example", "c@d.example"}
    assert [one.addr_spec for one in parsed(outgoing)["From"].addresses] == [DESK]


@pytest.mark.parametrize(
    "name", [EVIL, "../../x", 'a"; filename="b.exe', "\u202eexe.txt", "x" * 999]
)
def test_no_file_name_can_add_a_header_or_a_path(name: str) -> None:
    mail = parsed(composed(files=(file(name),)))
    (part,) = mail.iter_attachments()
    found = part.get_filename() or ""
    assert not set(found) & set('/\\"\r\n\x00\u202e')
    assert len(found.encode()) <= 180
    assert part.get_content_type() == "text/plain"
    assert part.get_payload(decode=True) == b"abc"


def test_files_html_and_inline_pictures_take_their_places() -> None:
    picture = file("p.png", content_id="pic@desk", kind="image/png")
    outgoing = composed(html='<img src="cid:pic@desk">', files=(picture, file("größe.txt")))
    mail = parsed(outgoing)
    kinds = [part.get_content_type() for part in mail.walk() if not part.is_multipart()]
    assert kinds == ["text/plain", "text/html", "image/png", "text/plain"]
    assert [part.get_filename() for part in mail.iter_attachments()] == ["größe.txt"]
    assert "<pic@desk>" in [part["Content-ID"] for part in mail.walk()]


def test_kinds_that_cannot_carry_bytes_go_as_bytes() -> None:
    mail = parsed(composed(files=(file("m.eml", kind="message/rfc822"),)))
    assert [one.get_content_type() for one in mail.iter_attachments()] == [
        "application/octet-stream"
    ]


def test_subject_in_any_script_arrives() -> None:
    subject = "你好，订单 № 5 — größer 🎉 " * 6
    assert str(parsed(composed(subject=subject))["Subject"]) == subject.strip()


def test_copies_are_recipients_once_each() -> None:
    copies = tuple(
        Participant(realm="email", handle=one)
        for one in ("bea@people.example", "BEA@people.example", "ann@people.example", DESK)
    )
    assert composed(copies=copies).copies == ("bea@people.example",)


def test_recipient_that_is_no_address_is_gone() -> None:
    with pytest.raises(RecipientGone):
        composed(recipient=IdentityAddress(realm="email", handle="nobody"))


def test_copy_to_another_channel_is_refused() -> None:
    with pytest.raises(ContentRejected):
        composed(copies=(Participant(realm="telegram", handle="123"),))
