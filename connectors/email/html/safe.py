"""HTML of a mail: made safe to show, turned into text, and without the history it quotes."""

import re
from dataclasses import dataclass

import nh3
from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from selectolax.lexbor import LexborHTMLParser

MAX_HTML = 1024 * 1024
MAX_DEPTH = 256
MAX_TAGS = 30_000

REMOTE_SOURCE = "data-remote-src"
"""Where the address of a remote picture is kept; a page may load it when the agent asks."""

_COMMENT = re.compile(r"<!--.*?(?:-->|$)", re.DOTALL)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]{0,30})")
_NO_NESTING = re.compile(
    r"area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr"
    r"|p|li|td|th|tr|dt|dd|option|tbody|thead|tfoot"
)
"""Void, or closed by the next of their kind."""
_CLEAN_CONTENT = {"script", "style", "title", "noscript", "template", "iframe", "object", "math"}
_TAGS = (
    nh3.ALLOWED_TAGS | {"font", "center", "big", "tt", "u", "s", "strike", "caption", "colgroup"}
) - {"map", "area", "article", "aside", "footer", "header", "nav"}
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"style", "dir", "lang", "title", "align", "valign"},
    "a": {"href", "name"},
    "img": {"src", "alt", "width", "height", REMOTE_SOURCE},
    "font": {"color", "face", "size"},
    "table": {"width", "border", "cellpadding", "cellspacing", "bgcolor"},
    "td": {"width", "height", "colspan", "rowspan", "bgcolor"},
    "th": {"width", "height", "colspan", "rowspan", "bgcolor"},
    "tr": {"bgcolor"},
    "col": {"width", "span"},
    "ol": {"start", "type"},
    "li": {"value"},
}
# No property here takes a url(), so no style can load anything.
_STYLES = {
    *("color", "background-color", "font-family", "font-size", "font-style", "font-weight"),
    *("text-align", "text-decoration", "line-height", "vertical-align", "white-space"),
    *("margin", "margin-top", "margin-right", "margin-bottom", "margin-left"),
    *("padding", "padding-top", "padding-right", "padding-bottom", "padding-left"),
    *("border", "border-top", "border-right", "border-bottom", "border-left"),
    *("border-collapse", "border-color", "border-width", "border-style", "width", "max-width"),
}
_SCHEMES = {"http", "https", "mailto", "tel", "cid"}

# What mail clients wrap the quoted history in.
_QUOTES = (
    ".gmail_quote_container",
    ".gmail_quote",
    ".gmail_attr",
    "blockquote[type=cite]",
    ".moz-cite-prefix",
    ".yahoo_quoted",
    ".protonmail_quote",
    "#isReplyContent",
    ".ntes-mailmaster-quote",
    ".xm_mail_oringinal_describe",
    ".xm_compose_origin_mail_container_sign",
    ".qmbox",
    "#original-content",
)
_FROM_HERE = ("#divRplyFwdMsg", "#appendonsend", "#x_divRplyFwdMsg", "#x_appendonsend")
"""Outlook marks only where the history begins."""
_WORD_BORDER = re.compile(
    r"border:none;\s*border-top:\s*solid\s*#(?:E1E1E1|B5C4DF)\s*1\.0pt", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeHtml:
    html: str
    has_remote: bool
    """It refers to pictures elsewhere; they are not loaded by themselves."""


def make_safe(html: str) -> SafeHtml | None:
    """Without scripts, forms, styles that load, and remote pictures; None: too deep to show.

    The sanitiser is quadratic in nesting, so depth is counted first.
    """
    html = html[:MAX_HTML]
    if not is_shallow(html):
        return None
    tree = LexborHTMLParser(html)
    has_remote = False
    for image in tree.css("img"):
        source = (image.attributes.get("src") or "").strip()
        if REMOTE_SOURCE in image.attributes:
            del image.attrs[REMOTE_SOURCE]
        if not source.lower().startswith("cid:"):
            if "src" in image.attributes:
                del image.attrs["src"]
            if source.lower().startswith(("http://", "https://", "//")):
                has_remote = True
                image.attrs[REMOTE_SOURCE] = source
    body = tree.body
    safe = nh3.clean(
        body.html or "" if body is not None else html,
        tags=_TAGS,
        clean_content_tags=_CLEAN_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=_filter_attribute,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        filter_style_properties=_STYLES,
        strip_comments=True,
    )
    return SafeHtml(html=safe.strip(), has_remote=has_remote)


def is_shallow(html: str) -> bool:
    """Whether its nesting stays under the caps, as counted without a parser, in linear time."""
    depth = tags = 0
    for match in _TAG.finditer(_COMMENT.sub("", html)):
        if _NO_NESTING.fullmatch(match[2].lower()):
            continue
        tags += not match[1]
        depth = max(0, depth - 1) if match[1] else depth + 1
        if depth > MAX_DEPTH or tags > MAX_TAGS:
            return False
    return True


def to_text(html: str) -> str:
    """What a person reads of it: paragraphs, lists and tables kept as lines."""
    if not html.strip():
        return ""
    text = get_text(html[:MAX_HTML], ParserConfig(css=CSS_PROFILES["strict"]))
    lines = [line.rstrip() for line in text.replace("\xa0", " ").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def without_history(html: str) -> str:
    """Without what the clients mark as quoted; the same if nothing is marked."""
    html = html[:MAX_HTML]
    if not is_shallow(html):
        return html
    tree = LexborHTMLParser(html)
    is_cut = False
    for selector in _FROM_HERE:
        for node in tree.css(selector):
            is_cut = True
            _remove_following(node)
    for node in tree.css("div[style]"):
        if _WORD_BORDER.search(node.attributes.get("style") or ""):
            is_cut = True
            _remove_following(node)
            break
    for selector in _QUOTES:
        for node in tree.css(selector):
            is_cut = True
            node.decompose()
    if not is_cut or tree.body is None:
        return html
    return tree.body.html or ""


def _remove_following(node: object) -> None:
    """Remove a node and everything after it, up to the end of the body."""
    current = node
    while current is not None and current.tag != "body":  # type: ignore[attr-defined]  # selectolax has no usable type for nodes
        parent = current.parent  # type: ignore[attr-defined]  # as above
        following = current.next  # type: ignore[attr-defined]  # as above
        while following is not None:
            after = following.next
            following.decompose()
            following = after
        if current is node:
            current.decompose()  # type: ignore[attr-defined]  # as above
        current = parent


def _filter_attribute(tag: str, name: str, value: str) -> str | None:
    if tag == "img" and name == "src":
        return value if value.strip().lower().startswith("cid:") else None
    return value[:2000]
