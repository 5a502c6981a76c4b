"""Reports that are sent by themselves: when, what is said, what was sent, and whether it still holds."""
