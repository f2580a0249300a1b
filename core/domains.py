"""The one ASCII spelling of an internet domain, by which addresses are compared."""

import re
import unicodedata

_LABELS = re.compile("[.\u3002\uff0e\uff61]")  # RFC 3490, 3.1: all of them are dots
_SINCE_2008 = frozenset("\u00df\u03c2")
"""Sharp s and final sigma: letters of their own since IDNA2008 (RFC 5894, 7.2), which the standard
codec turns into `ss` and sigma. Both spellings can be registered, by two owners."""


def ascii_domain(domain: str) -> str:
    """Lower case, each label in its ASCII form (RFC 5891). Raises UnicodeError if it has none."""
    return ".".join(_ascii_label(label) for label in _LABELS.split(domain.lower()))


def _ascii_label(label: str) -> str:
    if _SINCE_2008.isdisjoint(label):
        return label.encode("idna").decode("ascii") if label else ""
    plain = unicodedata.normalize("NFKC", label)
    if not all(c.isalnum() or c == "-" for c in plain):
        raise UnicodeError("a character that no domain has")
    return "xn--" + plain.encode("punycode").decode("ascii")
