"""The part of ``config.toml`` about the monthly appraisal sheet (``[appraisal]``): weights and what costs points."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from monitor.config_duty import Part
from monitor.wrongs import wrong

Result = Literal["dials", "connects", "effective_connects", "talk_minutes", "connect_rate"]


class Appraisal(Part):
    """Weights in points, together 100; ``results_of``: the targets whose attainment is the result, each up to a cap."""

    results: float = Field(60, ge=0, le=100)
    discipline: float = Field(20, ge=0, le=100)
    quality: float = Field(20, ge=0, le=100)
    results_of: tuple[Result, ...] = Field(
        ("dials", "connects", "effective_connects", "talk_minutes"), min_length=1
    )
    cap_percent: float = Field(120, ge=100, le=500)
    late_points: float = Field(5, ge=0, le=100)
    not_started_points: float = Field(20, ge=0, le=100)

    @model_validator(mode="after")
    def _whole(self) -> Appraisal:
        if abs(self.results + self.discipline + self.quality - 100) > 1e-6:
            raise wrong("results, discipline and quality must be 100 together; change one of them", "results")
        return self
