"""A report in a format: its bytes, its media type, and the name of its file."""

from __future__ import annotations

from enum import StrEnum

from monitor.metrics.sheet import Report
from monitor.reports import plain
from monitor.reports.columns import Say


class Format(StrEnum):
    """How a report is written."""

    TABLE = "table"
    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"
    JSON = "json"
    PARQUET = "parquet"


BINARY = frozenset((Format.XLSX, Format.PDF, Format.PARQUET))

MEDIA_TYPES = {
    Format.TABLE: "text/plain; charset=utf-8",
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.PDF: "application/pdf",
    Format.JSON: "application/json",
    Format.PARQUET: "application/vnd.apache.parquet",
}


def rendered(report: Report, format: Format, say: Say, language: str) -> bytes:
    """The report's bytes. Raises ``EnvironmentFault`` for a PDF without a font that has Chinese, and for Parquet where its
    library is not installed."""
    # What a format needs is imported with it: the server starts without any of them.
    if format is Format.XLSX:
        from monitor.reports.excel import as_excel

        return as_excel(report, say)
    if format is Format.PDF:
        from monitor.reports.pdf import as_pdf

        return as_pdf(report, say, language)
    if format is Format.PARQUET:
        from monitor.reports.parquet import as_parquet

        return as_parquet(report, say)
    if format is Format.CSV:
        return plain.as_csv(report, say)
    if format is Format.TABLE:
        return (plain.as_table(report, say) + "\n").encode()
    return plain.as_json(report)


def file_name(report: Report, format: Format) -> str:
    """Plain ASCII, so that every browser and every system keeps it."""
    days = report.first if report.first == report.last else f"{report.first}_{report.last}"
    team = "-" + "".join(each if each.isalnum() and each.isascii() else "_" for each in report.team)
    suffix = "txt" if format is Format.TABLE else format.value
    days = report.agenda.day if report.agenda is not None else days
    return f"dialwatch-{report.kind}-{days}{team if report.team else ''}.{suffix}"
