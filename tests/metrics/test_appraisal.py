"""The appraisal: attainments up to a cap, points for what counts in full, and no weight of quality given away."""

from __future__ import annotations

import pytest

from monitor.config import Settings
from monitor.config_appraisal import Appraisal
from monitor.metrics import frames
from monitor.metrics.appraisal import appraisals
from monitor.metrics.ledger import Account
from monitor.metrics.lines import NOTHING, line_of
from monitor.metrics.sheet import Line

RULES = Appraisal(results_of=("dials", "talk_minutes"), late_points=4, not_started_points=30)


def line(dials: int, target: float | None, key: str = "7/t1") -> Line:
    return line_of(key, "张伟", {**NOTHING, "dials": dials}, targets=frames.Targets(dials=target))


def account(**more: int) -> Account:
    counts = dict.fromkeys(
        ("checked", "on_time", "late", "covered", "counted", "minutes", "not_started", "indeterminate")
        + ("excused", "exceptions"),
        0,
    )
    return Account(person=7, team="t1", tiers={}, entries=(), **{**counts, "checked": 40, **more})


def test_results_and_discipline_are_weighted_and_quality_is_not_known() -> None:
    (found,) = appraisals([line(90, 100)], [account(counted=3, covered=2, not_started=1)], RULES)
    assert found.results == 90
    assert found.discipline == 100 - 3 * 4 - 30
    assert found.quality is None
    assert found.points == pytest.approx(0.6 * 90 + 0.2 * 58)
    assert found.reachable == 80


def test_an_attainment_counts_up_to_the_cap_and_discipline_never_under_nothing() -> None:
    (found,) = appraisals([line(500, 100)], [account(counted=40)], RULES)
    assert (found.results, found.discipline) == (120, 0)


def test_what_is_not_known_has_no_score_and_no_weight() -> None:
    without_target, stranger = line(90, None), line(90, 100, key="main/8001")
    (found,) = appraisals([without_target, stranger], [], RULES)
    assert (found.results, found.discipline, found.points, found.reachable) == (None, None, None, 0)
    (judged,) = appraisals([without_target], [account()], RULES)
    assert (judged.points, judged.reachable) == (20, 20)
    (unchecked,) = appraisals([line(90, 100)], [account(checked=0)], RULES)
    assert (unchecked.discipline, unchecked.reachable) == (None, 60)


def test_weights_are_a_hundred_together() -> None:
    with pytest.raises(ValueError, match="100 together"):
        Appraisal(results=50)
    assert Settings.model_fields["appraisal"].default == Appraisal()
