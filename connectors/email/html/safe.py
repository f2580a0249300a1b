"""HTML of a mail made safe to show: nothing in it runs, loads by itself, or covers the page."""

import nh3

from connectors.email.html.depth import is_shallow
from connectors.email.html.styles import ALLOWED, safe_style

MAX_HTML = 1024 * 1024
MAX_VALUE = 2000
"""Characters of an attribute that are kept."""
REMOTE_SOURCE = "data-remote-src"
"""Where the address of a remote picture is kept; a page may load it when the agent asks."""

_KEPT_APART = "\ufdd1"
"""No character: stands before the address of a remote picture until its attribute is renamed."""
_DROPPED_WITH_CONTENT = {
    *("applet", "audio", "canvas", "embed", "frame", "frameset", "iframe", "math", "noembed"),
    *("noframes", "noscript", "object", "plaintext", "script", "select", "style", "svg"),
    *("template", "textarea", "title", "video", "xmp"),
}
_TAGS = {
    *("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center"),
    *("cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em"),
    *("figcaption", "figure", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img"),
    *("ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp"),
    *("small", "span", "strike", "strong", "sub", "summary", "sup", "table", "tbody", "td"),
    *("tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "wbr"),
}
# No id, class or name: nothing in a page can be clobbered by them, nor styled as its own part.
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"style", "dir", "lang", "title", "align", "valign"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "font": {"color", "face", "size"},
    "table": {"width", "border", "cellpadding", "cellspacing", "bgcolor"},
    "td": {"width", "height", "colspan", "rowspan", "bgcolor"},
    "th": {"width", "height", "colspan", "rowspan", "bgcolor"},
    "tr": {"bgcolor"},
    "col": {"width", "span"},
    "ol": {"start", "type"},
    "li": {"value"},
}
_LINKS = ("http:", "https:", "mailto:", "tel:")
_REMOTE = ("http://", "https://", "//")


def make_safe(html: str) -> str | None:
    """Without scripts, forms, styles that load, and remote pictures; None: too deep to show.

    The sanitiser is quadratic in nesting, so depth is counted first. It closes whatever the mail
    left open, so that the results of several parts may stand below each other.
    """
    html = html[:MAX_HTML].replace(_KEPT_APART, "")
    if not is_shallow(html):
        return None
    safe = nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=_filter_attribute,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        filter_style_properties=set(ALLOWED),
        strip_comments=True,
    )
    # An address that this misses has no scheme that loads anything.
    return safe.replace(f' src="{_KEPT_APART}', f' {REMOTE_SOURCE}="').strip()


def _filter_attribute(tag: str, name: str, value: str) -> str | None:
    value = value[:MAX_VALUE]
    if name == "style":
        return safe_style(value) or None
    lowered = value.strip().lower()
    if name == "href":
        return value if lowered.startswith(_LINKS) else None
    if tag == "img" and name == "src":
        if lowered.startswith("cid:"):
            return value
        return _KEPT_APART + value.strip() if lowered.startswith(_REMOTE) else None
    return value
