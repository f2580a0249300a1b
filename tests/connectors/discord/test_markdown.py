"""Discord's Markdown becomes text with spans, and back."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.discord.markdown import Names, read_markdown
from connectors.discord.markup import write_markdown
from core.rich_text import Mark, Span, normalised

NAMES = Names(people={"42": "Ada"}, roles={"7": "support"}, channels={"9": "help"})


def marked(source: str) -> tuple[str, list[tuple[str, str]]]:
    found = read_markdown(source, NAMES)
    return found.text, [(s.mark.value, found.text[s.start : s.end]) for s in found.spans]


@pytest.mark.parametrize(
    ("source", "text", "spans"),
    [
        ("**b** and *i*", "b and i", [("bold", "b"), ("italic", "i")]),
        (
            "_i_ __u__ ~~s~~ ||x||",
            "i u s x",
            [("italic", "i"), ("underline", "u"), ("strike", "s"), ("spoiler", "x")],
        ),
        ("***both***", "both", [("bold", "both"), ("italic", "both")]),
        ("**a *b* c**", "a b c", [("bold", "a b c"), ("italic", "b")]),
        ("`a*b*` ``c`d``", "a*b* c`d", [("code", "a*b*"), ("code", "c`d")]),
        ("see\n```py\nx = **1**\n```\nend", "see\nx = **1**\nend", [("pre", "x = **1**")]),
        ("> one\n> **two**\nthree", "one\ntwo\nthree", [("quote", "one\ntwo"), ("bold", "two")]),
        (">>> one\ntwo", "one\ntwo", [("quote", "one\ntwo")]),
        (
            "- one\n- *two*\n1. three",
            "• one\n• two\n1. three",
            [("list", "• one\n• two\n1. three"), ("italic", "two")],
        ),
        ("# Title\n-# small", "Title\nsmall", [("bold", "Title")]),
        ("[here](https://a.example/x)", "here", [("link", "here")]),
        ("[x](<https://a.example/(y)>)", "x", [("link", "x")]),
        (
            "https://a.example/a_b_c.",
            "https://a.example/a_b_c.",
            [("link", "https://a.example/a_b_c")],
        ),
        ("<https://a.example>", "https://a.example", [("link", "https://a.example")]),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))", []),
        (
            "hi <@42>, <@!42> <@43>",
            "hi @Ada, @Ada @43",
            [("mention", "@Ada"), ("mention", "@Ada"), ("mention", "@43")],
        ),
        ("<@&7> <#9> <#10> </support:1>", "@support #help #channel /support", []),
        ("<:pepe:12> <a:dance:13>", ":pepe: :dance:", []),
        ("<t:0:R>", "1970-01-01 00:00 UTC", []),
        ("<t:99999999999999999999>", "<t:99999999999999999999>", []),
        (r"\*no\* \\ \a", r"*no* \ \a", []),
        ("snake_case_name 2 * 3 * 4", "snake_case_name 2 * 3 * 4", []),
        ("**open *and ||lost", "**open *and ||lost", []),
        ("", "", []),
    ],
)
def test_source_reads_as_its_readers_see_it(
    source: str, text: str, spans: list[tuple[str, str]]
) -> None:
    found, marks = marked(source)
    assert found == text
    assert sorted(marks) == sorted(spans)


def test_language_of_code_and_address_of_a_link_are_kept() -> None:
    code = read_markdown("```rust\nfn main() {}\n```")
    assert code.spans == (Span(mark=Mark.PRE, start=0, end=12, language="rust"),)
    link = read_markdown("a [b](https://c.example)")
    assert link.spans == (Span(mark=Mark.LINK, start=2, end=3, url="https://c.example"),)
    mention = read_markdown("<@42>", NAMES)
    assert mention.spans == (Span(mark=Mark.MENTION, start=0, end=4, handle="42"),)


@pytest.mark.parametrize(
    "text",
    [
        "*stars* _lines_ __more__ ~~tilde~~ ||bar|| `tick` ```fence```",
        "# no title\n> no quote\n>>> none\n- no list\n* none\n-# none\n1. none\n12. none",
        "[label](https://a.example) <@1> <#2> <:e:3> <a:e:3> <t:4> </x:5> <https://b.example>",
        r"back\slash \\ \* ¯\_(ツ)_/¯",
        "https://a.example/x_y_z*?q=~~a~~ and a_b_c 2 * 3",
        "@everyone @here",
        "|a~b|| ~~ ``",
        "Ünïcode, 你好, 👩‍🔬 & <b>",
        "trailing \\",
        "_a_b_ **c",
        "a\n\n  - indented\n   # x",
    ],
)
def test_text_of_a_person_arrives_as_it_was_written(text: str) -> None:
    found = read_markdown(write_markdown(text))
    assert found.text == text
    assert not [span for span in found.spans if span.mark is not Mark.LINK]


def span(mark: Mark, start: int, end: int, **more: str) -> Span:
    return Span(mark=mark, start=start, end=end, **more)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("a bold b", [span(Mark.BOLD, 2, 6)]),
        ("one two three", [span(Mark.BOLD, 0, 7), span(Mark.ITALIC, 4, 7)]),
        ("one two three", [span(Mark.ITALIC, 0, 13), span(Mark.BOLD, 0, 3)]),
        ("one two three", [span(Mark.ITALIC, 0, 13), span(Mark.BOLD, 8, 13)]),
        ("one two three", [span(Mark.UNDERLINE, 0, 13), span(Mark.ITALIC, 0, 3)]),
        ("one two", [span(Mark.SPOILER, 0, 7), span(Mark.STRIKE, 4, 7), span(Mark.CODE, 0, 3)]),
        ("x `y` z", [span(Mark.CODE, 2, 5)]),
        ("say\ncode();\nend", [span(Mark.PRE, 4, 11, language="js")]),
        ("q1\nq2\nrest", [span(Mark.QUOTE, 0, 5), span(Mark.BOLD, 3, 5)]),
        ("• a\n• b\n\n1. c", [span(Mark.LIST, 0, 7), span(Mark.LIST, 9, 13)]),
        ("read this now", [span(Mark.LINK, 5, 9, url="https://a.example/b_c_d")]),
        (
            "read this now",
            [span(Mark.LINK, 5, 9, url="https://a.example/(b)"), span(Mark.BOLD, 5, 9)],
        ),
        ("in the middleofword", [span(Mark.BOLD, 13, 15)]),
        ("in the middleofword", [span(Mark.ITALIC, 13, 15)]),
        ("a * b", [span(Mark.BOLD, 0, 5)]),
        ("q\ncode\nq", [span(Mark.QUOTE, 0, 8), span(Mark.PRE, 2, 6)]),
    ],
)
def test_formatting_survives_the_way_there_and_back(text: str, spans: list[Span]) -> None:
    wanted = normalised(text, spans)
    found = read_markdown(write_markdown(text, wanted))
    assert found.text == text
    assert found.spans == wanted


def test_mention_is_written_by_id_and_read_by_name() -> None:
    written = write_markdown("ask @Ada now", [span(Mark.MENTION, 4, 8, handle="42")])
    assert written == "ask <@42> now"
    assert marked(written) == ("ask @Ada now", [("mention", "@Ada")])


def test_link_that_discord_would_not_mask_shows_its_address() -> None:
    text = "see https://good.example"
    spans = [span(Mark.LINK, 4, 24, url="https://other.example/")]
    assert write_markdown(text, spans) == "see https://good.example (<https://other.example/>)"
    mail = [span(Mark.LINK, 0, 5, url="mailto:a@b.example")]
    assert write_markdown("write", mail) == "write (a@b.example)"


def test_fence_inside_code_does_not_end_it() -> None:
    text = "a\n```\nb"
    found = read_markdown(write_markdown(text, [span(Mark.PRE, 0, len(text))]))
    assert [one.mark for one in found.spans] == [Mark.PRE]
    assert found.text.replace("\u200b", "") == text


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ab1 *_~|`>#-.[]()<@:/\\\n", max_size=40))
def test_no_text_is_changed_by_escaping(text: str) -> None:
    assert read_markdown(write_markdown(text)).text == text


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ab1 *_~|`>#-.[]()<@:/\\\n", max_size=60))
def test_any_source_is_read_to_its_end(source: str) -> None:
    found = read_markdown(source)
    assert found.spans == normalised(found.text, found.spans)


@pytest.mark.parametrize(
    "unit", ["*a", "_ ", "~~", "||", "[", "[a](", "`", "> ", "\\", "**a*", "<@", "- a\n", "# ", "h"]
)
def test_long_hostile_source_is_read_within_a_moment(unit: str) -> None:
    began = time.process_time()
    read_markdown((unit * 4000)[:4000])
    assert time.process_time() - began < 0.5
