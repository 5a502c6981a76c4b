"""The main table as Parquet, for BI: columns by their stable keys, real types, instants in UTC.

Written by fastparquet, an extra: a tenth of pyarrow, which is 55 MB to download, and a sheet of some thousands of rows needs no more.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd

from monitor.errors import EnvironmentFault
from monitor.metrics.sheet import Report
from monitor.reports.columns import Of, Say
from monitor.reports.sections import main

TYPES = {
    Of.TEXT: "str",
    Of.COUNT: "Int64",
    Of.DECIMAL: "float64",
    Of.SHARE: "float64",
    Of.SECONDS: "float64",
}


def as_parquet(report: Report, say: Say) -> bytes:
    """The file's bytes. Raises ``EnvironmentFault`` where fastparquet is not installed.

    ``first`` and ``last`` are the period's days; sums (teams, the site) are left out: BI makes its own.
    """
    try:
        import fastparquet
    except ImportError:
        raise EnvironmentFault(
            "Parquet needs the package fastparquet; install it: pip install 'dialwatch[parquet]'"
        ) from None
    table = main(report, say)
    rows = table.rows[: len(table.rows) - table.totals]
    frame = pd.DataFrame({"first": [report.first] * len(rows), "last": [report.last] * len(rows)})
    for place, head in enumerate(table.heads):
        values = [row[place] for row in rows]
        if head.of is Of.CLOCK:
            frame[head.key] = pd.to_datetime(pd.Series(values, dtype="float64"), unit="s", utc=True)
        elif head.of is Of.TEXT:
            frame[head.key] = pd.Series(["" if each is None else str(each) for each in values], dtype=object)
        else:
            frame[head.key] = pd.Series(values, dtype=TYPES[head.of])
    for name in ("first", "last"):
        frame[name] = frame[name].astype(object)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.parquet"
        fastparquet.write(str(path), frame, compression="GZIP")
        return path.read_bytes()
