"""风险提示: whom is called how often, who was called back, and what looks odd: from what is stored.

The store finds the calls that can matter, pure functions (``metrics/callbacks``) say what came of them.
"""

from __future__ import annotations

import msgspec

from monitor.config import Settings
from monitor.metrics import callbacks
from monitor.metrics.callbacks import Case, Summary
from monitor.store.people import Roster
from monitor.store.store import Store


class MissedInbound(msgspec.Struct, frozen=True, kw_only=True):
    """Missed inbound of a stretch of time: each call with what became of it, and the sums.

    ``teams`` holds by team id; a call for which phones of two teams rang is in both. ``team_ids`` are the teams of
    each case, in the order of ``cases`` (``callbacks.NOBODY``: nobody's).
    """

    cases: list[Case]
    team_ids: list[list[str]]
    site: Summary
    teams: dict[str, Summary]


async def missed_inbound(
    store: Store, settings: Settings, start: float, end: float, roster: Roster | None = None
) -> MissedInbound:
    """Missed calls begun in ``[start, end)``, with calls back up to now. Raises ``StoreError``."""
    numbering = settings.guard.numbering
    missed = await store.watch.missed(start, end)
    plain = {
        numbering.plain(each.call.number)
        for each in missed
        if each.call.number is not None and callbacks.has_number(each.call.number)
    }
    written = [spelling for each in plain for spelling in numbering.spellings(each)]
    later = await store.watch.with_numbers(written, start, end + callbacks.HORIZON_SECONDS + 86400)
    known = roster if roster is not None else await store.roster()

    def team_of(agent: str, at: float) -> str | None:
        pbx, _, extension = agent.partition("/")
        found = known.who(pbx, extension, at)
        return found.team if found is not None else None

    queues = callbacks.queue_teams(
        [
            *((queue, (agent,), at) for queue, agent, at in await store.watch.queued(start, end)),
            *(
                (f"{each.call.pbx}/{each.call.queue}", each.rang, each.call.started_at)
                for each in missed
                if each.call.queue is not None
            ),
        ],
        team_of,
    )
    cases = callbacks.cases(missed, later, numbering)
    return MissedInbound(
        cases=cases,
        team_ids=[callbacks.teams_of(each.missed, team_of, queues) for each in cases],
        site=callbacks.summary(cases),
        teams=callbacks.by_team(cases, team_of, queues),
    )
