"""`intent demo`: real purchase histories, replayed through the deployed API."""
