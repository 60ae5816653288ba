"""The text of docs/capacity.md, with places for what `capacity.py` reckons."""

from __future__ import annotations

TEMPLATE = """\
# Capacity

How to size a stack: what to deploy with, how long nights take then, and what they cost. Made by
`python -m bench capacity --write docs/capacity.md` from the nights that `python -m bench night`
measured; a test makes it again.

A **row of activity** is what one user did of one event on one day. Rows each are those of all days
that are kept: 30 is somebody who comes now and then, 120 somebody who comes every third day of a
year. Whole accounts: {goals} goals, each of them on everybody.

{table}

- **Groups** is for good from the first import on. With too many, small accounts pay some requests
  more; with too few, jobs need more memory. Choose for the users that you expect in two years.
- **JobMemory** is MB of the functions that forecast, train and score, and can be changed with any
  deployment. Beyond {reserve} % of it a run carries a warning, beyond all of it the run is refused
  before a job begins, with the value to deploy with. New AWS accounts may be held to 3,008 MB.
- **At once** is `MaxConcurrency`. Lambda ends a job after 15 minutes; the longest is in the table.
- Dollars are those of Lambda, S3 and DynamoDB requests and Step Functions of the nights at the list
  prices of {region} of {prices}, without the free tier; storage and the API are apart.

## Where the figures come from

Memory is what runs themselves reckon with (`services/job_memory.py`), a reserve over the most that
was measured in processes that do one job after the other:

| a job takes | at all | per user | per row of activity | per value of a trait |
| :---------- | -----: | -------: | ------------------: | -------------------: |
| scoring a group | {scoring.base} MB | {scoring.user:,} B | {scoring.row} B | {scoring.trait} B |
| training on the panel | {trains.base} MB | {trains.user:,} B | {trains.row} B | {trains.trait} B |

The panel has 200,000 users of any account, so that training does not grow with the account beyond
them, only with what its users do.

Seconds are those of the measured nights ([benchmarks](benchmarks.md#a-night-of-five-goals)):
scoring takes {row:.1f} s per million rows and {member:.1f} s per million members and goals;
training five goals {training:.0f} s and {panel_row:.1f} s per million rows of the panel. A function
with 3,008 MB has 1.7 processors; two such jobs shared two here.

{fits}

## What does not grow with nights alone

- **Imports** read the ids and hashes of all users, so that they take longer in larger accounts even
  where little is imported: import once a day what comes once a day.
- **Forecasts** read the panel alone: an account of ten million users answers like one of 200,000.
- **Exports and sends** read a group's scores or members with DuckDB, which writes to the disk what
  does not fit into memory.
- **Five active goals** is the limit of an account by default; a sixth costs what each of the five
  does, since a group's activity is read once for all of them.
"""
