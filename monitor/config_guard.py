"""The part of ``config.toml`` about whom is called how often (``[guard]``), and how numbers are written."""

from __future__ import annotations

from pydantic import Field

from monitor.config_duty import Part
from monitor.contacts import Numbering


class GuardSettings(Part):
    """How numbers are written where the site is: ``country_code``, and ``trunk_prefix`` before an area's number."""

    country_code: str = Field("86", pattern=r"^[1-9][0-9]{0,2}$")
    trunk_prefix: str = Field("0", pattern=r"^[0-9]{0,2}$")

    @property
    def numbering(self) -> Numbering:
        """How one number is known from another."""
        return Numbering(self.country_code, self.trunk_prefix)
