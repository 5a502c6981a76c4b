"""The lab's own parts that need no Asterisk: reading logs, making scripts, saying why it is not there."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from .lab import chroot, exchange, load
from .lab.script import Answerer, Caller, Digits, Refer, Reinvite, Talk, answerer_xml, caller_xml
from .lab.sipp import read_legs
from .require import unavailable

STEPS = (Talk(1), Reinvite("sendonly"), Digits("*2"), Refer("8002"), Talk())


def test_every_script_is_a_scenario_sipp_can_jump_in() -> None:
    """Well-formed, and each jump has its label."""
    for xml in (
        caller_xml(Caller("8001", "9138", STEPS, name='O"B <x>'), "9"),
        answerer_xml({"": Answerer(then=STEPS)}, "9", stream=True),
        answerer_xml(load.CHOICES, "9", stream=False),
    ):
        tree = ElementTree.fromstring(xml)
        labels = {element.get("id") for element in tree.iter("label")}
        jumps = {element.get(key) for element in tree.iter() for key in ("next", "ontimeout")} - {None}
        assert jumps <= labels


def test_a_leg_is_read_from_sipps_log(tmp_path: Path) -> None:
    """Who called whom, when it rang, was answered and ended, and by whom."""
    rows = [
        ("10.0", "R", "CSeq:1 INVITE", "INVITE sip:13800000001@127.0.0.1 SIP/2.0"),
        ("10.5", "S", "CSeq:1 INVITE", "SIP/2.0 180 Ringing"),
        ("12.0", "S", "CSeq:1 INVITE", "SIP/2.0 200 OK"),
        ("15.0", "R", "CSeq:2 BYE", "BYE sip:127.0.0.1 SIP/2.0"),
        ("15.1", "S", "CSeq:2 BYE", "SIP/2.0 200 OK"),
    ]
    log = tmp_path / "x.short"
    log.write_text("".join(f"d\tt\t{at}\t{way}\tid\t{cseq}\t{first}\n" for at, way, cseq, first in rows))
    (leg,) = read_legs(log)
    assert (leg.target, leg.ringing_at, leg.ring_seconds, leg.talk_seconds) == ("13800000001", 10.5, 2.0, 3.0)
    assert leg.ended_here is False


def test_the_mirror_is_the_one_apt_uses(tmp_path: Path) -> None:
    """From deb822 files and from one-line lists; without an archive of Debian's, the reason."""
    (tmp_path / "sources.list.d").mkdir()
    with pytest.raises(chroot.LabUnavailable, match="names no Debian archive"):
        chroot.mirror(tmp_path)
    (tmp_path / "sources.list").write_text("deb [arch=amd64] http://mirror.example/debian bookworm main\n")
    assert chroot.mirror(tmp_path) == "http://mirror.example/debian"
    (tmp_path / "sources.list.d/debian.sources").write_text(
        "Types: deb\nURIs: http://other.example/debian/\n"
    )
    assert chroot.mirror(tmp_path) == "http://other.example/debian/"


def test_numbers_find_their_far_end() -> None:
    """A number of its own, through one trunk or any, before the crowd's."""
    carrier = exchange.Exchange()
    carrier.connect_all("139", 1)
    carrier.connect("1391", 2)
    carrier.connect("1391", 3, "trunk-b")
    assert [
        carrier.port("1391", "trunk-a"),
        carrier.port("1391", "trunk-b"),
        carrier.port("1392", "trunk-a"),
    ] == [2, 3, 1]
    assert carrier.port("188", "trunk-a") is None


def test_what_cannot_be_had_is_skipped_or_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skipped with its reason; failed where CI requires it."""
    monkeypatch.delenv("REQUIRE_REAL", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no root"):
        unavailable("no root")
    monkeypatch.setenv("REQUIRE_REAL", "1")
    with pytest.raises(pytest.fail.Exception, match="no root"):
        unavailable("no root")
