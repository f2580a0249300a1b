"""HTML of strangers as a document for a scriptless sandboxed frame. Sanitised again on each read.

What a connector stored was sanitised once; a later fault found in a sanitiser is mended here for
all that was stored before.
"""

import html
import re
from collections.abc import Callable, Mapping

MAX_HTML = 1024 * 1024
MAX_DEPTH = 256
"""nh3 takes 21 s for 50,000 nested elements, so nesting is counted first."""
LONGEST_STYLE = 4_000
MOST_SHOWN = 16 * 1024 * 1024
"""Bytes of all pictures put into one document, each as often as it stands there."""
REMOTE_SOURCE = "data-remote-src"
"""Where connectors keep the address of a picture that must not load by itself."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_NO_NESTING = _words(
    """
    area base br col embed hr img input link meta param source track wbr
    p li dt dd td th tr tbody thead tfoot option
    """
)
"""Void, or closed by the next of their kind; what they nest in is counted."""
_TAGS = _words(
    """
    a abbr acronym b bdi bdo big blockquote br caption center cite code col colgroup dd del
    details dfn div dl dt em figcaption figure font h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol
    p pre q rp rt ruby s samp small span strike strong sub summary sup table tbody td tfoot th
    thead time tr tt u ul var wbr
    """
)
_DROPPED_WITH_CONTENT = _words(
    """
    applet audio canvas embed frame frameset head iframe math noscript object script select
    style svg template textarea title video
    """
)
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"style", "dir", "lang", "title", "align", "valign"},
    "a": {"href"},
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
# None of these takes a url(), so no style loads anything or covers the page.
_STYLES = _words(
    """
    background-color border border-bottom border-collapse border-color border-left border-radius
    border-right border-spacing border-style border-top border-width color direction display
    font-family font-size font-style font-weight height letter-spacing line-height margin
    margin-bottom margin-left margin-right margin-top max-width min-width padding padding-bottom
    padding-left padding-right padding-top text-align text-decoration text-indent text-transform
    vertical-align white-space width word-break word-spacing word-wrap
    """
)
_LINKS = ("http:", "https:", "mailto:", "tel:")
_PICTURES = ("data:image/png;", "data:image/jpeg;", "data:image/gif;", "data:image/webp;")
_PAGE = """<!doctype html>
<html><head><meta charset="utf-8"><meta name="referrer" content="no-referrer">
<style>
body {{ margin: 0; padding: 8px; font: 14px/1.5 system-ui, sans-serif; color: #111;
  background: #fff; overflow-wrap: anywhere }}
img {{ max-width: 100%; height: auto }}
table {{ max-width: 100% }}
pre {{ white-space: pre-wrap }}
blockquote {{ margin: 0 0 0 8px; padding-left: 8px; border-left: 2px solid #ccc }}
a[data-host]::after {{ content: " [" attr(data-host) "]"; color: #b00; font-size: 12px }}
</style></head><body>
{body}
</body></html>
"""


RemotePicture = Callable[[str], str | None]
"""The address of a picture elsewhere, by https only -> the data URI shown for it. None: nothing."""


def no_remote(_: str) -> None:
    """Pictures from elsewhere stay out."""


def remote_pictures(source: str) -> tuple[str, ...]:
    """The https addresses of pictures that would be shown, each once, in their order."""
    found: dict[str, None] = {}
    to_document(source, pictures={}, remote=lambda address: found.setdefault(address))
    return tuple(found)


def to_document(
    source: str,
    *,
    pictures: Mapping[str, str],
    remote: RemotePicture = no_remote,
    text: str = "",
) -> str:
    """A whole page. `pictures` are data URIs by content id; others in the mail stay out.

    What is too deep or too large to sanitise in reasonable time is replaced by `text`.
    """
    if len(source) > MAX_HTML or not is_shallow(source):
        return _PAGE.format(body=f"<pre>{html.escape(text)}</pre>")
    return _PAGE.format(body=_sanitised(source, pictures, remote))


def is_shallow(source: str) -> bool:
    """Whether no reading of the markup nests deeper than MAX_DEPTH. In linear time.

    An end tag only closes what is open under its name: `<div></b>` a thousand times is deep.
    """
    opened: dict[str, int] = {}
    depth = 0
    for match in _TAG.finditer(source):
        name = match[2].lower()
        if name in _NO_NESTING:
            continue
        if not match[1]:
            opened[name] = opened.get(name, 0) + 1
            depth += 1
        elif opened.get(name):
            opened[name] -= 1
            depth -= 1
        if depth > MAX_DEPTH:
            return False
    return True


def _sanitised(source: str, pictures: Mapping[str, str], remote: RemotePicture) -> str:
    left = MOST_SHOWN

    def within(shown: str | None) -> str | None:
        nonlocal left
        if shown is None or len(shown) > left:
            return None
        left -= len(shown)
        return shown

    def keep(tag: str, name: str, value: str) -> str | None:
        bare = value.strip()
        lowered = bare.lower()
        match name:
            case "src":
                return within(_picture(bare, lowered, pictures, remote))
            case "data-remote-src":
                return within(remote(bare)) if lowered.startswith("https:") else None
            case "href":
                return bare if lowered.startswith(_LINKS) else None
            case "style":
                return value if _STYLE.fullmatch(_COLORS.sub("", value[:LONGEST_STYLE])) else None
            case "title":
                # A link's title is ours: it says where the link leads.
                return None if tag == "a" else value
            case _:
                return value

    import nh3  # with the first document that is shown: 1.4 MiB that an idle process need not keep

    cleaned = nh3.clean(
        source,
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED_WITH_CONTENT),
        attributes=_ATTRIBUTES,
        attribute_filter=keep,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        filter_style_properties=set(_STYLES),
        strip_comments=True,
    )
    cleaned = _LINK.sub(_with_host, cleaned)
    # Only what the filter let through still bears this name, and text holds no bare quote after <.
    return _REMOTE.sub(r"\1src=", cleaned)


def _with_host(match: re.Match[str]) -> str:
    """A link says where it leads; beside it, if its words name another host."""
    host = _host_of(html.unescape(match[2]))
    if host is None:
        return match[0]
    said = _TAG_OR_SPACE.sub("", html.unescape(match[4])).lower()
    named = _NAMED_HOST.search(said[:300])
    is_other = named is not None and not _is_same(named[1], host)
    shown = html.escape(host)
    marks = f' title="{shown}"' + (f' data-host="{shown}"' if is_other else "")
    return f"{match[1]}{match[2]}{match[3]}{marks}>{match[4]}"


def _host_of(address: str) -> str | None:
    """The host a browser would go to; None for what is no address of the web."""
    match = _AUTHORITY.match(address.strip())
    if match is None:
        return None
    host = match[1].rpartition("@")[2].partition(":")[0].lower().rstrip(".")
    return host[:253] or None


def _is_same(said: str, host: str) -> bool:
    said, host = said.removeprefix("www."), host.removeprefix("www.")
    return said == host or host.endswith(f".{said}")


_COLORS = re.compile(r"\b(?:rgb|hsl)a?\([\d\s.,%/]{1,60}\)", re.IGNORECASE)
_STYLE = re.compile(r"[\w\s#%.,'\"!/+:;-]*")
"""No bracket (url, image-set, expression), backslash (hides words), @ or brace."""
# The sanitiser writes a link so, with no quote or bracket bare inside of a value.
_LINK = re.compile(
    r'(<a\b[^<>]{0,500}? href=")([^"<>]{1,8000})("[^<>]{0,500})>(.{0,2000}?)(?=</a>)',
    re.DOTALL,
)
_AUTHORITY = re.compile(r"https?:[/\\]*([^/\\?#]{1,400})", re.IGNORECASE)
_TAG_OR_SPACE = re.compile(r"<[^<>]{0,500}>|[\s\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\xad]")
_NAMED_HOST = re.compile(r"((?:[\w-]{1,63}\.){1,6}[^\W\d_]{2,24})(?![\w@.-])")
_REMOTE = re.compile(rf"(<img\b[^<>]*?\s){REMOTE_SOURCE}=")


def _picture(
    bare: str, lowered: str, pictures: Mapping[str, str], remote: RemotePicture
) -> str | None:
    if lowered.startswith("cid:"):
        return pictures.get(bare[4:].strip("<>"))
    if lowered.startswith(_PICTURES):
        return bare
    return remote(bare) if lowered.startswith("https:") else None
