"""What leaves is one mail with the headers that we meant, whatever texts go into it."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import msgspec
import pytest

from connectors.email.reading.envelope import place_of
from connectors.email.reading.headers import read_headers
from connectors.email.sending.compose import (
    MAX_REFERENCES,
    Desk,
    LoadedFile,
    Outgoing,
    compose,
)
from connectors.email.sending.session import stuffed
from connectors.email.thread_keys import given_ids, message_id_for, read_answers
from core.errors import ContentRejected
from core.messages import (
    IdentityAddress,
    OutboundAttachment,
    OutboundMessage,
    OutboundNature,
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
    return compose(outbound(**changes), Desk(address=DESK, name="Desk"), files)


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
    desk = Desk(address=DESK, reply_address_tokens=False)
    outgoing = compose(outbound(reply_token="abc.DEF-123"), desk)
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
    assert outgoing.recipient in {"ann@people.example", "a@b.example"}
    assert [one.addr_spec for one in parsed(outgoing)["From"].addresses] == [DESK]


def test_what_a_picture_shows_goes_with_it() -> None:
    shown = LoadedFile(
        attachment=msgspec.structs.replace(
            file("a.png").attachment, description="Ein Ärger\r\nBcc: x@y.example"
        ),
        content=b"abc",
    )
    (part,) = parsed(composed(files=(shown,))).iter_attachments()
    assert part["Content-Description"] == "Ein Ärger Bcc: x@y.example"
    assert part["Bcc"] is None


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


def without_boundary(outgoing: Outgoing) -> bytes:
    return re.sub(rb"={5,}\d+==", b"", outgoing.raw)


def body(outgoing: Outgoing, kind: str) -> str:
    part = parsed(outgoing).get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_text_has_an_html_alternative_that_says_the_same() -> None:
    outgoing = composed(text="Hi <Ann> & all,\n\n  see https://x.example/a?b=1&c=2.\nBye")
    assert body(outgoing, "plain") == "Hi <Ann> & all,\n\n  see https://x.example/a?b=1&c=2.\nBye\n"
    page = body(outgoing, "html")
    assert "<p>Hi &lt;Ann&gt; &amp; all,</p>" in page
    assert (
        '<a href="https://x.example/a?b=1&amp;c=2">https://x.example/a?b=1&amp;c=2</a>.<br>' in page
    )


def test_signature_stands_below_the_text_and_below_the_page() -> None:
    outgoing = composed(text="Hello", signature="Ada <ada>\nSupport")
    assert body(outgoing, "plain") == "Hello\n\n-- \nAda <ada>\nSupport\n"
    page = body(outgoing, "html")
    assert page.index("<p>Hello</p>") < page.index("Ada &lt;ada&gt;<br>\nSupport")
    given = composed(text="Hello", html="<body><p>Hello</p></body>", signature="Ada")
    assert body(given, "html").endswith("Ada</div>\n</body>\n")


def test_agent_without_a_signature_gets_that_of_the_account() -> None:
    desk = Desk(address=DESK, signature="{agent}, Desk Ltd")
    assert "\n-- \nBea, Desk Ltd\n" in body(compose(outbound(author_name="Bea"), desk), "plain")
    own = compose(outbound(author_name="Bea", signature="B."), desk)
    assert "Desk Ltd" not in body(own, "plain")


def test_automatic_mail_says_so_is_unsigned_and_can_be_stopped() -> None:
    mail = parsed(
        composed(
            nature=OutboundNature.NOTICE,
            unsubscribe_url="https://desk.example/stop/abc",
            signature="Ada",
        )
    )
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["List-Unsubscribe"] == "<https://desk.example/stop/abc>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert b"Ada" not in mail.as_bytes()
    answer = parsed(composed(nature=OutboundNature.AUTO_REPLY))
    assert answer["Auto-Submitted"] == "auto-replied"
    reply = parsed(composed())
    assert "Auto-Submitted" not in reply
    assert "List-Unsubscribe" not in reply


@pytest.mark.parametrize("url", ["http://desk.example/x", "https://x.example/>\r\nBcc: a@b.c", "x"])
def test_notice_that_cannot_be_stopped_over_https_is_refused(url: str) -> None:
    with pytest.raises(ContentRejected):
        composed(nature=OutboundNature.NOTICE, unsubscribe_url=url)


def test_answer_names_the_last_mail_that_is_not_ours() -> None:
    ours = message_id_for("before", DESK, token="c7.abcdefgh")
    keys = tuple(ThreadKey("message_id", one) for one in (ours, "b@x.example", "a@x.example"))
    mail = parsed(composed(in_reply_to=keys))
    assert mail["In-Reply-To"] == "<b@x.example>"
    assert mail["References"].split() == ["<a@x.example>", "<b@x.example>", f"<{ours}>"]


def test_long_thread_keeps_its_first_mail_and_the_newest() -> None:
    ids = [f"{number}@x.example" for number in range(40, 0, -1)]
    mail = parsed(composed(in_reply_to=tuple(ThreadKey("message_id", one) for one in ids)))
    references = mail["References"].split()
    assert len(references) == MAX_REFERENCES
    assert (references[0], references[1]) == ("<1@x.example>", "<22@x.example>")
    assert references[-1] == mail["In-Reply-To"] == "<40@x.example>"


def test_message_id_carries_the_token_to_whoever_has_no_plus_addresses() -> None:
    outgoing = composed(reply_token="c12.abcdefgh")
    answer = f"References: <other@x.example> <{outgoing.message_id}>\r\n\r\n".encode()
    assert read_answers(read_headers(answer), DESK) == (
        ThreadKey("message_id", outgoing.message_id),
        ThreadKey("message_id", "other@x.example"),
        ThreadKey("reply_token", "c12.abcdefgh"),
    )


@pytest.mark.parametrize(
    ("host", "said", "ids"),
    [
        (
            "email-smtp.eu-west-1.amazonaws.com",
            "Ok 0102018f2c3d4e5f-1a2b3c4d-1111-2222-3333-444455556666-000000",
            (
                "0102018f2c3d4e5f-1a2b3c4d-1111-2222-3333-444455556666-000000"
                "@eu-west-1.amazonses.com",
            ),
        ),
        (
            "email-smtp.us-east-1.amazonaws.com",
            "Ok 0100018f2c3d4e5f-1a2b3c4d-1111-2222-3333-444455556666-000000",
            ("0100018f2c3d4e5f-1a2b3c4d-1111-2222-3333-444455556666-000000@email.amazonses.com",),
        ),
        ("mail.desk.example", "Ok 0100018f2c3d4e5f-1a2b3c4d-1111-2222-3333", ()),
        ("email-smtp.us-east-1.amazonaws.com", "2.0.0 queued as 1234", ()),
    ],
)
def test_id_that_a_relay_gives_instead_of_ours_is_known(
    host: str, said: str, ids: tuple[str, ...]
) -> None:
    assert given_ids(said, host) == ids


def test_token_in_an_id_of_another_domain_is_not_ours() -> None:
    foreign = message_id_for("k", "help@other.example", token="c12.abcdefgh")
    answer = f"In-Reply-To: <{foreign}>\r\n\r\n".encode()
    assert read_answers(read_headers(answer), DESK) == (ThreadKey("message_id", foreign),)


def test_no_line_is_longer_than_mail_allows_and_all_is_ascii() -> None:
    long = "word " * 2000 + "x" * 5000 + " 汉字" * 1000
    outgoing = composed(
        text=long,
        subject=long[:400],
        author_name="ö" * 300,
        files=(file("ü" * 200 + ".txt"),),
        in_reply_to=(ThreadKey("message_id", "a" * 480 + "@x.example"),),
    )
    assert max(len(line) for line in outgoing.raw.split(b"\r\n")) <= 998
    assert outgoing.raw.isascii()
    assert body(outgoing, "plain").strip() == long.strip()


def test_subject_that_is_one_long_word_is_folded() -> None:
    outgoing = composed(subject="x" * 500)
    assert max(len(line) for line in outgoing.raw.split(b"\r\n")) <= 998
    assert str(parsed(outgoing)["Subject"]).replace(" ", "") == "x" * 500


def test_address_outside_ascii_is_said_as_it_is_and_marks_the_mail() -> None:
    recipient = IdentityAddress(realm="email", handle="用户@例子.example", shown_as="王")
    outgoing = composed(recipient=recipient)
    assert outgoing.needs_utf8
    assert outgoing.recipient == "用户@xn--fsqu00a.example"
    assert "用户@xn--fsqu00a.example" in outgoing.raw.partition(b"\r\n\r\n")[0].decode()
    assert not composed().needs_utf8


def test_international_domain_is_addressed_in_its_ascii_form() -> None:
    outgoing = composed(recipient=IdentityAddress(realm="email", handle="ann@bücher.example"))
    assert outgoing.recipient == "ann@xn--bcher-kva.example"
    assert not outgoing.needs_utf8


@pytest.mark.parametrize("size", [0, 1, 56, 57, 58, 114, 3_000_000])
def test_file_of_any_size_arrives_whole_in_short_lines(size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    picture = file("p.png", content_id="pic@desk", kind="image/png")
    files = (
        LoadedFile(attachment=file("a.bin").attachment, content=content[:size]),
        LoadedFile(attachment=picture.attachment, content=content[:size][::-1]),
        file("b.txt"),
    )
    outgoing = composed(html='<img src="cid:pic@desk">', files=files)
    assert max(len(line) for line in outgoing.raw.split(b"\r\n")) <= 78
    mail = parsed(outgoing)
    found = [part.get_payload(decode=True) for part in mail.iter_attachments()]
    assert found == [content[:size], b"abc"]
    [shown] = [part for part in mail.walk() if part["Content-ID"] == "<pic@desk>"]
    assert shown.get_payload(decode=True) == content[:size][::-1]


@pytest.mark.parametrize(
    ("raw", "sent"),
    [
        (b"a\r\n.\r\n", b"a\r\n..\r\n"),
        (b".\r\n..\r\n", b"..\r\n...\r\n"),
        (b"a\n.b\rc\r\n", b"a\r\n..b\r\nc\r\n"),
        (b"a\r\r\n.\n", b"a\r\n\r\n..\r\n"),
        (b"no end", b"no end\r\n"),
        (b"", b"\r\n"),
    ],
)
def test_no_line_that_leaves_is_a_single_dot(raw: bytes, sent: bytes) -> None:
    assert stuffed(raw) == sent


def test_picture_that_the_page_does_not_show_is_an_attachment() -> None:
    picture = file("p.png", content_id="pic@desk", kind="image/png")
    mail = parsed(composed(html="<p>none</p>", files=(picture,)))
    assert [part.get_filename() for part in mail.iter_attachments()] == ["p.png"]


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
