"""Of a mail with several forms and parts the words are read once, and no part reaches another."""

from connectors.email.reading.mime import read_mail
from connectors.email.reply_text.texts import Texts, read_texts

HEAD = "From: Ann <ann@people.example>\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n"
HISTORY = "On Mon, Jan 5, 2026 at 3:04 PM Bo <bo@desk.example> wrote:\n\n> old"


def texts_of(*parts: tuple[str, str], kind: str = "alternative", subject: str = "Re: x") -> Texts:
    body = "".join(
        f"--b\r\nContent-Type: text/{subtype}; charset=utf-8\r\n\r\n{text}\r\n"
        for subtype, text in parts
    )
    head = HEAD.format(subject=subject) + f'Content-Type: multipart/{kind}; boundary="b"\r\n\r\n'
    return read_texts(read_mail((head + body + "--b--\r\n").replace("\n", "\r\n").encode()))


def test_plain_form_is_kept_up_to_where_the_html_says_that_the_words_end() -> None:
    texts = texts_of(
        ("plain", "Tere, *palun* see https://x.example/a\n\nVana kiri 5.1. kirjutas:\nvana"),
        (
            "html",
            '<div>Tere, <b>palun</b> see https://x.example/a</div><div class="gmail_quote">'
            '<div class="gmail_attr">Vana kiri 5.1. kirjutas:</div><blockquote>vana</blockquote>',
        ),
    )

    assert texts.reply == "Tere, *palun* see https://x.example/a"
    assert texts.full.endswith("vana")


def test_html_without_marks_does_not_undo_what_the_plain_form_says() -> None:
    texts = texts_of(("plain", f"Yes.\n\n{HISTORY}"), ("html", "<p>Yes.</p><p>something else</p>"))

    assert texts.reply == "Yes."


def test_plain_form_that_only_points_to_the_html_is_not_taken() -> None:
    html = "<p>" + "All the words of this mail are here. " * 100 + "</p>"

    texts = texts_of(("plain", "This mail is in HTML."), ("html", html))

    assert texts.reply.startswith("All the words")


def test_words_of_several_parts_are_all_kept() -> None:
    texts = texts_of(
        ("plain", "First."), ("html", "<p>Second.</p>"), ("plain", HISTORY), kind="mixed"
    )

    assert texts.reply == "First.\n\nSecond."


def test_head_in_a_mail_whose_subject_says_forward_is_kept() -> None:
    head = "From: Eve <eve@evil.example>\nSent: Mon\nTo: Ann\nSubject: Pay\n\nPlease pay."

    assert texts_of(("plain", f"See:\n\n{head}"), subject="WG: Pay").reply == f"See:\n\n{head}"
    assert texts_of(("plain", f"See:\n\n{head}"), subject="AW: Pay").reply == "See:"


def test_attribute_left_open_in_one_part_does_not_swallow_the_next() -> None:
    for kind in ("mixed", "related"):
        texts = texts_of(
            ("html", '<p>a</p><img src="https://evil.example/?'),
            ("plain", "secret"),
            ("html", "<b>secret</b>"),
            ("html", '"><i>end</i>'),
            kind=kind,
        )

        assert texts.html is not None
        assert "evil.example" not in texts.html
        assert "<b>secret</b>" in texts.html
        assert "<i>end</i>" in texts.html


def test_html_parts_inside_one_form_of_an_alternative_are_documents_of_their_own() -> None:
    inner = (
        'Content-Type: multipart/mixed; boundary="c"\r\n\r\n'
        '--c\r\nContent-Type: text/html\r\n\r\n<img src="https://evil.example/?\r\n'
        "--c\r\nContent-Type: text/html\r\n\r\n<b>secret</b>\r\n"
        '--c\r\nContent-Type: text/html\r\n\r\n"><i>end</i>\r\n--c--\r\n'
    )
    raw = (
        HEAD.format(subject="x")
        + 'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
        + f"--b\r\nContent-Type: text/plain\r\n\r\nplain\r\n--b\r\n{inner}\r\n--b--\r\n"
    )

    html = read_texts(read_mail(raw.encode())).html

    assert html is not None
    assert "evil.example" not in html
    assert "<b>secret</b>" in html


def test_html_too_deep_to_be_made_safe_is_shown_as_text() -> None:
    texts = texts_of(("html", "<div>" * 2_000 + "words &lt;b&gt;"), kind="mixed")

    assert texts.reply == "words <b>"
    assert texts.html == "<pre>words &lt;b&gt;</pre>"
