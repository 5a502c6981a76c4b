"""Each kind of rule on a real board: when it speaks, what it says, whom it leaves alone."""

from __future__ import annotations

from datetime import time

import msgspec
import pytest

from monitor.config_guard import GuardSettings
from monitor.contacts import Listed, Listing, contact_of
from monitor.domain import Direction, ExtensionStatus, LinkState, Outage, OutageCause, Outcome
from monitor.metrics.cases import Found
from monitor.metrics.harassment import breaches
from tests.alerts.scene import SETTINGS, ZONE, Scene, at, gap, link, rule
from tests.metrics.test_board import dial, open_states

T1 = [agent.extension for agent in SETTINGS.teams[0].agents]
ALL = [agent.extension for team in SETTINGS.teams for agent in team.agents]
UP = link()
NIGHT = {
    "id": "night",
    "name": "夜班",
    "start": time(22),
    "end": time(6),
    "dial_by": time(22, 10),
    "counts_from": time(21, 45),
    "breaks": (),
}


def begun(*extensions: str, when: str = "9:01") -> list:
    return [dial(each, at(when), serial=int(each)) for each in extensions]


# ---------------------------------------------------------------- not begun


def test_at_the_deadline_each_team_hears_once_exactly_who_had_not_begun() -> None:
    scene = Scene(rule("not_begun"))
    in_time = dial("8002", at("9:10:00"), serial=2)
    scene.tell(UP, *begun(*ALL[3:16], *ALL[17:]), in_time, now=at("9:10:00"))
    assert scene.says(at("9:09:59")) == []
    assert scene.says(at("9:10:00")) == []
    scene.tell(dial("8003", at("9:10:01"), serial=3), now=at("9:10:01"))
    assert scene.says(at("9:10:02")) == [
        "朝阳组 上午班：到 09:10 尚未开始外呼 2 人：张伟、李娜",
        "飞虎组 上午班：到 09:10 尚未开始外呼 1 人：郭涛",
    ]
    assert scene.says(at("9:10:03")) == []


def test_when_all_of_them_have_begun_it_is_said_and_else_at_the_end_of_the_shift() -> None:
    scene = Scene(rule("not_begun", teams=["t1"]))
    scene.tell(UP, *begun(*ALL[2:]), now=at("9:09"))
    assert len(scene.says(at("9:10:02"))) == 1
    scene.tell(dial("8001", at("9:20")), now=at("9:21"))
    assert scene.says(at("9:21")) == []
    other = Scene(rule("not_begun", teams=["t1"]))
    other.tell(UP, *begun(*ALL[2:]), now=at("9:09"))
    other.look(at("9:10:02"))
    other.tell(*begun("8001", "8002", when="9:30"), now=at("9:31"))
    assert other.says(at("9:31")) == ["朝阳组 上午班：到 09:10 未开呼的 2 人已全部开始外呼"]
    assert scene.says(at("12:00:01")) == ["朝阳组 上午班：班次结束，仍未外呼 1 人：王芳"]
    assert scene.says(at("12:00:02")) == []


def test_where_the_link_was_down_in_the_window_it_says_so_and_names_nobody() -> None:
    scene = Scene(rule("not_begun", teams=["t1"]))
    scene.tell(UP, gap(at("9:02"), at("9:06")), *begun(*ALL[2:]), now=at("9:09"))
    (told,) = scene.says(at("9:10:02"))
    assert told == (
        "朝阳组 上午班：09:10 开呼检查无法判断 2 人：与交换机 main 的连接自 09:02 起曾中断，不作认定"
    )
    assert not any(agent.name in told for team in SETTINGS.teams for agent in team.agents)
    assert scene.says(at("11:00")) == []
    assert scene.says(at("12:00:01")) == []
    assert scene.engine.active == []


def test_who_was_on_an_inbound_call_over_the_deadline_is_marked_so() -> None:
    scene = Scene(rule("not_begun", teams=["t1"]))
    call = dial("8001", at("9:08"), talk=300)
    inbound = msgspec.structs.replace(call, direction=Direction.INBOUND, trunk=None)
    scene.tell(UP, *begun(*ALL[2:]), *[open_states(inbound)[1]], now=at("9:09"))
    (told,) = scene.says(at("9:10:02"))
    assert told == "朝阳组 上午班：到 09:10 尚未开始外呼 2 人：张伟、王芳（其中正在接听来电：张伟）"


def test_a_first_start_in_the_morning_accuses_nobody_of_what_it_did_not_see() -> None:
    scene = Scene(rule("not_begun"), known_from=at("9:05"))
    scene.tell(UP, now=at("9:05"))
    assert scene.says(at("9:10:02")) == []
    assert scene.says(at("13:50:02")) != []


