"""The library's days against the State Council's own notices for 2025 and 2026, and what a year without one gives."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from monitor import holidays

#: 国务院办公厅关于部分节假日安排的通知: first and last day off, and the workdays at weekends.
NOTICES = {
    2025: (
        [("01-01", "01-01"), ("01-28", "02-04"), ("04-04", "04-06"), ("05-01", "05-05")]
        + [("05-31", "06-02"), ("10-01", "10-08")],
        ["01-26", "02-08", "04-27", "09-28", "10-11"],
    ),
    2026: (
        [("01-01", "01-03"), ("02-15", "02-23"), ("04-04", "04-06"), ("05-01", "05-05")]
        + [("06-19", "06-21"), ("09-25", "09-27"), ("10-01", "10-07")],
        ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"],
    ),
}


@pytest.mark.parametrize("year", list(NOTICES))
def test_every_day_off_and_make_up_workday_is_as_announced(year: int) -> None:
    spans, workdays = NOTICES[year]
    off = set()
    for first, last in spans:
        day = date.fromisoformat(f"{year}-{first}")
        while day <= date.fromisoformat(f"{year}-{last}"):
            off.add(day)
            day += timedelta(days=1)
    found = holidays.state_days("CN", None, [year])
    assert {day for day, each in found.days.items() if not each.working} == off
    assert {f"{day:%m-%d}" for day, each in found.days.items() if each.working} == set(workdays)
    assert found.years == {year}


def test_a_year_not_announced_yet_is_not_called_known() -> None:
    found = holidays.state_days("CN", None, [2026, 2031])
    assert found.years == {2026}
    assert not found.days[date(2031, 10, 1)].working


def test_another_country_is_known_and_its_weekends_stay_weekends() -> None:
    found = holidays.state_days("DE", "BY", [2027])
    assert found.years == {2027}
    assert date(2027, 3, 26) in found.days and date(2027, 3, 27) not in found.days


def test_which_countries_there_are() -> None:
    assert holidays.supported("CN") and holidays.supported("DE", "BY")
    assert not holidays.supported("XX") and not holidays.supported("DE", "ZZ")
