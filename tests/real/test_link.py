"""The listener's ways of reaching a real Asterisk: logins, TLS, refusals, resets."""

from __future__ import annotations

import asyncio

import pytest

from monitor.domain import LinkState

from .compare import differences
from .lab.ami import PORT, TLS_PORT
from .lab.lab import Lab
from .lab.stage import SCENARIOS
from .relay import Relay
from .watch import Watch, pbx

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _hears_a_call(lab: Lab, watch: Watch) -> None:
    expected, _ = await lab.play(SCENARIOS["out_486"])
    await watch.settled()
    assert differences(expected, list(watch.calls.values())) == []


@pytest.mark.parametrize("auth", ["md5", "plain"])
async def test_login(lab: Lab, auth: str) -> None:
    """By MD5 challenge and in clear, with the least privileges, over plain TCP."""
    async with Watch(pbx(auth=auth)) as watch:
        await _hears_a_call(lab, watch)
        assert watch.links[-1].reason == ""
        assert (watch.links[-1].version or "").startswith("22.")


async def test_tls_with_its_certificate(lab: Lab) -> None:
    """Port 5039, the certificate verified."""
    async with Watch(pbx(port=TLS_PORT, tls=True, tls_ca=lab.asterisk.ca)) as watch:
        await _hears_a_call(lab, watch)


async def test_tls_refuses_a_stranger(lab: Lab) -> None:
    """Without the certificate's authority the link does not come up, and says why."""
    watch = Watch(pbx(port=TLS_PORT, tls=True), up_seconds=3)
    with pytest.raises(AssertionError, match="did not come up"):
        async with watch:
            pass
    assert watch.links[-1].state is LinkState.DOWN
    assert "not trusted" in watch.links[-1].reason


async def test_wrong_password(lab: Lab) -> None:
    """Refused, in so many words, and not tried again at once."""
    watch = Watch(pbx(secret="wrong"), up_seconds=4)
    with pytest.raises(AssertionError, match="did not come up"):
        async with watch:
            pass
    states = [status.state for status in watch.links]
    assert states.count(LinkState.REFUSED) == 1
    assert "wrong" not in "".join(status.reason for status in watch.links)


async def test_all_classes_and_the_least_hear_the_same(lab: Lab) -> None:
    """A user with VarSet and Newexten and one without tell the same calls."""
    async with Watch(pbx()) as lean, Watch(pbx("everything")) as full:
        for name in ("out_answered", "c2d_local_n", "out_failover"):
            await lab.play(SCENARIOS[name])
        await asyncio.gather(lean.settled(), full.settled())
    seen = [
        sorted(
            (c.id, c.agent, c.number, c.outcome, c.hangup_by, len(c.segments)) for c in watch.calls.values()
        )
        for watch in (lean, full)
    ]
    assert len(seen[0]) == 3
    assert seen[0] == seen[1]


async def test_reset_at_accept(lab: Lab) -> None:
    """A peer that accepts and resets at once is tried again until it behaves."""
    relay = await Relay.open(PORT)
    relay.reset_new(on=True)
    watch = Watch(pbx(port=relay.port), up_seconds=10)
    asyncio.get_running_loop().call_later(2, lambda: relay.reset_new(on=False))
    async with watch:
        await _hears_a_call(lab, watch)
    relay.close()
