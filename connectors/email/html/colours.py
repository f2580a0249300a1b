"""Colours in which people write so as to be told from the text around."""

import re

_STYLED = re.compile(r"(?:^|[;\s])color:\s*([#\w]{1,30}(?:\([\d\s,.%]{1,40}\))?)", re.IGNORECASE)
_NAMED = frozenset(
    {"red", "blue", "green", "purple", "orange", "fuchsia", "magenta", "teal", "navy", "maroon"}
    | {"darkred", "darkblue", "darkgreen", "crimson", "firebrick", "royalblue", "mediumblue"}
)
_USUAL = frozenset({(0x1F, 0x49, 0x7D), (0x05, 0x63, 0xC1), (0x95, 0x4F, 0x72), (0x46, 0x78, 0x86)})
"""Word's own: of answers since 2007, of links."""
STRENGTH = 80
"""Of 255, by which the strongest part of a colour must exceed the weakest; grey has none."""
_NUMBER = re.compile(r"\d{1,3}")


def is_coloured(style: str | None, font_colour: str | None = None) -> bool:
    """Whether this element's text stands out from black, grey and the colours of links."""
    match = _STYLED.search((style or "")[:1000])
    colour = (match[1] if match is not None else font_colour or "").strip().lower()
    return colour in _NAMED or _is_strong(_parts(colour))


def _parts(colour: str) -> tuple[int, ...]:
    if colour.startswith("#"):
        digits = colour[1:]
        if len(digits) == 3:
            digits = "".join(one * 2 for one in digits)
        try:
            return tuple(bytes.fromhex(digits[:6]))
        except ValueError:
            return ()
    if colour.startswith("rgb"):
        return tuple(int(one) for one in _NUMBER.findall(colour)[:3])
    return ()


def _is_strong(parts: tuple[int, ...]) -> bool:
    return len(parts) == 3 and parts not in _USUAL and max(parts) - min(parts) >= STRENGTH
