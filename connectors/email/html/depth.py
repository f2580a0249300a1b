"""How deep markup nests, counted before a sanitiser that is quadratic in it sees it."""

import re

MAX_DEPTH = 256
MAX_TAGS = 30_000

_COMMENT = re.compile(r"<!--.*?(?:-->|$)", re.DOTALL)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]{0,30})")
_NO_NESTING = frozenset(
    {
        *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param"),
        *("source", "track", "wbr", "p", "li", "td", "th", "tr", "dt", "dd", "option"),
        *("tbody", "thead", "tfoot"),
    }
)
"""Void, or closed by the next of their kind; what they nest in is counted."""


def is_shallow(html: str) -> bool:
    """Whether no reading of the markup nests deeper than MAX_DEPTH. In linear time.

    An end tag closes only what is open under its name, outside of comments.
    """
    opened: dict[str, int] = {}
    depth = tags = 0
    for match in _TAG.finditer(_COMMENT.sub("", html)):
        name = match[2].lower()
        if name in _NO_NESTING:
            continue
        if not match[1]:
            opened[name] = opened.get(name, 0) + 1
            depth += 1
            tags += 1
        elif opened.get(name):
            opened[name] -= 1
            depth -= 1
        if depth > MAX_DEPTH or tags > MAX_TAGS:
            return False
    return True
