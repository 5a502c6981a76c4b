"""Reports: gathered from the store's sums, shaped by ``metrics/reports.py``, written as table, CSV, Excel, PDF, JSON."""
