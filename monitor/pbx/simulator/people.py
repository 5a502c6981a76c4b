"""The agents of the simulated centre: who they are, and what their habits are."""

# ruff: noqa: S311 - the dice of a simulation: a seed must give the same day again

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from monitor.pbx.simulator.centre import Phone

TEAM_SIZE = 12

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡"
    "余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯"
    "龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_DOUBLE_SURNAMES = ("欧阳", "上官", "司马", "诸葛")
_GIVEN: tuple[str, ...] = (
    *"伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚文辉玲婷雪琳健丹宇佳",
    *("桂英", "建华", "晓东", "晓燕", "子涵", "雨桐", "欣怡", "浩然", "梓萱", "宇轩", "思远", "志强", "海燕"),
    *("春梅", "国庆", "建军", "秀英", "玉兰", "小红", "立新", "家豪", "雅婷", "佩珊", "俊杰", "诗涵", "晨曦"),
)
_TEAM_NAMES: tuple[str, ...] = (
    *("朝阳", "远航", "飞虎", "凌云", "晨光", "雄鹰", "星火", "破浪", "长风", "骏马", "青松", "卓越", "旭日"),
    *("海纳", "鲲鹏", "锐进", "启明", "登峰", "聚力", "先锋", "腾飞", "永恒", "金牌", "奋进", "开拓", "同心"),
)


class Habit(StrEnum):
    """What is typical of an agent."""

    STEADY = "steady"
    EARLY = "early"
    LATE = "late"
    IDLE = "idle"
    LONG_TALKER = "long_talker"
    REDIALER = "redialer"
    FORGETFUL = "forgetful"
    FAST = "fast"
    UNREACHABLE = "unreachable"


#: The first agents of a floor have these habits, so that even a small floor shows each kind; who comes
#: after draws one.
_CAST = (
    Habit.STEADY,
    Habit.EARLY,
    Habit.STEADY,
    Habit.FORGETFUL,
    Habit.LONG_TALKER,
    Habit.FAST,
    Habit.LATE,
    Habit.STEADY,
    Habit.REDIALER,
    Habit.STEADY,
    Habit.IDLE,
    Habit.EARLY,
    Habit.STEADY,
    Habit.FAST,
    Habit.UNREACHABLE,
)
_ODDS = {
    Habit.STEADY: 44,
    Habit.EARLY: 14,
    Habit.FAST: 12,
    Habit.LONG_TALKER: 9,
    Habit.REDIALER: 7,
    Habit.LATE: 6,
    Habit.IDLE: 5,
    Habit.FORGETFUL: 2,
    Habit.UNREACHABLE: 1,
}


@dataclass(frozen=True, slots=True)
class Seat:
    """A place on the floor: extension, name and team, as the configuration has them."""

    extension: str
    name: str
    team: str


@dataclass(slots=True, eq=False)
class Person:
    """An agent. ``pause_seconds`` is the usual pause between two calls, ``talk_seconds`` the usual talk;
    ``skill`` bends the connect rate; ``busy`` while a call of any kind has the phone.
    """

    phone: Phone
    team: str
    habit: Habit
    pause_seconds: float
    talk_seconds: float
    skill: float
    redial_share: float
    patience_seconds: float
    busy: bool = False
    absent: bool = False
    last_number: str | None = None


def people(seats: Sequence[Seat], seed: int) -> list[Person]:
    """The agents of these seats; the same for the same seed."""
    found = []
    for index, seat in enumerate(seats):
        dice = random.Random(f"{seed}/{seat.extension}")
        habit = _CAST[index] if index < len(_CAST) else dice.choices(list(_ODDS), list(_ODDS.values()))[0]
        found.append(_person(seat, habit, dice))
    return found


def _person(seat: Seat, habit: Habit, dice: random.Random) -> Person:
    pause = {Habit.IDLE: 170.0, Habit.FAST: 48.0, Habit.LONG_TALKER: 95.0}.get(habit, 75.0)
    talk = {Habit.LONG_TALKER: 105.0, Habit.FAST: 34.0}.get(habit, 45.0)
    return Person(
        phone=Phone(seat.extension, seat.name),
        team=seat.team,
        habit=habit,
        pause_seconds=pause * dice.uniform(0.85, 1.2),
        talk_seconds=talk * dice.uniform(0.85, 1.2),
        skill=dice.gauss(1.0, 0.09),
        redial_share=0.35 if habit is Habit.REDIALER else 0.06,
        patience_seconds=dice.uniform(22.0, 38.0),
    )


def seats(count: int, known: Sequence[Seat] = (), seed: int = 1) -> list[Seat]:
    """``count`` seats: the known ones first, then made-up ones in teams of twelve.

    Extensions go on after the last known one, from 8001 without any.
    """
    dice = random.Random(f"{seed}/names")
    found = list(known[:count])
    taken = {seat.name for seat in found}
    teams = [name + "组" for name in _TEAM_NAMES if name + "组" not in {seat.team for seat in found}]
    first = int(found[-1].extension) + 1 if found else 8001
    made = 0
    while len(found) < count:
        name = _name(dice)
        if name in taken:
            continue
        taken.add(name)
        number = made // TEAM_SIZE
        team = teams[number] if number < len(teams) else f"第{number + 1}组"
        found.append(Seat(str(first + made), name, team))
        made += 1
    return found


def _name(dice: random.Random) -> str:
    surname = dice.choice(_DOUBLE_SURNAMES) if dice.random() < 0.02 else dice.choice(_SURNAMES)
    return surname + dice.choice(_GIVEN)
