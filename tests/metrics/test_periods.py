"""Which days a report is about, and which it is compared with."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.metrics.periods import COMPARED, Kind, Period, period_of

MONDAY = date(2026, 11, 23)
DAYS = st.dates(date(2001, 1, 1), date(2100, 12, 31))


def test_periods() -> None:
    assert period_of(Kind.WEEKLY, date(2026, 11, 25)) == Period(Kind.WEEKLY, MONDAY, date(2026, 11, 29))
    month = period_of(Kind.MONTHLY, date(2026, 2, 14))
    assert (month.first, month.last) == (date(2026, 2, 1), date(2026, 2, 28))
    assert month.before(2) == period_of(Kind.MONTHLY, date(2025, 12, 31))
    assert period_of(Kind.DAILY, MONDAY).before(4).first == date(2026, 10, 26)
    spanned = period_of(Kind.RANGE, MONDAY, date(2026, 11, 25))
    assert spanned.before() == Period(Kind.RANGE, date(2026, 11, 20), date(2026, 11, 22))


@pytest.mark.parametrize("kind", [Kind.DAILY, Kind.WEEKLY, Kind.MONTHLY])
@given(day=DAYS)
def test_periods_before_are_whole_and_apart(kind: Kind, day: date) -> None:
    period = period_of(kind, day)
    assert period.first <= day <= period.last
    known = [period, *(period.before(number) for number in range(1, COMPARED + 1))]
    for later, earlier in zip(known, known[1:], strict=False):
        assert earlier.last < later.first
        assert period_of(kind, earlier.first) == earlier
        if kind is Kind.DAILY:
            assert earlier.first.weekday() == day.weekday()
        else:
            assert later.first - earlier.last == timedelta(days=1)
