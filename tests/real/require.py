"""What a test that needs a real server does when it cannot have it: skip in plain sight, or fail in CI."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def unavailable(reason: str) -> NoReturn:
    """Skip the test with its reason; with ``REQUIRE_REAL=1`` in the environment fail it instead."""
    if os.environ.get("REQUIRE_REAL") == "1":
        pytest.fail(f"REQUIRE_REAL=1, and {reason}", pytrace=False)
    pytest.skip(reason)
