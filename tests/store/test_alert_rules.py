"""Rules of the page on both engines: the later value holds, and who did it is written down."""

from __future__ import annotations

import msgspec

from monitor.notices import StoredRule
from monitor.store.discipline import Audited
from monitor.store.store import Store

RULE = StoredRule(id="mine", body='{"kind":"idle"}', changed_by="wang", changed_at=5.0)


def did(what: str, at: float = 5.0) -> Audited:
    return Audited(at, "wang", what, "alert/mine", "")


async def test_a_rule_is_kept_changed_and_removed_with_who_did_it(store: Store) -> None:
    assert await store.alert_rules.rules() == []
    await store.alert_rules.put(RULE, did("alert_rule_added"))
    muted = msgspec.structs.replace(RULE, muted_until=900.5, off=True, changed_at=6.0)
    await store.alert_rules.put(muted, did("alert_rule_muted", 6.0))
    other = msgspec.structs.replace(RULE, id="idle", body="")
    await store.alert_rules.put(other, did("alert_rule_off", 7.0))
    assert await store.alert_rules.rules() == [other, muted]
    await store.alert_rules.remove("mine", did("alert_rule_removed", 8.0))
    assert await store.alert_rules.rules() == [other]
    assert [each.what for each in await store.discipline.audited("alert/mine")] == [
        "alert_rule_removed", "alert_rule_off", "alert_rule_muted", "alert_rule_added",
    ]  # fmt: skip
