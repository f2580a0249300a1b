"""The declarations of a style attribute that a mail may have: none loads, covers or runs."""

import re

MAX_STYLE = 4000

ALLOWED = frozenset(
    {
        *("color", "background-color", "font-family", "font-size", "font-style", "font-weight"),
        *("text-align", "text-decoration", "line-height", "vertical-align", "white-space"),
        *("margin", "margin-top", "margin-right", "margin-bottom", "margin-left"),
        *("padding", "padding-top", "padding-right", "padding-bottom", "padding-left"),
        *("border", "border-top", "border-right", "border-bottom", "border-left"),
        *("border-collapse", "border-color", "border-width", "border-style", "border-radius"),
        *("width", "max-width", "direction", "word-break"),
    }
)
_FUNCTION = re.compile(r"([\w-]{1,20})\(")
_FUNCTIONS = frozenset({"rgb", "rgba", "hsl", "hsla"})
_VALUE = re.compile(r"[\w\s#%.,()'\"!/+-]{1,300}")
"""No backslash (escapes hide words), no colon (schemes), no @, no braces, no angle brackets."""


def safe_style(style: str) -> str:
    """The harmless declarations of it, in their order."""
    kept: list[str] = []
    for declaration in style[:MAX_STYLE].split(";"):
        name, colon, value = declaration.partition(":")
        name = name.strip().lower()
        value = value.strip()
        if not colon or name not in ALLOWED or _VALUE.fullmatch(value) is None:
            continue
        called = [match[1].lower() for match in _FUNCTION.finditer(value)]
        if "/*" in value or len(called) != value.count("(") or not _FUNCTIONS.issuperset(called):
            continue
        kept.append(f"{name}:{value}")
    return ";".join(kept)
