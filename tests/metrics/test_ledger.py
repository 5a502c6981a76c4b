"""The month's ledger: which late starts the grace covers, what counts in full, what was excused."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from monitor.config_duty import Discipline
from monitor.duty import Absence, AbsenceKind, Finding
from monitor.metrics.ledger import accounts
from tests.metrics.test_board import ZONE

RULES = Discipline.model_validate(
    {
        "monthly_grace_count": 3,
        "monthly_grace_minutes": 5,
        "tiers": [{"name": "一档", "from_minute": 1}, {"name": "二档", "from_minute": 31}],
    }
)


def finding(day: int, verdict: str = "late", minutes: int | None = None, **more: object) -> Finding:
    by = datetime(2026, 11, 1, 9, 10, tzinfo=ZONE) + timedelta(days=day)
    at = by.timestamp()
    facts: dict[str, object] = {
        "person": 1,
        "agent": "main/8001",
        "team": "t1",
        "day": f"{by:%Y-%m-%d}",
        "shift": "morning",
        "verdict": verdict,
        "minutes": minutes,
        "tier": RULES.tier(minutes),
        "counts_from": at - 1500,
        "starts_at": at - 600,
        "dial_by_at": at,
        "ends_at": at + 10000,
    }
    return Finding(**(facts | more))  # type: ignore[arg-type]


def test_the_first_three_small_ones_are_covered_and_the_fourth_counts_in_full() -> None:
    (account,) = accounts([finding(day, minutes=5) for day in (9, 2, 5, 7)], RULES)
    assert [(entry.finding.day[-2:], entry.covered) for entry in account.entries] == [
        ("03", True),
        ("06", True),
        ("08", True),
        ("10", False),
    ]
    assert (account.late, account.covered, account.counted, account.minutes) == (4, 3, 1, 5)
    assert account.tiers == {"一档": 1}


def test_a_large_one_is_not_covered_and_uses_up_no_grace() -> None:
    (account,) = accounts([finding(1, minutes=6), finding(2, minutes=45), finding(3, minutes=4)], RULES)
    assert [entry.covered for entry in account.entries] == [False, False, True]
    assert account.tiers == {"一档": 1, "二档": 1}
    assert account.minutes == 51


def test_leave_is_no_case_but_an_exception_is_shown() -> None:
    def away(kind: AbsenceKind) -> Absence:
        return Absence(person=1, kind=kind, starts_at=0, ends_at=1)

    found = [
        finding(1, "excused", absence=away(AbsenceKind.LEAVE)),
        finding(2, "excused", absence=away(AbsenceKind.EXCEPTION)),
        finding(3, "on_time"),
        finding(4, "off"),
        finding(5, "not_started"),
        finding(6, "indeterminate"),
    ]
    (account,) = accounts(found, RULES)
    assert [entry.finding.verdict for entry in account.entries] == ["excused", "not_started", "indeterminate"]
    assert (account.checked, account.on_time, account.excused, account.exceptions) == (5, 1, 2, 1)


def test_without_rules_every_late_start_counts() -> None:
    (account,) = accounts([finding(1, minutes=1)], Discipline())
    assert (account.covered, account.counted) == (0, 1)


@given(st.lists(st.integers(1, 90), max_size=12))
def test_what_is_covered_against_a_plain_count(minutes: list[int]) -> None:
    found = accounts([finding(day, minutes=each) for day, each in enumerate(minutes)], RULES)
    small = [each for each in minutes if each <= 5]
    covered = found[0].covered if found else 0
    assert covered == min(3, len(small))
    if found:
        assert found[0].minutes == sum(minutes) - sum(small[:3])
        assert all(a.finding.dial_by_at < b.finding.dial_by_at for a, b in pairwise(found[0].entries))
