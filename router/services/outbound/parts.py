"""Planning a reply: what the account's network takes of it, and in how many parts. Pure."""

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Protocol

from core.capabilities import Capabilities
from core.rich_text import Span
from core.rich_text_cuts import RichText, fitted
from core.splitting import ToWire, length_of, split_rich
from router.services.errors import Refused
from router.services.outbound.formatting import text_alone

MAX_PARTS = 20
MAX_CHARACTERS = 200_000
MAX_SUBJECT = 500
ANSWER_MARKS = "re|aw|antw|sv|отв|ответ|回复|回覆|答复"
"""What mail programs set before the subject of an answer, as alternatives of an expression."""
_ANSWERED = re.compile(rf"({ANSWER_MARKS}) ?(\[\d+\])? ?[:：]", re.IGNORECASE)


class File(Protocol):
    """What a limit is about."""

    @property
    def media_type(self) -> str: ...

    @property
    def size(self) -> int: ...


def plan_parts(
    text: str,
    capabilities: Capabilities,
    spans: Sequence[Span] = (),
    to_wire: ToWire = text_alone,
    *,
    has_files: bool = False,
) -> tuple[RichText, ...]:
    """The parts as they go out, at least one, with the formatting that the network shows.

    Files go with the last, which is empty where the text before is too long to stand beside them.
    Raises Refused `too_long` when it would take more than 20 of them.
    """
    if len(text) > MAX_CHARACTERS:
        raise Refused(
            f"The text has more than {MAX_CHARACTERS} characters.", code="too_long", field="text"
        )
    shown = fitted(text, spans, capabilities.marks)
    parts = split_rich(*shown, capabilities.text, to_wire)
    if len(parts) > MAX_PARTS:
        raise Refused(
            f"This channel takes {capabilities.text.length} {capabilities.text.unit.value} at a"
            f" time; the text would become {len(parts)} messages.",
            code="too_long",
            field="text",
        )
    return with_files(parts, capabilities, to_wire) if has_files else parts


def with_files(
    parts: tuple[RichText, ...], capabilities: Capabilities, to_wire: ToWire
) -> tuple[RichText, ...]:
    """With an empty one more for the files, if they can't stand beside so long a text."""
    longest = capabilities.files.text_length
    last = to_wire(parts[-1].text, parts[-1].spans)
    if longest is None or length_of(last, capabilities.text.unit) <= longest:
        return parts
    return (*parts, RichText(""))


def check_files(files: Sequence[File], capabilities: Capabilities) -> None:
    """Raises Refused with the first file at fault, or with all of them for count and total."""
    for fault in file_faults(files, capabilities):
        raise fault


def file_faults(files: Sequence[File], capabilities: Capabilities) -> Iterator[Refused]:
    """Everything for which the channel refuses these files."""
    limits = capabilities.files
    if len(files) > limits.max_count:
        yield Refused(
            "This channel takes no files."
            if limits.max_count == 0
            else f"This channel takes at most {limits.max_count} files with one message.",
            code="too_many_files",
            field="attachment_ids",
        )
    for position, file in enumerate(files):
        field = f"attachment_ids[{position}]"
        if limits.max_size and file.size > limits.max_size:
            yield Refused(
                f"This channel takes files of at most {_shown(limits.max_size)}.",
                code="file_too_large",
                field=field,
            )
        if not any(fnmatchcase(file.media_type.lower(), one) for one in limits.media_types):
            yield Refused(
                f"This channel takes no files of the type {file.media_type}.",
                code="file_type",
                field=field,
            )
    total = sum(file.size for file in files)
    if limits.max_total_size is not None and total > limits.max_total_size:
        yield Refused(
            f"This channel takes files of {_shown(limits.max_total_size)} together.",
            code="file_too_large",
            field="attachment_ids",
        )


def to_answer_subject(subject: str) -> str:
    """`Re: ` before it, once, whatever languages the answers before were in; empty stays empty."""
    bare = " ".join(subject.split())
    if not bare or _ANSWERED.match(bare):
        return bare[:MAX_SUBJECT]
    return f"Re: {bare}"[:MAX_SUBJECT]


def _shown(size: int) -> str:
    return f"{size / 1024 / 1024:.4g} MiB" if size >= 1024 * 1024 else f"{size / 1024:.4g} KiB"
