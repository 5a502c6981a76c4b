"""When reports are due: workdays of the calendar, weekdays, days of the month; and which days they are about."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.config import WebSettings, load
from monitor.config_sending import Send
from monitor.duty import OwnDay, StateDay
from monitor.errors import ConfigError
from monitor.metrics.calendar import Calendar, Pattern
from monitor.sending import schedule
from monitor.sending.schedule import about, due_between, falls_on, next_due
from tests.metrics.test_board import ZONE
from tests.test_config import WHOLE, line_of, told

# 2026-11: the 2nd, 9th, 16th, 23rd and 30th are Mondays. The 25th was made a day off, Saturday the 28th a workday.
CALENDAR = Calendar(
    Pattern(weekdays=frozenset(range(5))),
    state={date(2026, 11, 28): StateDay(True, "调休")},
    own=[OwnDay(day=date(2026, 11, 25), working=False, name="团建")],
)
CHANNEL = '[[channel]]\nname = "leads"\nurl_env = "LEADS"\n'
SEND = '[[send]]\nname = "daily"\nreport = "daily"\nat = "18:00"\nchannels = ["leads"]\n'


def send(**values: Any) -> Send:
    return Send.model_validate(
        {"name": "x", "report": "daily", "at": "18:00", "channels": ["leads"]} | values
    )


def at(day: int, clock: str = "00:00", month: int = 11) -> float:
    return datetime.fromisoformat(f"2026-{month:02}-{day:02}T{clock}").replace(tzinfo=ZONE).timestamp()


@pytest.mark.parametrize(
    ("values", "days"),
    [
        ({}, [23, 24, 26, 27, 28, 30]),
        ({"days": "every"}, list(range(22, 31))),
        ({"days": [0, 6]}, [22, 23, 29, 30]),
        ({"month_day": 24}, [24]),
        ({"month_day": -1}, [30]),
        ({"month_day": 31}, [30]),
    ],
)
def test_the_days_on_which_it_is_sent(values: dict[str, Any], days: list[int]) -> None:
    assert [day for day in range(22, 31) if falls_on(send(**values), date(2026, 11, day), CALENDAR)] == days
    found = due_between(send(**values), CALENDAR, ZONE, at(22), at(30, "23:59"))
    assert [due.day.day for due in found] == days
    assert [due.at for due in found] == [at(day, "18:00") for day in days]
    assert found[0].key == f"x@2026-11-{days[0]}"


def test_a_time_is_due_once_whatever_looks_are_taken() -> None:
    edges = [at(23, "17:59"), at(23, "18:00"), at(23, "18:01"), at(24, "18:00")]
    looks = [due_between(send(), CALENDAR, ZONE, a, b) for a, b in zip(edges, edges[1:], strict=False)]
    assert [[due.day.day for due in look] for look in looks] == [[23], [], [24]]


def test_the_next_time() -> None:
    due = next_due(send(), CALENDAR, ZONE, at(24, "18:00"))
    assert due is not None and due.at == at(26, "18:00")
    due = next_due(send(month_day=2), CALENDAR, ZONE, at(2, "18:00"))
    assert due is not None and due.at == at(2, "18:00", month=12)
    assert next_due(send(), Calendar(Pattern(weekdays=frozenset())), ZONE, at(24)) is None


@pytest.mark.parametrize(
    ("values", "day", "of"),
    [
        ({}, date(2026, 11, 26), date(2026, 11, 26)),
        ({"of": "last"}, date(2026, 11, 26), date(2026, 11, 24)),  # the 25th was a day off
        ({"of": "last"}, date(2026, 11, 23), date(2026, 11, 20)),
        ({"report": "weekly"}, date(2026, 11, 23), date(2026, 11, 16)),
        ({"report": "weekly", "of": "this"}, date(2026, 11, 27), date(2026, 11, 27)),
        ({"report": "monthly"}, date(2026, 1, 2), date(2025, 12, 1)),
    ],
)  # fmt: skip
def test_the_period_it_is_about(values: dict[str, Any], day: date, of: date) -> None:
    assert about(send(**values), day, CALENDAR) == of


def test_every_kind_of_report_but_a_range_can_be_sent() -> None:
    assert {"daily", "weekly", "monthly"} <= set(schedule.sendable())
    assert "range" not in schedule.sendable()


def test_a_report_that_is_none_is_told_with_its_line(tmp_path: Path) -> None:
    text = WHOLE + CHANNEL + SEND.replace('"daily"\nat', '"dayly"\nat')
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(
        ConfigError, match="send#1.report = 'dayly': no such report; there are: daily"
    ) as told:
        schedule.checked(load(path, {}))
    assert f"config.toml:{line_of(text, 'report =')}:" in str(told.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SEND, "send#1.channels#1 = 'leads': no [[channel]] has this name; there are: none"),
        (CHANNEL + SEND + 'team = "t9"\n', "send#1.team = 't9': no [[team]] has this id; there are: t1"),
        (CHANNEL + SEND + SEND, "send#2.name = 'daily': is given twice"),
        (CHANNEL + SEND + "days = []\n", 'send#1.days = []: names no day; write "workdays"'),
        (CHANNEL + SEND + "month_day = 0\n", "is no day of a month; write 1 to 31, or -1"),
        (CHANNEL + SEND + "month_day = 2\ndays = [0]\n", "days is given too; keep one of them"),
        (CHANNEL + SEND + "attach = false\n", "a link needs the address of the pages; add public_url in [web]"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_mend(tmp_path: Path, text: str, message: str) -> None:
    said = told(tmp_path, WHOLE + text)
    assert said.startswith("config.toml:"), said
    assert message in said


def test_the_address_of_the_pages_is_one_that_people_open(tmp_path: Path) -> None:
    for wrong in ("watch", "ftp://watch.example", "https://a b", "https://watch.example/?x=1"):
        with pytest.raises(ValueError, match="is no address"):
            WebSettings(public_url=wrong)
    assert WebSettings(public_url="https://watch.example.cn/").public_url == "https://watch.example.cn"
