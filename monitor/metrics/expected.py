"""The time a person is expected to work: scheduled, without breaks, absences and what was down.

One function for the board, the reports and a person's day. Outages are those of the extensions the person had then, of
the trunks of their PBX and of the PBX itself; who had two extensions could work while either did. An outage that goes
on takes off what follows until it is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf

from monitor.domain import Gap, Outage, OutageCause
from monitor.metrics import shifts
from monitor.metrics.posts import Duty, Span

Period = tuple[float, float]


def of_gap(gap: Gap) -> Outage:
    """A gap as an outage of its PBX."""
    return Outage(
        pbx=gap.pbx,
        cause=OutageCause.PBX,
        subject=gap.reason.value,
        started_at=gap.started_at,
        ended_at=gap.ended_at,
    )


class Downtime:
    """What was down when, to be asked by extension; ``phones``: whether a phone that can't be reached counts."""

    def __init__(
        self, outages: Iterable[Outage] = (), gaps: Iterable[Gap] = (), *, phones: bool = True
    ) -> None:
        self._of: dict[tuple[str, str], list[Outage]] = {}
        self._lost: dict[tuple[Span, ...], list[Period]] = {}
        for each in sorted([*outages, *map(of_gap, gaps)], key=lambda each: (each.started_at, each.id)):
            if each.cause is OutageCause.EXTENSION and not phones:
                continue
            extension = each.subject if each.cause is OutageCause.EXTENSION else ""
            self._of.setdefault((each.pbx, extension), []).append(each)

    def __bool__(self) -> bool:
        return bool(self._of)

    def on(self, span: Span) -> list[Outage]:
        """What kept an extension from dialling, cut to the time it was held."""
        pbx, _, extension = span.agent.partition("/")
        found = [
            Outage(
                pbx=each.pbx,
                cause=each.cause,
                subject=each.subject,
                started_at=max(each.started_at, span.start),
                ended_at=span.end if each.ended_at is None else min(each.ended_at, span.end),
            )
            for key in ((pbx, ""), (pbx, extension))
            for each in self._of.get(key, ())
            if each.started_at < span.end and (each.ended_at is None or each.ended_at > span.start)
        ]
        return sorted(found, key=lambda each: (each.started_at, each.id))

    def lost(self, spans: Sequence[Span]) -> list[Period]:
        """When somebody with these extensions could dial from none of them; kept, a board asks again and again."""
        key = tuple(spans)
        found = self._lost.get(key)
        if found is None:
            found = self._lost[key] = self._made(key)
        return found

    def _made(self, spans: Sequence[Span]) -> list[Period]:
        down = {span: shifts.joined(_times(self.on(span))) for span in spans}
        lost = shifts.joined(period for periods in down.values() for period in periods)
        if len(spans) > 1 and lost:
            able = [part for span in spans for part in shifts.without([(span.start, span.end)], down[span])]
            lost = shifts.without(lost, able)
        return lost

    def unheard(self, spans: Iterable[Span]) -> list[Period]:
        """When the PBX of one of these extensions was not heard: calls then are not known."""
        return shifts.joined(
            (each.started_at, span.end if each.ended_at is None else each.ended_at)
            for span in spans
            for each in self.on(span)
            if each.cause is OutageCause.PBX
        )


def _times(outages: Iterable[Outage]) -> list[Period]:
    return [(each.started_at, inf if each.ended_at is None else each.ended_at) for each in outages]


def expected(duty: Duty, person: int, start: float, end: float, downtime: Downtime) -> list[Period]:
    """When a person is expected to work between two instants."""
    hours = duty.hours(person, start, end)
    if not (hours and downtime):
        return hours
    return shifts.without(hours, downtime.lost(duty.spans(person, start, end)))


def expected_on(duty: Duty, agent: str, start: float, end: float, downtime: Downtime) -> list[Period]:
    """When whoever has an extension (``pbx/extension``) is expected to work on it; nobody's: whenever anybody is."""
    found: list[Period] = []
    free = [(start, end)]
    for person, begin, until in duty.holders(agent, start, end):
        held = expected(duty, person, start, end, downtime)
        found += [(max(a, begin), min(b, until)) for a, b in held if a < until and b > begin]
        free = shifts.without(free, [(begin, until)])
    if free:
        anybody = shifts.hours(duty.worked(None, start, end), start, end)
        cut = [
            (max(a, begin), min(b, until))
            for a, b in anybody
            for begin, until in free
            if a < until and b > begin
        ]
        found += shifts.without(cut, downtime.lost([Span(agent, start, end)])) if downtime else cut
    return shifts.joined(found)


def parted(hours: Iterable[Period], unheard: Iterable[Period]) -> list[list[Period]]:
    """Expected hours, parted where something was not heard: of what happened then nothing can be said."""
    found: list[list[Period]] = []
    times = list(unheard)
    for begin, to in hours:
        if found and not any(a < begin and b > found[-1][-1][1] for a, b in times):
            found[-1].append((begin, to))
        else:
            found.append([(begin, to)])
    return found


def starts_on(duty: Duty, agent: str, start: float, end: float) -> list[float]:
    """When the shifts begin that are worked on an extension; nobody's: all of them."""
    persons: list[int | None] = [person for person, _, _ in duty.holders(agent, start, end)]
    return sorted({w.starts_at for person in persons or [None] for w in duty.worked(person, start, end)})


def seconds(periods: Iterable[Period], until: float = inf) -> float:
    """How long periods are together, as far as they lie before an instant."""
    return sum(max(0.0, min(to, until) - begin) for begin, to in periods)
