"""Which answers one agent may not send alone. Pure."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal

from router.services.approvals.shapes import ApprovalPolicy, Because

SHORTEST_PIECE = 12
"""Characters of a canned reply, between two variables, by which it is known again."""
_HOLE = re.compile(r"\{\{[^{}]*\}\}")
_NUMBER = re.compile(r"\d[\d.,'’_   ]*")
_SCALES = tuple(
    (factor, re.compile(rf"(?:{words})(?![a-zа-яё])", re.IGNORECASE))
    for factor, words in (
        (10**3, r"\s?(?:k|thousands?|тыс(?:яч\w*)?|千)|(?<=\d)к"),
        (10**4, r"\s?万"),
        (10**6, r"\s?(?:m|mln|millions?|млн|миллион\w*)"),
        (10**8, r"\s?亿"),
        (10**9, r"\s?(?:bn|billions?|млрд|миллиард\w*)"),
    )
)


def reasons(
    policy: ApprovalPolicy,
    text: str,
    topic_ids: Collection[int],
    snippets: Mapping[int, Sequence[str]],
) -> list[Because]:
    """Why this text needs a second agent; empty: it does not. `snippets`: the texts of the canned
    replies that the policy names, in all their languages.
    """
    folded = _folded(text)
    found = [
        Because(kind="snippet", snippet_id=one)
        for one in policy.snippet_ids
        if any(_says(folded, said) for said in snippets.get(one, ()))
    ]
    highest = max(amounts(text), default=Decimal(-1))
    found += [
        Because(kind="amount", above=one.above)
        for one in policy.amounts
        if highest > one.above
        and (not one.topic_ids or not set(one.topic_ids).isdisjoint(topic_ids))
    ]
    return found


def amounts(text: str) -> Iterator[Decimal]:
    """Every number of a text; of one that can be read in two ways (1.500) the higher."""
    plain = unicodedata.normalize("NFKC", _seen(text))
    for match in _NUMBER.finditer(plain):
        factor = next((by for by, word in _SCALES if word.match(plain, match.end())), 1)
        # What stands apart may be one number or several: 12 500, or 12 of 500.
        yield max(_read(match[0])) * factor


def _seen(text: str) -> str:
    """Without what nobody sees: a number with a joiner in its middle is one number."""
    return "".join(one for one in text if unicodedata.category(one) != "Cf")


def _read(written: str) -> list[Decimal]:
    digits = re.sub(r"[^\d.,]", "", written).strip(".,")
    whole = Decimal(re.sub(r"[.,]", "", digits) or "0")
    last = max(digits.rfind("."), digits.rfind(","))
    tail = len(digits) - last - 1
    if last < 0 or (tail == 3 and digits[:last].lstrip("0") not in ("", ".", ",")):
        return [whole]
    head = re.sub(r"[.,]", "", digits[:last])
    return [Decimal(f"{head or 0}.{digits[last + 1 :]}")]


def _says(folded: str, said: str) -> bool:
    """Whether it holds every longer piece of a canned reply, in order."""
    pieces = [
        piece for part in _HOLE.split(said) if len(piece := _folded(part)) >= SHORTEST_PIECE
    ] or [_folded(_HOLE.sub(" ", said))]
    at = 0
    for piece in pieces:
        found = folded.find(piece, at)
        if found < 0 or not piece:
            return False
        at = found + len(piece)
    return True


def _folded(text: str) -> str:
    """As compared: letters and digits alone, in any case, whatever stands between them."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(one for one in plain if one.isalnum())
