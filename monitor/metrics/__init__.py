"""Metrics: pure functions and values; nothing here does I/O, reads a clock or knows Asterisk."""