def test_long_after_the_deadline_nothing_is_told_any_more() -> None:
    scene = Scene(rule("not_begun"))
    scene.tell(UP, now=at("9:30"))
    assert scene.says(at("9:30")) == []


@pytest.mark.parametrize("grace", [3, 15])
def test_with_grace_the_team_hears_when_it_is_over_and_settled(grace: int) -> None:
    morning = SETTINGS.shifts[0].model_copy(update={"grace_minutes": grace})
    settings = SETTINGS.model_copy(update={"shifts": (morning, *SETTINGS.shifts[1:])})
    scene = Scene(rule("not_begun", teams=["t1"]), settings=settings)
    scene.tell(UP, *begun(*ALL[2:]), now=at("9:09"))
    over = at("9:10") + grace * 60
    assert scene.says(at("9:10:02")) == []
    # A dial in the last second of the grace is heard a moment later.
    assert scene.says(over + 1) == []
    scene.tell(dial("8001", over - 1), now=over + 1.5)
    assert scene.says(over + 2) == ["朝阳组 上午班：到 09:10 尚未开始外呼 1 人：王芳"]


def test_who_began_the_night_after_midnight_is_not_missing_for_the_next_one() -> None:
    night = SETTINGS.shifts[0].model_copy(update=NIGHT)
    settings = SETTINGS.model_copy(update={"shifts": (night,)})
    scene = Scene(rule("not_begun", teams=["t1"]), settings=settings)
    scene.tell(UP, *begun(*ALL[1:], when="22:05"), now=at("22:09"))
    assert scene.says(at("22:10:02")) == ["朝阳组 夜班：到 22:10 尚未开始外呼 1 人：张伟"]
    assert scene.says(at("0:10", 24)) == []
    scene.tell(dial("8001", at("0:20", 24)), now=at("0:21", 24))
    assert scene.says(at("0:21", 24)) == ["朝阳组 夜班：到 22:10 未开呼的 1 人已全部开始外呼"]


def test_nobody_is_missing_nobody_is_told() -> None:
    scene = Scene(rule("not_begun"))
    scene.tell(UP, *begun(*ALL), now=at("9:09"))
    assert scene.says(at("9:10:02")) == []


# ---------------------------------------------------------------- idle


def test_idle_is_counted_from_the_last_call_inside_the_shift() -> None:
    scene = Scene(rule("idle", idle_minutes=15, teams=["t1"]))
    scene.tell(UP, dial("8001", at("9:30"), talk=55), now=at("9:31"))
    assert scene.says(at("9:45:59")) == []
    assert scene.says(at("9:46:00")) == ["张伟（8001）自 09:31 起没有通话，已 15 分钟"]
    assert scene.says(at("9:50")) == []
    scene.tell(open_states(dial("8001", at("9:52"), serial=1))[0], now=at("9:52"))
    assert scene.says(at("9:52")) == ["张伟（8001）已恢复通话，空闲 21 分钟"]


def test_whose_phone_is_down_is_not_named_at_the_deadline() -> None:
    scene = Scene(rule("not_begun"))
    phone = Outage(pbx="main", cause=OutageCause.EXTENSION, subject="8001", started_at=at("8:40"))
    others = [dial(extension, at("9:00"), serial=n) for n, extension in enumerate(T1) if extension != "8001"]
    scene.tell(UP, phone, *others[1:], now=at("9:05"))
    (told,) = [words for words in scene.says(at("9:10:10")) if "张伟" in words or "王芳" in words]
    assert "王芳" in told
    assert "张伟" not in told


def test_the_noon_break_and_blind_time_are_no_idle_time() -> None:
    scene = Scene(rule("idle", idle_minutes=15))
    scene.tell(UP, dial("8001", at("11:50")), now=at("11:51"))
    for clock in ("12:30", "13:29", "13:44"):
        assert scene.says(at(clock)) == []
    scene.tell(gap(at("13:40"), at("13:44")), now=at("13:44"))
    assert scene.says(at("13:46")) == []
    assert scene.says(at("13:59:00")) == ["张伟（8001）自 13:44 起没有通话，已 15 分钟"]


def test_while_the_link_or_the_phone_is_down_nobody_is_idle() -> None:
    scene = Scene(rule("idle", idle_minutes=15))
    scene.tell(UP, dial("8001", at("9:30")), dial("8002", at("9:30"), serial=2), now=at("9:31"))
    scene.tell(
        ExtensionStatus(pbx="main", extension="8002", reachable=False, at=at("9:31")),
        gap(at("9:35")),
        now=at("9:35"),
    )
    assert scene.says(at("10:30")) == []
    scene.tell(gap(at("9:35"), at("10:30")), now=at("10:30"))
    assert scene.says(at("10:46")) == ["张伟（8001）自 10:30 起没有通话，已 16 分钟"]


