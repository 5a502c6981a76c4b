"""Benchmarks that print a table; one command each, never part of the test run."""
