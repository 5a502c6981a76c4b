"""The engine: one message per cause and recovery, quiet hours, restarts; over any course of events."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain import LinkState
from monitor.notices import Alert, Owes, What
from tests.alerts.scene import Scene, at, gap, link, rule
from tests.metrics.test_board import ZONE, dial

DOWN = rule("link_down", after_seconds=0)


def down(now: float) -> list:
    return [gap(now), link(LinkState.DOWN, now, "gone")]


def up(since: float, now: float) -> list:
    return [gap(since, now), link(LinkState.UP, now)]


def test_in_quiet_hours_it_stands_and_is_told_when_they_are_over() -> None:
    scene = Scene(rule("link_down", after_seconds=0, quiet="21:00-08:00"))
    scene.tell(*down(at("22:00")), now=at("22:00"))
    assert scene.says(at("22:00")) == []
    assert [alert.kind for alert in scene.engine.active] == ["link_down"]
    assert scene.says(at("7:59:59", 24)) == []
    assert scene.says(at("8:00:00", 24)) == ["交换机 main 自 22:00 起无法监听：gone"]
    assert scene.says(at("8:01", 24)) == []


def test_a_muted_rule_stands_and_is_told_when_that_is_over() -> None:
    scene = Scene(DOWN)
    scene.engine.learn([DOWN], {DOWN.id: at("10:30")})
    scene.tell(*down(at("10:00")), now=at("10:00"))
    assert scene.says(at("10:29:59")) == []
    assert [alert.kind for alert in scene.engine.active] == ["link_down"]
    assert len(scene.says(at("10:30"))) == 1


def test_other_rules_close_what_was_of_the_old_ones_without_a_word_and_keep_the_rest() -> None:
    other = rule("link_down", after_seconds=0, id="other")
    scene = Scene(DOWN, other)
    scene.tell(*down(at("10:00")), now=at("10:00"))
    assert len(scene.says(at("10:00"))) == 2
    scene.engine.learn([other, rule("idle", id=DOWN.id)], {})
    looked = scene.look(at("10:01"))
    assert [(alert.rule, alert.cleared_at, alert.owes) for alert in looked.changed] == [
        (DOWN.id, at("10:01"), Owes.NOTHING)
    ]
    assert looked.notices == []
    assert [alert.rule for alert in scene.engine.active] == ["other"]
    scene.tell(*up(at("10:00"), at("10:02")), now=at("10:02"))
    assert len(scene.says(at("10:02"))) == 1


def test_what_came_and_went_in_quiet_hours_is_never_said() -> None:
    scene = Scene(rule("link_down", after_seconds=0, quiet="12:00-13:30"))
    scene.tell(*down(at("12:10")), now=at("12:10"))
    scene.look(at("12:10"))
    scene.tell(*up(at("12:10"), at("12:20")), now=at("12:20"))
    scene.look(at("12:20"))
    scene.look(at("13:30"))
    assert scene.told == []


def test_a_recovery_in_quiet_hours_is_told_after_them_also_over_a_restart() -> None:
    quiet = rule("link_down", after_seconds=0, quiet="12:00-13:30")
    scene = Scene(quiet)
    scene.tell(*down(at("11:50")), now=at("11:50"))
    (stored,) = scene.look(at("11:50")).changed
    scene.tell(*up(at("11:50"), at("12:10")), now=at("12:10"))
    (stored,) = scene.look(at("12:10")).changed
    assert stored.owes is Owes.CLEARED
    later = Scene(quiet, known=[stored])
    later.tell(link(), now=at("12:30"))
    assert later.says(at("13:29:59")) == []
    assert later.says(at("13:30")) == ["交换机 main 已恢复监听，中断 20 分钟（11:50 起）"]
    assert later.says(at("13:31")) == []


def test_without_recovery_only_the_alert_is_told() -> None:
    scene = Scene(rule("link_down", after_seconds=0, recovery=False))
    scene.tell(*down(at("10:00")), now=at("10:00"))
    scene.look(at("10:00"))
    scene.tell(*up(at("10:00"), at("10:05")), now=at("10:05"))
    scene.look(at("10:05"))
    assert [what for _, what, _ in scene.told] == ["raised"]
    assert scene.engine.active == []


def test_what_came_again_in_quiet_hours_is_told_as_over_and_then_as_raised() -> None:
    scene = Scene(rule("link_down", after_seconds=0, quiet="12:00-13:30"))
    scene.tell(link(), now=at("11:00"))
    scene.tell(*down(at("11:30")), now=at("11:30"))
    scene.look(at("11:30"))
    scene.tell(*up(at("11:30"), at("12:10")), now=at("12:10"))
    scene.look(at("12:10"))
    scene.tell(*down(at("12:20")), now=at("12:20"))
    scene.look(at("12:20"))
    scene.look(at("13:30"))
    assert [what for _, what, _ in scene.told] == ["raised", "cleared", "raised"]


def test_a_restart_repeats_nothing() -> None:
    rules = (rule("not_begun"), DOWN)
    scene = Scene(*rules)
    scene.tell(link(), *down(at("9:20")), now=at("9:09"))
    stored = {alert.id: alert for alert in scene.look(at("9:10:02")).changed}
    stored |= {alert.id: alert for alert in scene.look(at("9:20")).changed}
    again = Scene(*rules, known=stored.values())
    again.tell(link(LinkState.CONNECTING), gap(at("9:20")), now=at("9:21"))
    assert again.says(at("9:12")) == []
    assert again.says(at("9:21")) == []
    assert again.engine.active == sorted(stored.values(), key=lambda alert: (alert.raised_at, alert.cause))


def test_a_deadline_that_was_settled_is_not_told_again() -> None:
    scene = Scene(rule("not_begun", teams=["t1"]))
    scene.tell(link(), now=at("9:00"))
    scene.look(at("9:10:02"))
    dials = [dial(f"80{n:02}", at("9:11"), serial=n) for n in range(1, 9)]
    scene.tell(*dials, now=at("9:12"))
    scene.look(at("9:12"))
    scene.look(at("9:13"))
    assert [what for _, what, _ in scene.told] == ["raised", "cleared"]


def test_alerts_of_a_rule_that_is_gone_are_closed_without_a_word() -> None:
    alert = Alert(cause="link_down/old/main", rule="old", kind="link_down", raised_at=at("9:00"), told=True)
    scene = Scene(DOWN, known=[alert])
    scene.tell(link(), now=at("10:00"))
    looked = scene.look(at("10:00"))
    assert [(each.cause, each.cleared_at) for each in looked.changed] == [(alert.cause, at("10:00"))]
    assert looked.notices == [] == list(scene.look(at("10:01")).changed)


steps = st.lists(
    st.tuples(
        st.integers(1, 5400),
        st.sampled_from(["down", "up", "look", "restart", "fill", "empty"]),
    ),
    max_size=60,
)


@settings(deadline=None)
@given(steps, st.sampled_from(["", "21:00-08:00", "10:00-11:00", "12:00-12:01"]), st.booleans())
def test_over_any_course_raise_and_recovery_alternate_and_quiet_is_quiet(
    course: list[tuple[int, str]], quiet: str, recovery: bool
) -> None:
    rules = (
        rule("link_down", after_seconds=0, quiet=quiet, recovery=recovery),
        rule("disk_short", free_gb=5, quiet=quiet, recovery=recovery),
    )
    scene = Scene(*rules)
    now = at("8:00")
    since = None
    scene.free = {"/data": 50.0}
    scene.tell(link(), now=now)
    stored: dict[str, Alert] = {}
    told: list[tuple[float, What, str]] = []
    for passed, what in course:
        now += passed
        if what == "down" and since is None:
            since = now
            scene.tell(*down(now), now=now)
        elif what == "up" and since is not None:
            scene.tell(*up(since, now), now=now)
            since = None
        elif what == "restart":
            fresh = Scene(*rules, known=stored.values())
            fresh.free = scene.free
            fresh.tell(*(down(since) if since is not None else [link()]), now=now)
            scene = fresh
        elif what in ("fill", "empty"):
            scene.free = {"/data": 1.0 if what == "fill" else 50.0}
        looked = scene.look(now)
        stored |= {alert.id: alert for alert in looked.changed}
        told += [(now, notice.what, notice.alert.cause) for notice in looked.notices]
        standing = {alert.cause for alert in scene.engine.active}
        assert standing == {
            *(["link_down/link_down/main"] if since is not None else []),
            *(["disk_short/disk_short//data"] if scene.free["/data"] < 5 else []),
        }
        assert standing == {alert.cause for alert in stored.values() if alert.cleared_at is None}
    by_cause = defaultdict(list)
    for when, what, cause in told:
        by_cause[cause].append(what)
        if quiet:
            begin, _, end = quiet.partition("-")
            clock = f"{_clock(when)}"
            inside = begin <= clock < end if begin < end else clock >= begin or clock < end
            assert not inside
    for said in by_cause.values():
        if recovery:
            assert said == [What.RAISED, What.CLEARED] * (len(said) // 2) + [What.RAISED] * (len(said) % 2)
        else:
            assert set(said) == {What.RAISED}


def _clock(when: float) -> str:
    from datetime import datetime

    return f"{datetime.fromtimestamp(when, ZONE):%H:%M:%S}"[:5]
