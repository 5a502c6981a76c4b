"""What the tests of the tracker's rooms share."""

from __future__ import annotations

import pytest

from tests.pbx.playbook import Playbook


@pytest.fixture
def pbx() -> Playbook:
    """A script still empty."""
    return Playbook()
