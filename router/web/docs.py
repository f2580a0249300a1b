"""Routes: the API's description, for programs as OpenAPI and for people as one plain page."""

from html import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import hdrs, web

from router.web.context import Call
from router.web.openapi import openapi_document
from router.web.policy import public
from router.web.routes import OPERATIONS, Routes

routes = Routes(prefix="", tag="docs")

_OPEN = public("It describes the API and holds nothing of the desk.")
_CSP = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
_STYLE = Path(__file__).parent / "docs.css"


def describe(app: web.Application) -> dict[str, Any]:
    """The OpenAPI document of this application."""
    try:
        release = version("onethread")
    except PackageNotFoundError:
        release = "0"
    operations = app[OPERATIONS]
    return openapi_document(operations, version=release)


@routes.get("/api/v1/openapi.json", policy=_OPEN, gives=("application/json",))
async def read_openapi(call: Call) -> web.Response:
    """OpenAPI 3.1."""
    body = msgspec.json.encode(describe(call.request.app))
    headers = {hdrs.CACHE_CONTROL: "no-cache"}
    return web.Response(body=body, content_type="application/json", headers=headers)


@routes.get("/api/docs", policy=_OPEN, gives=("text/html",), is_documented=False)
async def read_docs(call: Call) -> web.Response:
    """The same for people. No script, nothing from elsewhere."""
    headers = {"Content-Security-Policy": _CSP, hdrs.CACHE_CONTROL: "no-cache"}
    text = render(describe(call.request.app))
    return web.Response(text=text, content_type="text/html", headers=headers)


@routes.get("/api/docs.css", policy=_OPEN, gives=("text/css",), is_documented=False)
async def read_docs_style(call: Call) -> web.StreamResponse:
    """The page's style."""
    return web.FileResponse(_STYLE, headers={hdrs.CACHE_CONTROL: "no-cache"})


def render(document: dict[str, Any]) -> str:
    """One page: a list of operations by tag, then the schemas that they name."""
    by_tag: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tag = next(iter(operation["tags"]), "other")
            by_tag.setdefault(tag, []).append(_operation(method, path, operation))
    contents = "".join(f'<li><a href="#{escape(tag)}">{escape(tag)}</a></li>' for tag in by_tag)
    sections = "".join(
        f'<section id="{escape(tag)}"><h2>{escape(tag)}</h2>{"".join(operations)}</section>'
        for tag, operations in by_tag.items()
    )
    schemas = "".join(
        f'<details id="schema-{escape(name)}"><summary><code>{escape(name)}</code></summary>'
        f"{_schema(schema)}</details>"
        for name, schema in sorted(document["components"]["schemas"].items())
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<title>onethread API</title><link rel="stylesheet" href="/api/docs.css"></head><body>'
        f"<header><h1>onethread API</h1><p>{escape(document['info']['description'])} As a"
        ' document: <a href="/api/v1/openapi.json">openapi.json</a>. Sign in with a session cookie'
        " and the X-CSRF-Token header, or with <code>Authorization: Bearer</code> and a token.</p>"
        f"<nav><ul>{contents}<li><a href=#schemas>schemas</a></li></ul></nav></header><main>"
        f'{sections}<section id="schemas"><h2>schemas</h2>{schemas}</section></main></body></html>'
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    rows = [
        f"<tr><td><code>{escape(one['name'])}</code></td><td>{one['in']}</td>"
        f"<td>{_type(one['schema'])}</td><td>{'' if one['required'] else 'optional'}</td></tr>"
        for one in operation["parameters"]
    ]
    takes = operation.get("requestBody", {}).get("content", {})
    for media_type, content in takes.items():
        shown = _type(content.get("schema", {})) or escape(media_type)
        rows.append(f"<tr><td>body</td><td>{escape(media_type)}</td><td>{shown}</td><td></td></tr>")
    answers = ", ".join(
        f"<b>{status}</b> {_answer(answer)}" for status, answer in operation["responses"].items()
    )
    table = f"<table>{''.join(rows)}</table>" if rows else ""
    more = operation["description"]
    return (
        f'<article id="{escape(operation["operationId"])}"><h3><span class="{method}">'
        f"{method.upper()}</span> <code>{escape(path)}</code></h3>"
        f"<p>{escape(operation['summary'])}</p>{f'<p>{escape(more)}</p>' if more else ''}"
        f'{table}<p class="answers">{answers}</p>'
        f'<p class="policy">policy: {escape(operation["x-policy"])}</p></article>'
    )


def _answer(answer: dict[str, Any]) -> str:
    for media_type, content in answer.get("content", {}).items():
        return _type(content.get("schema", {})) or escape(media_type)
    return ""


def _schema(schema: dict[str, Any]) -> str:
    required = set(schema.get("required", ()))
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{_type(one)}</td>"
        f"<td>{'' if name in required else 'optional'}</td>"
        f"<td>{escape(one.get('description', ''))}</td></tr>"
        for name, one in schema.get("properties", {}).items()
    )
    text = escape(schema.get("description", ""))
    return f"<p>{text}</p><table>{rows}</table>" if rows else f"<p>{text} {_type(schema)}</p>"


def _type(schema: dict[str, Any]) -> str:
    """A schema in a few words, with links to those that have a name."""
    match schema:
        case {"$ref": str(reference)}:
            name = escape(reference.rpartition("/")[2])
            return f'<a href="#schema-{name}">{name}</a>'
        case {"anyOf": list(choices)}:
            return " | ".join(_type(one) for one in choices)
        case {"enum": list(values)}:
            return " | ".join(f"<code>{escape(str(value))}</code>" for value in values)
        case {"type": "array"}:
            inner: Any = schema.get("items")
            return f"[{_type(inner) if isinstance(inner, dict) else ''}]"
        case {"type": str(name)}:
            detail = schema.get("format")
            return escape(f"{name} ({detail})" if detail else name)
        case _:
            return ""
