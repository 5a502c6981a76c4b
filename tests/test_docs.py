"""What the program has is in the docs, and what the docs name is in the program."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from monitor import config, config_appraisal, config_duty, config_guard
from monitor.cli import app
from monitor.config import OVERRIDES, Settings
from monitor.domain import Call, Direction
from monitor.metrics import frames
from monitor.metrics.definitions import METRICS
from monitor.replay import contract
from monitor.web.app import create_app
from monitor.wrongs import keys_of
from tests.web.house import house

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs/reference"
DOCS = sorted([*ROOT.glob("docs/**/*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])


def page(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def rows(text: str) -> list[list[str]]:
    """The cells of all table rows but heads and rules."""
    found = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in text.splitlines()
        if line[:1] == "|"
    ]
    return [row for row in found if not set(row[0]) <= set("- ")]


def code(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


# ---------------------------------------------------------------- settings

SECTIONS: dict[str, type[BaseModel]] = {
    "[site]": config.Site,
    "[site.targets], [team.targets]": config.Targets,
    "[calendar]": config_duty.CalendarSettings,
    "[discipline]": config_duty.Discipline,
    "[guard]": config_guard.GuardSettings,
    "[appraisal]": config_appraisal.Appraisal,
    "[[shift]]": config.Shift,
    "[[team]]": config.Team,
    "[[pbx]]": config.Pbx,
    "[[alert]]": config.Alert,
    "[[channel]]": config.Channel,
    "[[send]]": config.Send,
    "[store]": config.StoreSettings,
    "[web]": config.WebSettings,
    "[access]": config.AccessSettings,
    "[log]": config.LogSettings,
}


def section(title: str) -> str:
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", page("config.md"), re.M | re.S)
    assert found, f"docs/reference/config.md has no section {title}"
    return found[1]


@pytest.mark.parametrize("title", SECTIONS)
def test_every_setting_is_in_the_docs_and_no_other(title: str) -> None:
    told = [key for row in rows(section(title))[1:] for key in code(row[0])]
    assert sorted(told) == sorted(keys_of(SECTIONS[title], ()))


def test_every_table_of_the_file_has_its_section() -> None:
    titles = " ".join(re.findall(r"^## (.*)$", page("config.md"), re.M))
    assert all(f"[{table}]" in titles for table in keys_of(Settings, ()))


@pytest.mark.parametrize("title", SECTIONS)
def test_every_default_is_in_the_docs(title: str) -> None:
    for row in rows(section(title))[1:]:
        told = [default for default in code(row[1]) if not default.startswith("start")]
        for key, default in zip(code(row[0]), told, strict=False):
            real = SECTIONS[title].model_fields[key].get_default(call_default_factory=True)
            assert real is not PydanticUndefined, key
            assert default == written(real), key


def written(value: object) -> str:
    """A value as TOML has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return f"[{', '.join(written(each) for each in value)}]"
    return repr(value) if isinstance(value, int | float) else f'"{value}"'


def test_the_keys_of_an_agent_and_the_variables_are_in_the_docs() -> None:
    assert set(keys_of(config.Agent, ())) <= set(re.findall(r"\w+", section("[[team]]")))
    told = {row[0].strip("`"): row[1].strip("`") for row in rows(section("From the environment"))[1:]}
    assert told == {name: f"[{table}] {key}" for name, (table, key) in OVERRIDES.items()}


# ---------------------------------------------------------------- commands


def commands(command: Any, before: str = "dialwatch") -> dict[str, Any]:
    inner = getattr(command, "commands", None)
    if inner is None:
        return {before: command}
    return {
        name: each for key, sub in inner.items() for name, each in commands(sub, f"{before} {key}").items()
    }


def test_every_command_and_option_is_in_the_docs_and_no_other() -> None:
    told = {
        re.sub(r" (FILE…|FILE|NAME|KIND)", "", code(row[0])[0]): code(row[1])
        for row in rows(page("cli.md"))[1:]
    }
    real = commands(typer.main.get_command(app))
    assert set(told) == set(real)
    for name, command in real.items():
        options = [each.opts[0] for each in command.params if each.param_type_name == "option"]
        assert [each for each in told[name] if each.startswith("--")] == [
            o for o in options if o != "--config"
        ], name
    assert "`--config FILE` (`-c`)" in page("cli.md")


# ---------------------------------------------------------------- numbers


def test_every_metric_is_in_the_docs_as_it_is_defined() -> None:
    told = [(row[0].strip("`"), *row[1:]) for row in rows(page("metrics.md"))[1:]]
    assert told == [(m.key, m.zh, m.en, m.unit, m.formula, m.source) for m in METRICS]


# ---------------------------------------------------------------- HTTP, WebSocket, Prometheus


async def test_every_route_is_in_the_docs_and_no_other(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        paths = create_app(home.context).openapi()["paths"]
    real = {
        (method.upper(), re.sub(r"\{\w+(:path)?\}", "{id}", path))
        for path, each in paths.items()
        for method in each
    }
    told = {
        tuple(re.sub(r"\{\w+\}", "{id}", each.partition("?")[0]).split(" "))
        for row in rows(page("http.md"))
        for each in code(row[0])
        if re.match(r"(GET|POST|PUT|DELETE) /", each)
    }
    assert real - told == set()
    pages = {path for _, path in told if not path.startswith("/api/")}
    assert {each for each in told if each[1].startswith("/api/")} == {
        each for each in real if each[1] not in pages
    }


def test_every_message_and_field_of_the_board_is_in_the_docs() -> None:
    text = page("websocket.md")
    told = {row[0]: row[1] for row in rows(text) if len(row) == 2}
    for kind in ("snapshot", "delta", "heartbeat"):
        assert any(row[0] == f"`{kind}`" for row in rows(text))
    for part in msgspec.structs.fields(frames.Board):
        assert f"`{part.encode_name}`" in text
    listed = {tuple(code(cell)) for cell in told.values()}
    for name, struct in inspect.getmembers(frames, inspect.isclass):
        if issubclass(struct, frames.Frame) and name not in ("Frame", "Board", "Changes"):
            assert tuple(each.encode_name for each in msgspec.structs.fields(struct)) in listed, name


def test_every_prometheus_name_is_in_the_docs_and_no_other() -> None:
    source = (ROOT / "monitor/web/ops.py").read_text(encoding="utf-8")
    real = {
        name + "_total" * (kind == "Counter")
        for kind, name in re.findall(r"(Gauge|Counter)MetricFamily\(\s*\"(\w+)\"", source)
    }
    assert len(real) > 10
    table = page("http.md").partition("## Prometheus")[2]
    told = {name.partition("{")[0] for row in rows(table)[1:] for name in code(row[0])}
    assert told == real


# ---------------------------------------------------------------- links


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_between_pages_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), target


def test_every_key_of_a_replayed_call_is_explained_in_its_order() -> None:
    explained = [key for row in rows(page("replay.md")) for key in code(row[0])]
    call = Call(id="main/1.1/0", pbx="main", direction=Direction.OUTBOUND, started_at=1.0)
    assert explained == list(contract(call))
