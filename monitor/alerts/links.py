"""Where a message's number is explained: its definition, its filter, the calls behind it. Pure.

``/calls/?…&explain=METRIC`` is the calls page with the filter of the number, and its explanation open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from monitor.alerts.kinds import TRUNK_SECONDS
from monitor.notices import Alert

Query = dict[str, str]


def link(alert: Alert, public_url: str, zone: ZoneInfo) -> str:
    """The address; empty where people's address of the pages is not known."""
    if not public_url:
        return ""
    made = _QUERIES.get(alert.kind)
    query = made(alert, zone) if made is not None else None
    if query is not None:
        return f"{public_url}/calls/?{urlencode(query)}"
    if alert.kind == "breach":
        return f"{public_url}/watch/?{urlencode({'tab': 'breaches', **_day(alert, zone)})}"
    return f"{public_url}/{'board' if alert.kind == 'link_down' else 'alerts'}/"


def _span(start: float, end: float) -> Query:
    return {"from": f"{start:.3f}", "to": f"{end:.3f}"}


def _day(alert: Alert, zone: ZoneInfo) -> Query:
    midnight = datetime.combine(datetime.fromtimestamp(alert.raised_at, zone), time(), zone)
    return _span(midnight.timestamp(), (midnight + timedelta(days=1)).timestamp())


def _not_begun(alert: Alert, zone: ZoneInfo) -> Query | None:
    facts = alert.facts
    if "counts_from" not in facts:  # an alert of an earlier version
        return None
    end = alert.cleared_at or facts["by"]
    return {
        **_span(facts["counts_from"], end),
        "team": facts["team_id"],
        "dial": "true",
        "explain": "dial_start",
    }


def _idle(alert: Alert, zone: ZoneInfo) -> Query | None:
    agent = alert.facts.get("agent_id")
    if agent is None:
        return None
    return {**_day(alert, zone), "agent": agent, "explain": "idle_seconds"}


def _connect_rate(alert: Alert, zone: ZoneInfo) -> Query | None:
    team = alert.facts.get("team_id")
    if team is None:
        return None
    end = alert.cleared_at or alert.raised_at
    span = _span(end - alert.facts["minutes"] * 60, end)
    return {**span, "team": team, "dial": "true", "live": "false", "explain": "connect_rate"}


def _trunk_failing(alert: Alert, zone: ZoneInfo) -> Query | None:
    end = alert.cleared_at or alert.raised_at
    return {**_span(end - TRUNK_SECONDS, end), "seized": alert.facts["trunk"], "explain": "ner"}


_QUERIES: Mapping[str, Callable[[Alert, ZoneInfo], Query | None]] = {
    "not_begun": _not_begun,
    "idle": _idle,
    "connect_rate": _connect_rate,
    "trunk_failing": _trunk_failing,
}
