"""绩效: a month by person: results, discipline, quality, each 0 to 100 and more, weighted as the site has set.

Results are the mean attainment of the targets the site counts, each up to a cap. Discipline begins at 100 and loses points for
what the ledger counts in full. Quality is the reviews'; while there are none it is not known, and its weight is not given to
the others: the points reached stand beside the points that could be reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from monitor.metrics import frames
from monitor.metrics.ledger import Account
from monitor.metrics.lines import attainment
from monitor.metrics.sheet import Appraised, Line


class Weights(Protocol):
    """How the site weighs (``config_appraisal.Appraisal``)."""

    @property
    def results(self) -> float: ...
    @property
    def discipline(self) -> float: ...
    @property
    def quality(self) -> float: ...
    @property
    def results_of(self) -> Sequence[str]: ...
    @property
    def cap_percent(self) -> float: ...
    @property
    def late_points(self) -> float: ...
    @property
    def not_started_points(self) -> float: ...


def appraisals(lines: Iterable[Line], accounts: Iterable[Account], weights: Weights) -> list[Appraised]:
    """Everybody of the lines who is on the roster; who changed teams has one row in each, with the discipline of the month."""
    of: Mapping[int, Account] = {each.person: each for each in accounts}
    found = []
    for line in lines:
        person = line.key.partition("/")[0]
        if not person.lstrip("-").isdigit():
            continue
        account = of.get(int(person))
        found.append(_one(line, account, weights))
    return found


def _one(line: Line, account: Account | None, weights: Weights) -> Appraised:
    results = results_of(line.figures, line.targets, weights)
    discipline = None if account is None or not account.checked else discipline_of(account, weights)
    parts = ((results, weights.results), (discipline, weights.discipline), (None, weights.quality))
    known = [(score, weight) for score, weight in parts if score is not None]
    return Appraised(
        key=line.key,
        label=line.label,
        extension=line.extension,
        team=line.team,
        attainment={name: line.attainment.get(name) for name in weights.results_of},
        results=results,
        checked=0 if account is None else account.checked,
        late=0 if account is None else account.counted,
        covered=0 if account is None else account.covered,
        late_minutes=0 if account is None else account.minutes,
        not_started=0 if account is None else account.not_started,
        discipline=discipline,
        quality=None,
        points=sum(score * weight for score, weight in known) / 100 if known else None,
        reachable=sum(weight for _, weight in known),
    )


def results_of(figures: frames.Figures, asked: frames.Targets, weights: Weights) -> float | None:
    """100 × the mean attainment of the targets that are set, each up to the cap; ``None`` where none is."""
    values = attainment(figures, asked)
    known = [value for name in weights.results_of if (value := values.get(name)) is not None]
    if not known:
        return None
    return sum(min(100 * value, weights.cap_percent) for value in known) / len(known)


def discipline_of(account: Account, weights: Weights) -> float:
    """100 less the points of late starts that count in full and of shifts without a dial; never under 0.

    What grace covers, what was excused and what the monitor could not see costs nothing.
    """
    lost = account.counted * weights.late_points + account.not_started * weights.not_started_points
    return max(0.0, 100.0 - lost)
