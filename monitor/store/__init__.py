"""Where calls, gaps, people and logins are kept; the only place with SQL."""
