"""Segments of users: the JSON language, its SQL, and who is in one as of a day."""
