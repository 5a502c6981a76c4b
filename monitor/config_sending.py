"""The part of ``config.toml`` about reports that are sent by themselves (``[[send]]``)."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from monitor.config_duty import ClockTime, Weekday
from monitor.wrongs import wrong


class Send(BaseModel):
    """A report, when it is sent, and to which channels.

    ``report`` is a kind of report (``dialwatch report``), of the site or one ``team``. It goes at ``at`` on ``days``
    ("workdays" of the calendar, "every" day, or weekdays, 0 Monday), or once a month on ``month_day`` (-1: the last).
    ``of`` is the period it is about: "this" one, or the "last" (default: this day, but the last week or month).
    ``attach`` sends the file where the channel takes files; elsewhere, and without it, there is a link.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=48, pattern=r"^[A-Za-z0-9_.-]+$")
    report: str = Field(min_length=1)
    team: str = ""
    at: ClockTime
    days: Literal["workdays", "every"] | tuple[Weekday, ...] = "workdays"
    month_day: int | None = Field(None, ge=-1, le=31)
    of: Literal["this", "last"] | None = None
    channels: tuple[str, ...] = Field(min_length=1)
    format: Literal["xlsx", "pdf"] = "xlsx"
    attach: bool = True
    language: Literal["zh-CN", "en"] | None = None

    @model_validator(mode="after")
    def _on_some_day(self) -> Send:
        if self.month_day == 0:
            raise wrong("is no day of a month; write 1 to 31, or -1 for the last", "month_day")
        if self.days == ():
            raise wrong('names no day; write "workdays", "every", or weekdays such as [0]', "days")
        if self.month_day is not None and "days" in self.model_fields_set:
            raise wrong("days is given too; keep one of them", "month_day")
        return self
