"""Alerts: what stands, the rules and channels in force, what was sent, and a test of a channel."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import structlog
from fastapi import APIRouter, Query, Request

from monitor.access import May
from monitor.alerts.desk import shown_alerts
from monitor.alerts.rulebook import book
from monitor.alerts.words import Writer
from monitor.config_alerts import KINDS, defaults_of_kind, keys_of_kind
from monitor.notices import Delivery
from monitor.web.alert_rules import rule_row
from monitor.web.context import AppContext
from monitor.web.faults import Refusal
from monitor.web.guard import Session
from monitor.web.models import AlertRow, AlertsState, ChannelRow, DeliveryRow, Fault, RuleKind

log = structlog.get_logger(__name__)


def router(context: AppContext) -> APIRouter:
    """The alerts routes."""
    routes = APIRouter(prefix="/api/alerts", tags=["alerts"])
    kept = context.store.alerts
    site = context.settings.site
    writer = Writer(site.name, site.timezone)

    @routes.get("")
    async def state(request: Request) -> AlertsState:
        """What stands now, the rules, and the channels with how many messages wait for each."""
        session: Session = request.state.session
        entries = book(context.settings, await context.store.alert_rules.rules())
        waiting = Counter(each.channel for each in await kept.unfinished())
        active = shown_alerts(await kept.active(), writer)
        return AlertsState(
            timezone=site.timezone.key,
            now=context.now(),
            may_set=session.may(May.SET_ALERTS),
            active=[
                AlertRow(id=each.id, kind=each.kind, since=each.since, text=each.text) for each in active
            ],
            rules=[rule_row(each) for each in entries],
            kinds=[
                RuleKind(kind=kind, values=defaults_of_kind(kind), teams="teams" in keys_of_kind(kind))
                for kind in KINDS
            ],
            teams={team.id: team.name for team in context.directory.teams},
            channels=[
                ChannelRow(
                    name=each.name,
                    url=each.url,
                    language=each.language,
                    per_minute=each.per_minute,
                    waiting=waiting[each.name],
                    fault=each.fault,
                )
                for each in context.desk.channels()
            ],
        )

    @routes.get("/deliveries")
    async def deliveries(
        channel: Annotated[str | None, Query(max_length=64)] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    ) -> list[DeliveryRow]:
        """What was sent, is under way or was given up, newest first."""
        return [delivery_row(each) for each in await kept.deliveries(channel=channel, limit=limit)]

    @routes.post("/channels/{id}/test", responses={404: {"model": Fault}})
    async def test(id: str, request: Request) -> DeliveryRow:
        """Send a test message on a channel now, and say what came of it."""
        session: Session = request.state.session
        log.info("channel_tested", channel=id, user=session.username)
        found = await context.desk.test(id)
        if found is None:
            raise Refusal(404, "not_found")
        return delivery_row(found)

    return routes


def delivery_row(each: Delivery) -> DeliveryRow:
    """A delivery as it is shown."""
    return DeliveryRow(
        id=each.id,
        channel=each.channel,
        what=each.what.value,
        title=each.title,
        body=each.body,
        state=each.state.value,
        tries=each.tries,
        created_at=each.created_at,
        next_at=each.next_at,
        done_at=each.done_at,
        last_error=each.last_error,
    )
