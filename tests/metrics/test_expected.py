"""Expected time against a count of every minute, written out plainly; the board's share, gap and lost time by it."""

from __future__ import annotations

from datetime import date, time

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config import Shift
from monitor.config_duty import Break
from monitor.domain import Gap, GapReason, Outage, OutageCause
from monitor.duty import Absence, AbsenceKind
from monitor.metrics.agent import AgentDay
from monitor.metrics.expectation import Expectation
from monitor.metrics.expected import Downtime, expected, expected_on, seconds
from monitor.metrics.posts import ConfiguredSeat, Duty
from monitor.metrics.tally import Stint
from tests.metrics.test_board import ZONE, at

DAY = date(2026, 11, 23)
START, END = at("0:00"), at("0:00") + 86400
MINUTE = 60.0
SHIFTS = [
    Shift(
        id="am",
        name="上午",
        start=time(9),
        end=time(12),
        dial_by=time(9, 10),
        counts_from=time(8, 45),
        breaks=(Break(start=time(10, 30), end=time(10, 45)),),
    ),
    Shift(
        id="pm", name="下午", start=time(13, 30), end=time(17, 30), dial_by=time(13, 50), counts_from=time(13)
    ),
]


def seat(person: int, extension: str, begin: float = 0.0, end: float | None = None) -> ConfiguredSeat:
    return ConfiguredSeat(
        person_id=person, name="", pbx="main", extension=extension, team="t1", valid_from=begin, valid_to=end
    )


instants = st.integers(0, 24 * 60).map(lambda minute: START + minute * MINUTE)
spans = st.tuples(instants, st.one_of(st.none(), instants)).filter(lambda s: s[1] is None or s[0] < s[1])
causes = st.sampled_from(
    [
        ("main", OutageCause.EXTENSION, "8001"),
        ("main", OutageCause.EXTENSION, "8002"),
        ("main", OutageCause.EXTENSION, "8009"),
        ("main", OutageCause.TRUNKS, "trunk-a"),
        ("other", OutageCause.TRUNKS, "trunk-x"),
    ]
)
outages = st.lists(
    st.builds(
        lambda what, span: Outage(
            pbx=what[0], cause=what[1], subject=what[2], started_at=span[0], ended_at=span[1]
        ),
        causes,
        spans,
    ),
    max_size=5,
)
gaps = st.lists(
    st.builds(
        lambda pbx, span: Gap(pbx=pbx, started_at=span[0], ended_at=span[1], reason=GapReason.LINK_LOST),
        st.sampled_from(["main", "other"]),
        spans,
    ),
    max_size=2,
)
absences = st.lists(
    st.builds(
        lambda span: Absence(
            person=1, kind=AbsenceKind.LEAVE, starts_at=span[0], ends_at=span[1] or END, reason=""
        ),
        spans,
    ),
    max_size=2,
)
#: Person 1 moves from 8001 to 8002 at noon, and may have had 8009 beside them.
SEATS = [seat(1, "8001", 0.0, at("12:00")), seat(1, "8002", at("12:00")), seat(2, "8003")]
BESIDE = seat(1, "8009")


def works(minute: float, away: list[Absence]) -> bool:
    """Whether the plan has person 1 work in a minute."""
    clock = minute - START
    hours = clock / 3600
    inside = 9 <= hours < 10.5 or 10.75 <= hours < 12 or 13.5 <= hours < 17.5
    return inside and not any(each.starts_at <= minute < each.ends_at for each in away)


def down(minute: float, extension: str, off: list[Outage], blind: list[Gap]) -> bool:
    """Whether an extension of the PBX ``main`` could not dial in a minute."""
    for each in off:
        about = each.subject == extension or each.cause is OutageCause.TRUNKS
        if each.pbx == "main" and about and each.started_at <= minute < (each.ended_at or END):
            return True
    return unheard(minute, blind)


def unheard(minute: float, blind: list[Gap]) -> bool:
    return any(each.pbx == "main" and each.started_at <= minute < (each.ended_at or END) for each in blind)


def plainly(off: list[Outage], blind: list[Gap], away: list[Absence], beside: bool) -> list[float]:
    """The minutes in which person 1 is expected to work."""
    found = []
    for number in range(24 * 60):
        minute = START + number * MINUTE
        held = ["8001" if minute < at("12:00") else "8002"] + (["8009"] if beside else [])
        if works(minute, away) and not all(down(minute, each, off, blind) for each in held):
            found.append(minute)
    return found


def minutes(periods: list[tuple[float, float]]) -> list[float]:
    return [begin + n * MINUTE for begin, to in periods for n in range(round((to - begin) / MINUTE))]