def test_the_end_of_the_shift_ends_it_without_a_word() -> None:
    scene = Scene(rule("idle", idle_minutes=15))
    scene.tell(UP, dial("8001", at("11:30")), now=at("11:31"))
    assert len(scene.says(at("11:50"))) == 1
    assert scene.says(at("12:00:01")) == []
    assert scene.engine.active == []


# ---------------------------------------------------------------- connect rate


def dials(count: int, connected: int, begin: str = "10:00", team: list[str] = T1) -> list:
    return [
        dial(
            team[number % len(team)],
            at(begin) + number * 10,
            serial=number,
            talk=40.0 if number < connected else 0.0,
        )
        for number in range(count)
    ]


def test_the_connect_rate_of_a_window_with_enough_dials() -> None:
    scene = Scene(rule("connect_rate", window_minutes=30, least_dials=40, rate=0.3, teams=["t1"]))
    scene.tell(UP, *dials(39, 5), now=at("10:10"))
    assert scene.says(at("10:10")) == []
    scene.tell(dial("8001", at("10:09"), serial=99), now=at("10:10"))
    assert scene.says(at("10:10")) == ["朝阳组：最近 30 分钟接通率 12.5%，低于 30.0%（已结束外呼 40 个）"]
    better = dials(40, 40, "10:32")
    scene.tell(*better, now=at("10:41"))
    assert scene.says(at("10:41"), counted=False) == []
    (told,) = scene.says(at("10:41"), "en")
    assert told.startswith(
        "朝阳组: connect rate of the last 30 min is back at 100.0% (target 30.0%, 40 finished"
    )


def test_a_rate_just_over_its_threshold_is_not_mended_yet() -> None:
    scene = Scene(rule("connect_rate", least_dials=10, rate=0.3, teams=["t1"]))
    scene.tell(UP, *dials(100, 29), now=at("10:20"))
    assert len(scene.says(at("10:20"))) == 1
    scene.tell(
        dial("8001", at("10:19"), serial=1000, talk=30.0),
        dial("8001", at("10:19"), serial=1001, talk=30.0),
        now=at("10:20"),
    )
    assert scene.says(at("10:21")) == []
    assert len(scene.engine.active) == 1


def test_without_a_threshold_the_teams_own_target_counts() -> None:
    scene = Scene(rule("connect_rate", least_dials=10))
    scene.tell(UP, *dials(20, 5), *dials(20, 7, team=["8009"]), now=at("10:10"))
    assert scene.says(at("10:10"), "en") == [
        "朝阳组: connect rate of the last 30 min is 25.0%, under 30.0% (20 finished dials)"
    ]


def test_a_window_that_was_not_heard_whole_says_nothing() -> None:
    scene = Scene(rule("connect_rate", least_dials=10, rate=0.9))
    scene.tell(UP, *dials(20, 5), gap(at("9:41"), at("9:45")), now=at("10:10"))
    assert scene.says(at("10:10")) == []
    assert scene.says(at("10:15:01")) != []


# ---------------------------------------------------------------- link, trunk, disk


def test_a_link_is_down_after_some_seconds_and_back() -> None:
    scene = Scene(rule("link_down", after_seconds=30))
    assert scene.says(at("9:59")) == []
    scene.tell(link(LinkState.CONNECTING), now=at("9:59"))
    assert scene.says(at("9:59")) == []
    scene.tell(UP, now=at("9:59"))
    scene.tell(
        gap(at("10:00")), link(LinkState.DOWN, at("10:00:05"), "connection refused"), now=at("10:00:05")
    )
    assert scene.says(at("10:00:29")) == []
    assert scene.says(at("10:00:30")) == ["交换机 main 自 10:00 起无法监听：connection refused"]
    scene.tell(link(LinkState.REFUSED, at("10:03"), "wrong secret"), now=at("10:03"))
    assert scene.says(at("10:03")) == []
    scene.tell(UP, gap(at("10:00"), at("10:07")), now=at("10:07"))
    assert scene.says(at("10:07"), "en") == ["PBX main is heard again after 7 min (since 10:00)"]


def seized(served: bool, number: int, begin: str = "10:00"):
    call = dial("8001", at(begin) + number * 10, serial=number, outcome=Outcome.NO_ANSWER)
    if served:
        return call
    leg = msgspec.structs.replace(call.legs[0], cause=34, dial_status="CONGESTION")
    return msgspec.structs.replace(call, legs=(leg,), outcome=Outcome.CONGESTION)


