"""Every number that is shown is defined once."""

from __future__ import annotations

from monitor.metrics.definitions import METRICS
from monitor.metrics.frames import Agent, Figures, Trunk
from monitor.metrics.sheet import Line


def test_every_metric_is_defined_once_in_both_languages() -> None:
    keys = [metric.key for metric in METRICS]
    assert len(keys) == len(set(keys))
    assert all(
        metric.zh and metric.en and metric.formula and metric.formula_zh and metric.unit for metric in METRICS
    )


def test_what_is_defined_is_what_is_shown() -> None:
    shown = {
        *Figures.__struct_fields__,
        *Agent.__struct_fields__,
        *Trunk.__struct_fields__,
        *Line.__struct_fields__,
    }
    elsewhere = {"dial_start", "first_dial", "ranking", "pace", "mos", "missed_inbound"}
    elsewhere |= {"called_back", "callback_seconds", "forecast", "appraisal"}
    assert {metric.key for metric in METRICS} - elsewhere <= shown
