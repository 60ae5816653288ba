"""How large a definition may be; each number keeps one query bounded (docs/segments.md)."""

MAX_DEPTH = 10
"""Levels of clauses inside clauses, the outermost included."""

MAX_CLAUSES = 200
"""Clauses of every kind in one definition."""

MAX_VALUES = 10_000
"""Values in all lists of one definition together: user ids and the values of `in`."""

MAX_CONDITIONS = 20
"""Conditions in one `where`."""

MIN_STEPS, MAX_STEPS = 2, 10
"""Steps of a sequence: one alone is `did`, and each is a window function over all events asked."""

MAX_SEQUENCES = 20
"""Different sequences in one definition, referenced segments in place: each reads events anew."""

MAX_NAME = 200
"""Characters of an event, property or segment name; Segment's own limit for event names."""

MAX_TEXT = 1_000
"""Characters of a string value or a user id."""

MAX_DAYS = 3_660
"""Days of `within`: ten years."""

MAX_HOURS = 2_160
"""Hours of `within`: 90 days. Hours are answered from single events, so they stay short."""

MAX_COUNT = 1_000_000_000
"""The largest number that a count or a number of days is compared with."""

MAX_NUMBER = 2**53
"""Numbers compare as 64-bit floats, which are exact for whole numbers up to here."""

MAX_REFERENCE_DEPTH = 10
"""Segments that refer to segments that refer to segments."""

MAX_EXPANDED_CLAUSES = 1_000
"""Clauses after every referenced segment has been put in place."""

MAX_SECONDS = 20
"""Seconds of a preview: an HTTP API waits 30, and files have to be fetched too."""
