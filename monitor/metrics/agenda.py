"""What the day of a morning meeting asks: who works, who is off and why, and the teams' targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from monitor.duty import Seat
from monitor.metrics import targets
from monitor.metrics.posts import Duty, Post
from monitor.metrics.sheet import Agenda, Goal, Off


def agenda(
    duty: Duty,
    day: date,
    seats: Sequence[Seat],
    asked: targets.Goals,
    names: Mapping[str, str],
    team: str = "",
) -> Agenda:
    """The day as planned now; of one team only if asked for. Who works another shift of the day is not off."""
    posts: dict[int, list[Post]] = {}
    for window in duty.windows(day):
        for post in duty.posts(window).values():
            if not team or post.team == team:
                posts.setdefault(post.person, []).append(post)
    people = {seat.person_id: seat for seat in seats if seat.valid_to is None}
    at_work: dict[str, list[int]] = {}
    off = []
    for person, mine in posts.items():
        expected = [post for post in mine if post.expected]
        if expected:
            at_work.setdefault(expected[0].team, []).append(person)
        away = [post for post in mine if post.reason is not None and post.why != "shift"]
        if not away or (expected and all(post.absence is None for post in away)):
            continue
        first, seat = away[0], people.get(person)
        off.append(
            Off(
                person=person,
                name=seat.name if seat is not None else "",
                extension=first.agent.partition("/")[2],
                team=first.team,
                why=first.reason or "",
                why_name="" if first.scheduled else first.day.name,
                part=bool(expected),
            )
        )
    goals, every = [], []
    for of, persons in sorted(at_work.items()):
        each = [targets.day_target(asked, duty, person, of, day) for person in persons]
        every += each
        whole = targets.total(each, targets.common_rate(each))
        goals.append(Goal(key=of, label=names.get(of, of), people=len(persons), targets=whole))
    return Agenda(
        day=day.isoformat(),
        expected=sum(map(len, at_work.values())),
        off=sorted(off, key=lambda one: (one.team, one.extension)),
        goals=goals,
        total=targets.total(every, targets.common_rate(every)),
    )
