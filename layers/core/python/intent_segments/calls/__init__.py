"""Calls of the Segment specification: what client libraries send, checked, timed and packed."""
