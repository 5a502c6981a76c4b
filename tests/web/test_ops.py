"""Is it alive, does everything work, and the figures."""

from __future__ import annotations

import re

import pytest

from monitor.domain import LinkState
from tests.web.house import House, link


async def test_alive_is_open_to_all(home: House) -> None:
    answer = await home.client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("state", "status", "faults"),
    [
        (LinkState.UP, 200, []),
        (LinkState.DOWN, 503, ["link_down:main"]),
        (LinkState.REFUSED, 503, ["link_refused:main"]),
        (LinkState.CONNECTING, 503, ["link_connecting:main"]),
    ],
)
async def test_ready_says_what_is_not(
    inside: House, state: LinkState, status: int, faults: list[str]
) -> None:
    inside.links.append(link(state))
    answer = await inside.client.get("/readyz")
    assert (answer.status_code, answer.json()) == (status, {"ready": not faults, "faults": faults})


async def test_figures_for_prometheus(inside: House) -> None:
    inside.links.append(link())
    answer = await inside.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    for line in (
        'dialwatch_link_up{pbx="main"} 1.0',
        'dialwatch_link_lag_seconds{pbx="main"} 0.1',
        'dialwatch_ami_messages_total{pbx="main"} 1234.0',
        'dialwatch_calls_open{pbx="main"} 3.0',
        "dialwatch_writer_pending 0.0",
        "dialwatch_hub_clients 0.0",
    ):
        assert line in answer.text


async def test_every_metric_is_in_the_reference(inside: House) -> None:
    from pathlib import Path

    text = (Path(__file__).parents[2] / "docs/reference/http.md").read_text("utf-8")
    inside.links.append(link())
    answer = (await inside.client.get("/metrics")).text
    for name in {line.split()[2] for line in answer.splitlines() if line.startswith("# TYPE")}:
        assert name in text, name


async def test_every_operation_is_in_the_reference(inside: House) -> None:
    from pathlib import Path

    text = (Path(__file__).parents[2] / "docs/reference/http.md").read_text("utf-8")
    for path in (await inside.client.get("/openapi.json")).json()["paths"]:
        assert path in text or re.sub(r"\{\w+\}", "{id}", path) in text, path
