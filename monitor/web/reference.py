"""The API's own page at ``/docs``: made from its OpenAPI, without script and without a CDN."""

from __future__ import annotations

from html import escape
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from starlette.responses import HTMLResponse, Response

_STYLE: Final = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color-scheme: light dark; }
h2 { font-size: 1.1rem; margin: 2rem 0 .25rem; }
h2 code { background: color-mix(in srgb, currentColor 10%, transparent); padding: .1em .4em; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0;
  border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
"""


def router(app: FastAPI) -> APIRouter:
    """The reference routes."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/docs", response_class=HTMLResponse)
    async def docs() -> HTMLResponse:
        return HTMLResponse(reference_page(app.openapi()))

    @routes.get("/docs.css")
    async def style() -> Response:
        return Response(_STYLE, media_type="text/css")

    return routes


def reference_page(schema: dict[str, Any]) -> str:
    """Every operation with its parameters, body and answers; shapes at the end."""
    info = schema["info"]
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        f"<title>{escape(info['title'])} API</title><link rel=stylesheet href=/docs.css>",
        f"<h1>{escape(info['title'])} API</h1><p>{escape(info.get('description', ''))}",
        "<p><a href=/openapi.json>openapi.json</a> is the same for programs.",
    ]
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            parts.append(f"<h2><code>{method.upper()} {escape(path)}</code></h2>")
            parts.append(f"<p>{escape(operation.get('description', operation.get('summary', '')))}")
            parts.append(_parameters(operation))
            body = operation.get("requestBody")
            if body:
                parts.append(f"<p>Body: {_kind(next(iter(body['content'].values()))['schema'])}")
            parts.append(_answers(operation["responses"]))
    parts.append("<h1>Shapes</h1>")
    for name, shape in schema.get("components", {}).get("schemas", {}).items():
        parts.append(f"<h2 id='{escape(name)}'>{escape(name)}</h2><p>{escape(shape.get('description', ''))}")
        parts.append(_fields(shape))
    return "\n".join(parts)


def _parameters(operation: dict[str, Any]) -> str:
    rows = [
        (each["name"], _kind(each.get("schema", {})), each.get("description", ""))
        for each in operation.get("parameters", ())
    ]
    return _table(rows)


def _answers(responses: dict[str, Any]) -> str:
    rows = []
    for status, answer in responses.items():
        content = answer.get("content", {})
        kinds = ", ".join(_kind(each.get("schema", {})) or media for media, each in content.items())
        rows.append((status, kinds, answer.get("description", "")))
    return _table(rows)


def _fields(shape: dict[str, Any]) -> str:
    if "enum" in shape:
        return f"<p>{escape(', '.join(map(str, shape['enum'])))}"
    return _table(
        [
            (name, _kind(field), field.get("description", ""))
            for name, field in shape.get("properties", {}).items()
        ]
    )


def _kind(schema: dict[str, Any]) -> str:
    """A schema in a few words, with links to shapes; already HTML."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f"<a href='#{name}'>{name}</a>"
    if "anyOf" in schema:
        return " or ".join(filter(None, map(_kind, schema["anyOf"])))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if "enum" in schema:
        return escape(" | ".join(map(str, schema["enum"])))
    return escape(str(schema.get("type", "")))


def _table(rows: list[tuple[str, str, str]]) -> str:
    """``rows`` of (plain text, HTML, plain text)."""
    if not rows:
        return ""
    lines = "".join(
        f"<tr><td><code>{escape(name)}</code><td>{kind}<td>{escape(text)}" for name, kind, text in rows
    )
    return f"<table>{lines}</table>"
