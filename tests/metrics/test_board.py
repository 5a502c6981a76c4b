"""The live board against a recomputation by another route, and its states, verdicts and days."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config import load
from monitor.domain import (
    Call,
    Direction,
    Gap,
    GapReason,
    Hold,
    Leg,
    LegRole,
    Outcome,
    Phase,
    Segment,
)
from monitor.metrics import frames
from monitor.metrics.board import Board

SETTINGS = load(Path(__file__).parents[2] / "config.toml", env={})
ZONE = ZoneInfo("Asia/Shanghai")


def at(clock: str, day: int = 23) -> float:
    hour, minute, *second = (int(part) for part in clock.split(":"))
    return datetime(2026, 11, day, hour, minute, *second, tzinfo=ZONE).timestamp()


def dial(
    agent: str,
    started_at: float,
    *,
    serial: int = 0,
    ring: float = 5.0,
    talk: float = 0.0,
    outcome: Outcome | None = None,
    number: str = "13800138000",
) -> Call:
    """A finished dial; answered if it has talk."""
    outcome = outcome or (Outcome.ANSWERED if talk else Outcome.NO_ANSWER)
    answered_at = started_at + ring if talk else None
    ended_at = started_at + ring + talk
    return Call(
        id=f"main/{int(started_at)}.{serial}/{agent}",
        pbx="main",
        direction=Direction.OUTBOUND,
        agent=agent,
        number=number,
        trunk="trunk-a",
        phase=Phase.ENDED,
        started_at=started_at,
        answered_at=answered_at,
        ended_at=ended_at,
        ring_seconds=ring,
        talk_seconds=talk,
        outcome=outcome,
        segments=(Segment(agent=agent, started_at=answered_at, ended_at=ended_at),) if answered_at else (),
        legs=(
            Leg(
                uniqueid=f"{started_at}.far",
                channel="PJSIP/trunk-a-1",
                role=LegRole.FAR,
                endpoint="trunk-a",
                started_at=started_at,
                answered_at=answered_at,
                ended_at=ended_at,
                cause=16 if talk else 19,
                dial_status="ANSWER" if talk else "NOANSWER",
            ),
        ),
    )


def open_states(call: Call) -> list[Call]:
    """The values a finished call had on its way."""
    first = msgspec.structs.replace(
        call,
        phase=Phase.DIALING,
        ended_at=None,
        answered_at=None,
        outcome=None,
        segments=(),
        talk_seconds=0.0,
        ring_seconds=0.0,
        legs=(),
    )
    states = [first]
    if call.answered_at is not None:
        states.append(
            msgspec.structs.replace(
                first,
                phase=Phase.TALKING,
                answered_at=call.answered_at,
                segments=tuple(msgspec.structs.replace(s, ended_at=None) for s in call.segments),
            )
        )
    return [*states, call]


def row(board: Board, now: float, extension: str) -> frames.Agent:
    return next(agent for agent in board.snapshot(now).agents if agent.extension == extension)


calls = st.builds(
    dial,
    st.sampled_from(["8001", "8002", "8009", "8024", "7777"]),
    st.integers(0, 8 * 3600).map(lambda s: at("8:50") + s),
    serial=st.integers(0, 10**9),
    ring=st.integers(0, 40).map(float),
    talk=st.one_of(st.just(0.0), st.integers(1, 400).map(float)),
)


def recomputed(calls: dict[str, Call], extension: str | None) -> frames.Figures:
    """Figures of an extension (or the site) counted plainly from the finished calls."""
    mine = [call for call in calls.values() if extension in (None, call.agent)]
    talk = sum(
        s.ended_at - s.started_at for c in calls.values() for s in c.segments if extension in (None, s.agent)
    )
    connects = [call for call in mine if call.outcome is Outcome.ANSWERED]
    return frames.Figures(
        dials=len(mine),
        finished=len(mine),
        connects=len(connects),
        connect_rate=len(connects) / len(mine) if mine else None,
        effective_connects=sum(call.talk_seconds >= 30 for call in connects),
        talk_seconds=talk,
        average_talk_seconds=talk / len(connects) if connects else None,
        ring_seconds=sum(call.ring_seconds for call in mine),
        inbound=0,
        internal=0,
        outcomes=dict(sorted(Counter(call.outcome.value for call in mine).items())),
        incomplete=0,
    )


@given(found=st.lists(calls, max_size=30), chance=st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_board_equals_a_recomputation_whatever_the_order(found: list[Call], chance: object) -> None:
    board = Board(SETTINGS)
    final = {call.id: call for call in found}
    changes = [state for call in final.values() for state in open_states(call)]
    order = list(range(len(changes)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    for number in order:
        board.apply(changes[number], at("18:00"))
    for call in final.values():  # the last word on each call, twice
        board.apply(call, at("18:00"))
        board.apply(call, at("18:00"))
    shown = board.snapshot(at("18:00"))
    assert shown.site.figures == recomputed(final, None)
    assert sum(shown.site.figures.outcomes.values()) == shown.site.figures.finished
    for agent in shown.agents:
        assert agent.figures == recomputed(final, agent.extension)
    by_team: Counter[str] = Counter()
    for agent in shown.agents:
        by_team[agent.team] += agent.figures.dials
    assert {team.id: team.figures.dials for team in shown.teams} == {t.id: by_team[t.id] for t in shown.teams}
    assert sum(bucket.dials for bucket in shown.hours) == shown.site.figures.dials
    restarted = Board(SETTINGS)
    for call in final.values():
        restarted.apply(call, at("18:00"))
    assert restarted.snapshot(at("18:00")) == shown


def test_states_of_an_agent_on_the_way() -> None:
    board = Board(SETTINGS)
    start = at("10:00")
    call = dial("8001", start, ring=6, talk=60)
    seen = [row(board, start, "8001").state]
    for state in open_states(call):
        board.apply(state, start)
        seen.append(row(board, start + 66, "8001").state)
    held = msgspec.structs.replace(
        open_states(call)[1],
        id="main/2/0",
        phase=Phase.HELD,
        holds=(Hold(agent="8001", started_at=start + 9),),
    )
    board.apply(held, start)
    seen.append(row(board, start + 10, "8001").state)
    board.apply(msgspec.structs.replace(call, id="main/2/0"), start)
    seen.append(row(board, start + 66 + 21, "8001").state)
    assert seen == ["not_seen", "dialing", "talking", "wrap_up", "on_hold", "idle"]


def test_numbers_leave_masked() -> None:
    board = Board(SETTINGS)
    board.apply(open_states(dial("8001", at("10:00")))[0], at("10:00"))
    call = row(board, at("10:00"), "8001").call
    assert call is not None
    assert call.number == "138****8000"
    assert b"13800138000" not in msgspec.json.encode(board.snapshot(at("10:01")))


def test_colleague_who_took_over_gets_talk_but_no_dial() -> None:
    board = Board(SETTINGS)
    start = at("10:00")
    call = msgspec.structs.replace(
        dial("8001", start, ring=5, talk=90),
        segments=(
            Segment(agent="8001", started_at=start + 5, ended_at=start + 35),
            Segment(agent="8009", started_at=start + 40, ended_at=start + 95),
        ),
    )
    board.apply(call, start + 100)
    first, second = row(board, start + 100, "8001").figures, row(board, start + 100, "8009").figures
    assert (first.dials, first.connects, first.talk_seconds) == (1, 1, 30.0)
    assert (second.dials, second.connects, second.talk_seconds) == (0, 0, 55.0)
    assert board.snapshot(start + 100).site.figures.talk_seconds == 85.0


@pytest.mark.parametrize(
    ("first", "now", "verdict", "minutes"),
    [
        (None, "9:05", "pending", None),
        (None, "9:10:30", "late", 1),
        (None, "9:31", "late", 21),
        (None, "12:00", "not_started", None),
        ("9:09:59", "9:30", "on_time", None),
        ("8:46", "9:30", "on_time", None),
        ("8:40", "9:30", "late", 20),
        ("9:24", "11:00", "late", 14),
    ],
)
def test_verdicts_at_the_morning_deadline(
    first: str | None, now: str, verdict: str, minutes: int | None
) -> None:
    board = Board(SETTINGS)
    if first:
        board.apply(dial("8001", at(first)), at(now))
    found = row(board, at(now), "8001").first_dials[0]
    assert (found.shift, found.verdict, found.late_minutes) == ("morning", verdict, minutes)


def test_nobody_is_late_where_the_monitor_was_blind() -> None:
    board = Board(SETTINGS)
    board.apply(
        Gap(pbx="main", started_at=at("9:02"), ended_at=at("9:08"), reason=GapReason.LINK_LOST), at("9:08")
    )
    assert row(board, at("9:20"), "8001").first_dials[0].verdict == "indeterminate"
    board.apply(dial("8001", at("9:15")), at("9:20"))
    assert row(board, at("9:20"), "8001").first_dials[0].verdict == "indeterminate"
    board.apply(dial("8002", at("9:09")), at("9:20"))
    assert row(board, at("9:20"), "8002").first_dials[0].verdict == "on_time"


def test_blindness_after_the_deadline_bounds_the_minutes() -> None:
    board = Board(SETTINGS)
    board.apply(
        Gap(pbx="main", started_at=at("9:20"), ended_at=at("9:40"), reason=GapReason.LINK_LOST), at("9:40")
    )
    found = row(board, at("12:30"), "8001").first_dials[0]
    assert (found.verdict, found.late_minutes) == ("late", 10)


def test_deadline_names_who_has_not_begun() -> None:
    board = Board(SETTINGS)
    board.apply(dial("8001", at("9:01")), at("9:05"))
    morning = board.snapshot(at("9:05")).deadlines[0]
    assert (morning.state, morning.expected, morning.begun, len(morning.not_begun)) == ("running", 24, 1, 23)
    assert "main/8001" not in morning.not_begun


def test_longest_idle_gap_leaves_lunch_out() -> None:
    board = Board(SETTINGS)
    for start in ("11:50", "13:35", "13:50"):
        board.apply(dial("8001", at(start), ring=60), at("14:00"))
    assert row(board, at("14:00"), "8001").longest_idle_seconds == 9 * 60 + 5 * 60


def test_a_new_day_begins_empty_and_yesterday_stays_away() -> None:
    board = Board(SETTINGS)
    board.apply(dial("8001", at("23:59:50"), talk=30), at("23:59:59"))
    assert board.snapshot(at("0:00:01", 24)).site.figures.dials == 0
    board.apply(dial("8001", at("23:59:50"), talk=31), at("0:00:20", 24))
    assert board.snapshot(at("0:00:30", 24)).site.figures.dials == 0


def test_delta_holds_only_what_changed_and_leads_to_the_snapshot() -> None:
    board = Board(SETTINGS)
    board.snapshot(at("10:00"))
    board.delta(at("10:00"))
    assert board.delta(at("10:00")) is None
    board.apply(dial("8001", at("9:59")), at("10:00"))
    changes = board.delta(at("10:00"))
    assert changes is not None
    assert [agent.extension for agent in changes.agents or []] == ["8001"]
    assert [team.id for team in changes.teams or []] == ["t1"]
    assert changes.links is None
