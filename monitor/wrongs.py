"""What is wrong in a settings file, in words for people: file, line, key, value and mend."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

Loc = tuple[str | int, ...]

#: What to write instead, by pydantic's kind of error; ``{}`` are the limits that it names.
_MENDS = {
    "missing": "missing; add it",
    "int_parsing": "write a whole number, without quotes",
    "int_type": "write a whole number, without quotes",
    "int_from_float": "write a whole number",
    "float_parsing": "write a number, without quotes",
    "float_type": "write a number, without quotes",
    "bool_parsing": "write true or false, without quotes",
    "bool_type": "write true or false, without quotes",
    "string_type": 'write text in "quotes"',
    "path_type": 'write a path in "quotes"',
    "tuple_type": "write a list in [brackets]",
    "model_type": "write it as a [table] with keys of its own",
    "string_too_short": "is empty; fill it in",
    "too_short": "needs at least one entry",
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "string_pattern_mismatch": "has a character that is not allowed; it must match {pattern}",
    "literal_error": "write {expected}",
}
#: Keys whose value is never shown, by table.
_HIDDEN = (("pbx", "secret"), ("channel", "url"), ("guard", "secret"))


def wrong(problem: str, *at: str | int) -> PydanticCustomError:
    """An error of a validator: the problem with its mend, and the key ``at`` fault below what is validated."""
    return PydanticCustomError("dialwatch", "{problem}", {"problem": problem, "at": at})


def explain(
    path: Path, text: str, data: Mapping[str, Any], error: ValidationError, model: type[BaseModel]
) -> str:
    """One error of a file as one message: ``config.toml:12: web.port = 70000: must be at most 65535``.

    ``data`` is what was read from ``text``, ``model`` what it was held against.
    """
    # A misspelt key is told before the missing one that it should have been.
    first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    details = first.get("ctx", {})
    loc: Loc = (*first["loc"], *details.get("at", ()))
    line = line_of(text, loc)
    place = f"{path}:{line}" if line else f"{path}"
    kind = first["type"]
    if kind == "extra_forbidden":
        return f"{place}: {_key(loc)}: no such key; {_hint(str(loc[-1]), keys_of(model, loc[:-1]))}"
    if kind == "dialwatch":
        problem = str(details["problem"])
    elif kind in _MENDS:
        problem = _MENDS[kind].format(**details).replace("True", "true").replace("False", "false")
    else:
        problem = first["msg"]
    return f"{place}: {_key(loc)}{_shown(data, loc)}: {problem}" if loc else f"{place}: {problem}"


def keys_of(model: type[BaseModel], loc: Loc) -> list[str]:
    """The keys that the table at ``loc`` may have."""
    for part in loc:
        if isinstance(part, str):
            fields = {field.alias or name: field for name, field in model.model_fields.items()}
            inner = _model_in(fields[part].annotation) if part in fields else None
            if inner is None:
                return []
            model = inner
    return [field.alias or name for name, field in model.model_fields.items() if not field.exclude]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := _model_in(each)) is not None), None)


def _hint(word: str, allowed: list[str]) -> str:
    near = difflib.get_close_matches(word, allowed, n=1)
    return f"did you mean {near[0]!r}?" if near else f"allowed here: {', '.join(allowed)}"


def _key(loc: Loc) -> str:
    """``pbx#1.trunks#2``: people count from 1."""
    text = ""
    for part in loc:
        text += f"#{part + 1}" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def _shown(data: Any, loc: Loc) -> str:
    """The value as written, where it is one that can be shown on a line."""
    for part in loc:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return ""
    if isinstance(data, Mapping) or (
        isinstance(data, list) and any(isinstance(each, Mapping) for each in data)
    ):
        return ""
    return (
        ""
        if (loc[0], loc[-1]) in _HIDDEN
        else f" = {str(data).lower() if isinstance(data, bool) else repr(data)}"
    )


def line_of(text: str, loc: Loc) -> int | None:
    """The line of a key in a TOML text, or of its table where the key is not written; ``None`` if unknown."""
    lines = text.splitlines()
    best: tuple[int, int] | None = None
    for here, number in _keys_in(lines):
        if here == loc[: len(here)] and (best is None or len(here) > best[0]):
            best = (len(here), number)
    if best is None:
        return None
    depth, number = best
    rest = loc[depth:]
    if rest and isinstance(rest[0], int) and lines[number - 1].partition("#")[0].rstrip().endswith("["):
        # A list with an entry a line, as people write long ones.
        entries = [
            n for n, each in enumerate(lines[number:], number + 1) if each.strip(" \t")[:1] not in ("", "#")
        ]
        return entries[rest[0]] if rest[0] < len(entries) else number
    return number


def _keys_in(lines: list[str]) -> list[tuple[Loc, int]]:
    """Every table header and key at the begin of a line, with its place in the data."""
    found: list[tuple[Loc, int]] = []
    table: list[str | int] = []
    counts: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        header = re.match(r"\s*(\[\[?)\s*([\w.\-]+)\s*\]", line)
        pair = re.match(r"\s*([\w\-]+)\s*=", line)
        if header:
            table = []
            parts = header[2].split(".")
            for depth, part in enumerate(parts):
                name = ".".join(parts[: depth + 1])
                table.append(part)
                if header[1] == "[[" and depth == len(parts) - 1:
                    counts[name] = counts.get(name, -1) + 1
                if name in counts:
                    table.append(counts[name])
            found.append((tuple(table), number))
        elif pair:
            found.append(((*table, pair[1]), number))
    return found