def test_a_trunk_fails_by_its_last_seizures_and_is_mended_by_later_ones() -> None:
    scene = Scene(rule("trunk_failing", seizures=10, ner=0.8))
    scene.tell(UP, *[seized(True, number) for number in range(20)], now=at("10:05"))
    assert scene.says(at("10:05")) == []
    scene.tell(*[seized(False, number) for number in range(20, 23)], now=at("10:05"))
    assert scene.says(at("10:06")) == ["中继 main/trunk-a：最近 10 次占用的网络有效率 70.0%，低于 80.0%"]
    scene.tell(*[seized(True, number) for number in range(23, 32)], now=at("10:06"))
    assert scene.says(at("10:07")) == ["中继 main/trunk-a：最近 10 次占用的网络有效率已回到 90.0%"]


def test_few_seizures_say_nothing_of_a_trunk() -> None:
    scene = Scene(rule("trunk_failing", seizures=10))
    scene.tell(UP, *[seized(False, number) for number in range(9)], now=at("10:05"))
    assert scene.says(at("10:05")) == []


def test_a_disk_is_short_until_some_more_than_that_is_free() -> None:
    scene = Scene(rule("disk_short", free_gb=5))
    scene.tell(UP, now=at("10:00"))
    told = []
    for free in (5.1, 4.9, 5.2, 5.6):
        scene.free = {"/var/lib/dialwatch": free}
        told += scene.says(at("10:00"))
    assert told == [
        "磁盘空间不足：/var/lib/dialwatch 只剩 4.9 GB，低于 5 GB",
        "磁盘空间已恢复：/var/lib/dialwatch 剩余 5.6 GB",
    ]


@pytest.mark.parametrize(
    ("kind", "who"), [("not_begun", "t3"), ("idle", "main/8020"), ("connect_rate", "t3")]
)
def test_a_rule_for_a_team_looks_at_no_other(kind: str, who: str) -> None:
    scene = Scene(rule(kind, teams=["t3"]))
    scene.tell(UP, *dials(60, 0, "9:15"), *dials(60, 0, "9:15", team=["8020"]), now=at("9:40"))
    for clock in ("9:10:02", "9:40", "11:00"):
        scene.look(at(clock))
    assert scene.told
    assert all(who in cause for _, what, cause in scene.told)


# ---------------------------------------------------------------- the harassment guard


def breach_of(clocks: list[str], **rules: object) -> list[Found]:
    guard = GuardSettings.model_validate({"caps": [{"most": 2, "minutes": 1440}]} | rules)
    calls = [dial("8001", at(each), serial=n, number="13800001111") for n, each in enumerate(clocks)]
    contacts = [contact_of(call) for call in calls]
    return breaches(contacts, guard, Listing(), ZONE, at("0:00"), at("0:00", 24))


def test_a_breach_is_told_once_and_stands_for_a_while_after_its_last_dial() -> None:
    scene = Scene(rule("breach"))
    scene.breaches = breach_of(["9:00", "9:10", "9:20"])
    assert scene.says(at("9:20:01")) == [
        "骚扰防护：138****1111 在 24 小时内被拨打 3 次，上限 2 次（张伟）（今日共 1 例）"
    ]
    scene.breaches = breach_of(["9:00", "9:10", "9:20", "9:25"])
    assert scene.says(at("9:25:01")) == []
    assert len(scene.engine.active) == 1
    assert scene.says(at("9:35:01")) == []
    assert scene.engine.active == []
    scene.breaches = breach_of(["9:00", "9:10", "9:20", "9:25", "9:50"])
    assert scene.says(at("9:50:01")) == []  # the same case goes on


def test_hours_and_list_have_words_of_their_own() -> None:
    scene = Scene(rule("breach"))
    scene.breaches = breach_of(["9:20"], hours=["10:00-21:00"])
    assert scene.says(at("9:20:01"), "en") == [
        "Harassment guard: 张伟 dialed 1 times outside of the hours allowed, 10:00–21:00 (1 of today's cases so far)"
    ]
    entry = Listed(list="do_not_call", key="13800001111", hint="", since=0.0)
    contacts = [contact_of(dial("8001", at("9:30"), number="13800001111"))]
    scene.breaches = breaches(contacts, GuardSettings(), Listing([entry]), ZONE, 0.0, at("9:40"))
    assert scene.says(at("9:30:01")) == [
        "骚扰防护：张伟 拨打了免打扰名单上的号码 138****1111（1 次）（今日共 1 例）"
    ]