@given(off=outages, blind=gaps, away=absences, beside=st.booleans())
@settings(max_examples=300, deadline=None)
def test_expected_time_is_every_minute_in_which_a_person_could_work(
    off: list[Outage], blind: list[Gap], away: list[Absence], beside: bool
) -> None:
    duty = Duty(SHIFTS, ZONE, [*SEATS, *([BESIDE] if beside else [])], absences=away)
    found = expected(duty, 1, START, END, Downtime(off, blind))
    assert minutes(found) == plainly(off, blind, away, beside)
    assert seconds(found, at("11:07")) == MINUTE * len([m for m in minutes(found) if m < at("11:07")])


@given(off=outages, blind=gaps, away=absences)
@settings(max_examples=150, deadline=None)
def test_an_extension_is_expected_to_be_worked_on_by_whoever_has_it(
    off: list[Outage], blind: list[Gap], away: list[Absence]
) -> None:
    duty = Duty(SHIFTS, ZONE, SEATS, absences=away)
    found = expected_on(duty, "main/8001", START, END, Downtime(off, blind))
    mine = [m for m in plainly(off, blind, away, beside=False) if m < at("12:00")]
    # In the afternoon nobody has it: it is expected to work when anybody does.
    nobodys = [
        START + n * MINUTE
        for n in range(12 * 60, 24 * 60)
        if works(START + n * MINUTE, []) and not down(START + n * MINUTE, "8001", off, blind)
    ]
    assert minutes(found) == mine + nobodys


@given(
    off=outages,
    blind=gaps,
    away=absences,
    ended=instants,
    now=st.integers(0, 24 * 60).map(lambda minute: START + minute * MINUTE),
)
@settings(max_examples=200, deadline=None)
def test_the_boards_gap_share_and_lost_time_are_counts_of_minutes(
    off: list[Outage], blind: list[Gap], away: list[Absence], ended: float, now: float
) -> None:
    duty = Duty(SHIFTS, ZONE, [seat(1, "8001"), seat(2, "8003")], absences=away)
    agents = [AgentDay("main", "8001", "", "t1"), AgentDay("main", "8003", "", "t1")]
    agents[0].time_line.put("c1", Stint("8001", ended - 30, ended, True))
    agents[0].look(now, 0.0)
    found = Expectation()
    found.learn(duty, Downtime(off, blind), (START, END), agents)
    every = [START + n * MINUTE for n in range(24 * 60)]
    scheduled = {
        key: [m for m in every if works(m, away if key == "8001" else [])] for key in ("8001", "8003")
    }
    left = {key: [m for m in scheduled[key] if not down(m, key, off, blind)] for key in scheduled}

    whole = sum(map(len, scheduled.values()))
    passed = sum(len([m for m in left[key] if m < now]) for key in left)
    share = found.share(["main/8001", "main/8003"], now)
    assert share is None if whole == 0 else abs((share or 0.0) - passed / whole) < 1e-9

    since = found.idle_since(agents[0], now)
    if ended <= now and now in left["8001"]:
        assert since is not None
        begun = at("9:00") if now < at("12:00") else at("13:30")
        # Nothing is said across a time in which the PBX was not heard.
        heard = max([m + MINUTE for m in every if m < now and unheard(m, blind)], default=START)
        counted = [m for m in left["8001"] if max(begun, ended, heard) <= m < now]
        assert now - since == MINUTE * len(counted)
    else:
        assert since is None

    lost, lost_since = found.lost("main/8001", now)
    gone = [m for m in scheduled["8001"] if m not in left["8001"] and m < now]
    assert lost + (now - lost_since if lost_since is not None else 0.0) == MINUTE * len(gone)


def test_who_begins_or_ends_to_be_expected_is_told_once() -> None:
    duty = Duty(SHIFTS, ZONE, [seat(1, "8001"), seat(2, "8003")])
    agents = [AgentDay("main", "8001", "", "t1"), AgentDay("main", "8003", "", "t1")]
    off = Outage(
        pbx="main",
        cause=OutageCause.EXTENSION,
        subject="8001",
        started_at=at("9:30"),
        ended_at=at("9:40"),
    )
    found = Expectation()
    found.learn(duty, Downtime([off]), (START, END), agents)
    told = {
        clock: found.turned(at(clock)) for clock in ("8:00", "9:00", "9:10", "9:30", "9:40", "10:30", "10:31")
    }
    both = {"main/8001", "main/8003"}
    assert told == {
        "8:00": both,
        "9:00": both,
        "9:10": set(),
        "9:30": {"main/8001"},
        "9:40": {"main/8001"},
        "10:30": both,
        "10:31": set(),
    }
