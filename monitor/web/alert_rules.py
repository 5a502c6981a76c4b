"""Alert rules on the page: enter, change, switch off, mute; each change is written down and holds at once."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, Request

from monitor.alerts.rulebook import Entry, RuleFault, book, checked
from monitor.config_alerts import keys_of_kind
from monitor.notices import StoredRule
from monitor.store.discipline import Audited
from monitor.web.context import AppContext
from monitor.web.discipline import who
from monitor.web.faults import Refusal
from monitor.web.models import Fault, RuleMuted, RuleNamed, RuleRow, RuleSwitched, RuleWanted

MOST_RULES = 200
"""So many rules of the page there can be."""

_FAULTS: dict[int | str, dict[str, Any]] = {
    404: {"model": Fault},
    409: {"model": Fault},
    422: {"model": Fault},
}


def router(context: AppContext) -> APIRouter:
    """The rules' routes."""
    routes = APIRouter(prefix="/api/alerts/rules", tags=["alerts"], responses=_FAULTS)
    kept = context.store.alert_rules
    settings = context.settings

    async def entry(id: str, *, of_page: bool = False) -> tuple[Entry, StoredRule | None]:
        stored = await kept.rules()
        found = next((each for each in book(settings, stored) if each.id == id), None)
        if found is None:
            raise Refusal(404, "not_found")
        if of_page and found.from_file:
            raise Refusal(409, "rule_of_file", field="id")
        return found, next((each for each in stored if each.id == id), None)

    async def put(rule: StoredRule, what: str, request: Request, why: str = "") -> RuleRow:
        now = context.now()
        by = who(request)
        rule = msgspec.structs.replace(rule, changed_by=by, changed_at=now)
        await kept.put(rule, Audited(now, by, what, f"alert/{rule.id}", why))
        await context.desk.learn()
        found, _ = await entry(rule.id)
        return rule_row(found)

    def body(wanted: RuleWanted) -> str:
        values = {**wanted.rule, "id": wanted.id}
        try:
            checked(values, settings)
        except RuleFault as fault:
            raise Refusal(422, "bad_rule", field=fault.field) from None
        return msgspec.json.encode(values).decode()

    @routes.post("", status_code=201)
    async def add(wanted: RuleWanted, request: Request) -> RuleRow:
        """Enter a rule; its id must be new."""
        made = body(wanted)
        stored = await kept.rules()
        if any(each.id == wanted.id for each in book(settings, stored)):
            raise Refusal(409, "rule_exists", field="id")
        if len(stored) >= MOST_RULES:
            raise Refusal(409, "too_many_rules")
        rule = StoredRule(id=wanted.id, body=made, changed_by="", changed_at=0.0)
        return await put(rule, "alert_rule_added", request, made)

    @routes.post("/change")
    async def change(wanted: RuleWanted, request: Request) -> RuleRow:
        """Change a rule that was entered here."""
        _, stored = await entry(wanted.id, of_page=True)
        if stored is None:
            raise Refusal(404, "not_found")
        made = body(wanted)
        return await put(msgspec.structs.replace(stored, body=made), "alert_rule_changed", request, made)

    @routes.post("/remove", status_code=204)
    async def remove(wanted: RuleNamed, request: Request) -> None:
        """Take a rule away that was entered here."""
        _, stored = await entry(wanted.id, of_page=True)
        why = "" if stored is None else stored.body
        now = context.now()
        await kept.remove(
            wanted.id, Audited(now, who(request), "alert_rule_removed", f"alert/{wanted.id}", why)
        )
        await context.desk.learn()

    @routes.post("/mute")
    async def mute(wanted: RuleMuted, request: Request) -> RuleRow:
        """Send nothing of a rule for a while; what still stands then is told."""
        now = context.now()
        if wanted.until is not None and wanted.until <= now:
            raise Refusal(422, "bad_request", field="until")
        found, stored = await entry(wanted.id)
        rule = msgspec.structs.replace(stored or _untouched(found), muted_until=wanted.until)
        what = "alert_rule_muted" if wanted.until is not None else "alert_rule_unmuted"
        return await put(rule, what, request, "" if wanted.until is None else f"{wanted.until:.0f}")

    @routes.post("/switch")
    async def switch(wanted: RuleSwitched, request: Request) -> RuleRow:
        """Look at a rule no more, or again."""
        found, stored = await entry(wanted.id)
        rule = msgspec.structs.replace(stored or _untouched(found), off=wanted.off)
        return await put(rule, "alert_rule_off" if wanted.off else "alert_rule_on", request)

    return routes


def _untouched(found: Entry) -> StoredRule:
    """What is stored of a rule of the file that nobody has touched yet."""
    return StoredRule(id=found.id, changed_by="", changed_at=0.0)


def rule_row(found: Entry) -> RuleRow:
    """A rule as it is shown; of one that no longer fits only its name and fault."""
    rule = found.rule
    return RuleRow(
        id=found.id,
        kind=rule.kind if rule is not None else "",
        channels=list(rule.channels) if rule is not None else [],
        teams=list(rule.teams) if rule is not None else [],
        recovery=rule.recovery if rule is not None else True,
        quiet=[f"{each:%H:%M}" for each in rule.quiet] if rule is not None and rule.quiet else None,
        values={key: getattr(rule, key) for key in keys_of_kind(rule.kind) if key != "teams"}
        if rule is not None
        else {},
        from_file=found.from_file,
        off=found.off,
        muted_until=found.muted_until,
        changed_by=found.changed_by,
        changed_at=found.changed_at,
        fault=found.fault,
    )
