"""Explain this number: what it means, over which calls, what they come to, and the gaps that touch it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from monitor.metrics.definitions import METRICS, Metric
from monitor.web.calls import CallQuery, call_filter
from monitor.web.context import AppContext
from monitor.web.faults import Refusal
from monitor.web.guard import Seen
from monitor.web.models import CallSums, Definition, Explanation, Fault, GapRow
from monitor.web.rows import call_sums

#: Figures that calls come to by themselves; the others need shifts, seats or other calls beside them.
SUMMED = frozenset(CallSums.model_fields) - {"calls", "live", "seizures"}
_METRICS = {each.key: each for each in METRICS}


def definition(each: Metric) -> Definition:
    """A metric as it is told."""
    return Definition(
        key=each.key,
        unit=each.unit,
        zh=each.zh,
        en=each.en,
        formula=each.formula,
        formula_zh=each.formula_zh,
        source=each.source,
    )


def router(context: AppContext) -> APIRouter:
    """The routes of explanations."""
    routes = APIRouter(prefix="/api", tags=["board"])

    @routes.get("/explain/{metric}", responses={404: {"model": Fault}})
    async def explain(metric: str, query: Annotated[CallQuery, Query()], scope: Seen) -> Explanation:
        """A number: its definition, the calls of the filter, what it is over them, the gaps in their time."""
        known = _METRICS.get(metric)
        if known is None:
            raise Refusal(404, "not_found")
        wanted = await call_filter(query, context, scope)
        effective = context.settings.site.effective_seconds
        sums = call_sums(None if wanted is None else await context.store.sums(wanted, effective))
        now = context.now()
        start = query.start if query.start is not None else 0.0
        end = min(now, query.end if query.end is not None else now)
        gaps = await context.store.gaps(start, end) if start < end else []
        return Explanation(
            definition=definition(known),
            effective_seconds=effective,
            calls=sums.calls,
            value=getattr(sums, metric) if metric in SUMMED else None,
            gaps=[
                GapRow(
                    pbx=gap.pbx,
                    started_at=gap.started_at,
                    ended_at=gap.ended_at,
                    reason=gap.reason,
                    calls_cut=gap.calls_cut,
                )
                for gap in gaps
            ],
        )

    return routes
