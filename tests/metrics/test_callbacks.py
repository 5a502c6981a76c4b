"""Missed inbound and its calls back, against a plain second way."""

from __future__ import annotations

from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from monitor.contacts import Contact, Missed, Numbering
from monitor.domain import Direction, Outcome
from monitor.metrics import callbacks
from monitor.metrics.callbacks import HORIZON_SECONDS, Case, by_team, cases, summary, teams_of

NUMBERING = Numbering()
NUMBERS = ["13800001111", "013800001111", "+8613800001111", "13900002222", None, "anonymous"]


def contact(
    at: float,
    number: str | None = "13800001111",
    *,
    direction: Direction = Direction.OUTBOUND,
    agent: str | None = "8001",
    seconds: float = 10.0,
    talk: float = 0.0,
    ring: float = 5.0,
    outcome: Outcome | None = None,
    queue: str | None = None,
    serial: int = 0,
    over: bool = True,
    pbx: str = "main",
    complete: bool = True,
) -> Contact:
    """A call in brief; answered if it has talk."""
    found = outcome or (Outcome.ANSWERED if talk else Outcome.NO_ANSWER)
    return Contact(
        f"{pbx}/{at}.{serial}/{direction}",
        pbx,
        direction,
        agent,
        number,
        queue,
        at,
        at + ring if talk else None,
        at + (ring + talk if talk else seconds) if over else None,
        ring,
        talk,
        found if over else None,
        complete,
    )


def missed(at: float, number: str | None = "13800001111", *rang: str, queue: str | None = None) -> Missed:
    return Missed(contact(at, number, direction=Direction.INBOUND, agent=None, queue=queue), tuple(rang))


def one(found: list[Case]) -> Case:
    (only,) = found
    return only


def test_the_first_dial_after_the_end_calls_back_whoever_made_it() -> None:
    found = one(
        cases(
            [missed(1000)],
            [contact(1005), contact(1200, "+8613800001111", agent="8002"), contact(1300, talk=60)],
            NUMBERING,
        )
    )
    assert found.back is not None
    assert found.back.agent == "8002"
    assert found.seconds == 190  # the missed call was over at 1010
    assert found.reached is not None
    assert found.reached.started_at == 1300


def test_a_caller_who_gets_through_later_is_called_back_by_nobody_any_more() -> None:
    again = contact(1100, direction=Direction.INBOUND, talk=30)
    found = one(cases([missed(1000)], [again, contact(1200)], NUMBERING))
    assert found.back == found.reached == again
    unanswered = contact(1100, direction=Direction.INBOUND, agent=None)
    assert one(cases([missed(1000)], [unanswered], NUMBERING)).back is None


def test_what_is_no_dial_or_comes_too_late_is_no_call_back() -> None:
    refused = contact(1100, outcome=Outcome.AGENT_UNANSWERED)
    late = contact(1010 + HORIZON_SECONDS + 1)
    assert one(cases([missed(1000)], [refused, late], NUMBERING)).back is None
    assert one(cases([missed(1000)], [contact(1010 + HORIZON_SECONDS)], NUMBERING)).back is not None


def test_who_hides_the_number_cannot_be_called_back() -> None:
    for number in (None, "anonymous", ""):
        found = one(cases([missed(1000, number)], [contact(1100, number)], NUMBERING))
        assert (found.callable, found.back) == (False, None)
        assert summary([found]).no_number == 1
        assert summary([found]).open == 0


def test_a_team_is_held_to_calls_that_rang_its_phones_or_its_queue() -> None:
    teams = {"main/8001": "t1", "main/8002": "t1", "main/8003": "t2"}

    def team_of(agent: str, at: float) -> str | None:
        return teams.get(agent)

    both = missed(1000, "13800001111", "main/8001", "main/8003", queue="600")
    none = missed(1001, "13800001111", queue="600")
    other = missed(1002, "13800001111", "main/9999")
    queues = callbacks.queue_teams(
        [("main/600", both.rang, 1000.0), ("main/601", ["main/8002"], 1.0)], team_of
    )
    assert queues == {"main/600": {"t1", "t2"}, "main/601": {"t1"}}
    assert teams_of(both, team_of, {}) == ["t1", "t2"]
    assert teams_of(none, team_of, queues) == ["t1", "t2"]
    assert teams_of(none, team_of, {}) == teams_of(other, team_of, queues) == [callbacks.NOBODY]
    found = by_team(cases([both, none, other], [], NUMBERING), team_of, queues)
    assert {team: each.missed for team, each in found.items()} == {"": 1, "t1": 2, "t2": 2}


calls_later = st.lists(
    st.builds(
        contact,
        st.integers(0, 3000).map(float),
        st.sampled_from(NUMBERS),
        direction=st.sampled_from(list(Direction)),
        talk=st.sampled_from([0.0, 20.0]),
        outcome=st.sampled_from([None, Outcome.AGENT_UNANSWERED]),
        serial=st.integers(0, 10**6),
    ),
    max_size=30,
)
calls_missed = st.lists(
    st.builds(missed, st.integers(0, 3000).map(float), st.sampled_from(NUMBERS)), max_size=8
)


@given(calls_missed, calls_later)
def test_each_case_is_what_looking_through_all_calls_finds(lost: list[Missed], later: list[Contact]) -> None:
    last8 = lambda number: number[-8:]  # noqa: E731 - of these few numbers the last digits tell one from another
    found = cases(lost, later, NUMBERING)
    assert [each.missed.call.started_at for each in found] == sorted(each.call.started_at for each in lost)
    for each in found:
        call = each.missed.call
        tries = []
        for other in later:
            if call.number in (None, "anonymous") or other.number in (None, "anonymous"):
                continue
            dialled = other.direction is Direction.OUTBOUND and other.outcome is not Outcome.AGENT_UNANSWERED
            answered = other.direction is Direction.INBOUND and other.answered_at is not None
            same = last8(other.number) == last8(call.number)
            if same and (dialled or answered) and other.started_at >= call.started_at + 10:
                tries.append((other.started_at, other.id, other))
        tries.sort(key=lambda each: each[:2])
        assert each.back == (tries[0][2] if tries else None)
        spoke = [other for _, _, other in tries if other.answered_at is not None]
        assert each.reached == (spoke[0] if spoke else None)
    sums = summary(found)
    waits = [
        each.back.started_at - each.missed.call.ended_at
        for each in found
        if each.back and each.missed.call.ended_at
    ]
    assert sums.missed == len(lost) == sums.called_back + sums.open + sums.no_number
    assert sums.called_back == len(waits)
    assert sums.median_seconds == (median(waits) if waits else None)
