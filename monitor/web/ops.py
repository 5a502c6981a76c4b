"""For whoever runs it: is it alive, does everything work, and the figures for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import JSONResponse, PlainTextResponse, Response

from monitor.domain import LinkState
from monitor.errors import StoreError
from monitor.web.context import AppContext
from monitor.web.models import Ready

PROMETHEUS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Figures(Collector):
    """Reads the figures of all rooms at the moment they are asked for."""

    def __init__(self, context: AppContext) -> None:
        self._context = context

    def collect(self) -> Iterator[Metric]:
        """All metrics; each is described in ``docs/reference/http.md``."""
        yield from self._link_metrics()
        yield from self._writer_metrics()
        hub = self._context.hub
        yield GaugeMetricFamily("dialwatch_hub_clients", "Open wall-boards", hub.clients)
        yield GaugeMetricFamily(
            "dialwatch_hub_clients_behind", "Boards that read too slowly", hub.clients_behind
        )
        yield CounterMetricFamily("dialwatch_hub_snapshots", "Snapshots sent", hub.snapshots_sent)
        yield CounterMetricFamily("dialwatch_hub_deltas", "Deltas made", hub.deltas_sent)
        yield CounterMetricFamily("dialwatch_hub_sent_bytes", "Bytes handed to boards", hub.bytes_sent)

    def _link_metrics(self) -> Iterator[Metric]:
        links = self._context.links()
        up = GaugeMetricFamily("dialwatch_link_up", "Whether the PBX is heard", labels=["pbx"])
        lag = GaugeMetricFamily(
            "dialwatch_link_lag_seconds", "Arrival minus the event's own time", labels=["pbx"]
        )
        messages = CounterMetricFamily("dialwatch_ami_messages", "AMI messages followed", labels=["pbx"])
        lost = CounterMetricFamily("dialwatch_ami_lost", "AMI messages lost to a full queue", labels=["pbx"])
        bad = CounterMetricFamily("dialwatch_ami_malformed", "AMI messages without identity", labels=["pbx"])
        calls = GaugeMetricFamily("dialwatch_calls_open", "Calls going on", labels=["pbx"])
        for link in links:
            name = [link.pbx]
            up.add_metric(name, float(link.state is LinkState.UP))
            if link.lag_seconds is not None:
                lag.add_metric(name, link.lag_seconds)
            messages.add_metric(name, link.messages)
            lost.add_metric(name, link.lost_events)
            bad.add_metric(name, link.malformed)
            calls.add_metric(name, link.calls)
        yield from (up, lag, messages, lost, bad, calls)

    def _writer_metrics(self) -> Iterator[Metric]:
        health = self._context.writer()
        yield GaugeMetricFamily("dialwatch_writer_pending", "Changes not yet stored", health.pending)
        yield GaugeMetricFamily("dialwatch_writer_spilled_bytes", "Outbox on disk", health.spilled_bytes)
        yield CounterMetricFamily("dialwatch_writer_lost", "Changes lost for good", health.lost)


def router(context: AppContext) -> APIRouter:
    """The operators' routes."""
    routes = APIRouter(tags=["operations"])
    registry = CollectorRegistry()
    registry.register(Figures(context))

    @routes.get("/healthz")
    async def alive() -> dict[str, str]:
        """The process answers; open to everybody."""
        return {"status": "ok"}

    @routes.get("/readyz", responses={503: {"model": Ready}})
    async def ready() -> JSONResponse:
        """Whether every PBX is heard and every change stored; says what is not."""
        faults = [
            f"link_{link.state}:{link.pbx}" for link in context.links() if link.state is not LinkState.UP
        ]
        health = context.writer()
        if health.last_error is not None:
            faults.append("store_not_written")
        if health.lost:
            faults.append("changes_lost")
        try:
            await context.store.users()
        except StoreError:
            faults.append("store_not_read")
        answer = Ready(ready=not faults, faults=faults)
        return JSONResponse(answer.model_dump(), 200 if answer.ready else 503)

    @routes.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> Response:
        """Figures in Prometheus' text format."""
        return Response(generate_latest(registry), media_type=PROMETHEUS_TYPE)

    return routes
