"""`make bench`, or `python -m bench [NAME …] [OPTIONS]`: benchmarks and their tables."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path

BENCHMARKS = {
    "speed": "forecast and a night's scores on a generated account, against their floors",
    "night": "a night of five goals in the local stack, against its floor",
    "capacity": "the guide to capacity, from the nights that were measured",
    "segments": "ten segments, against hand-written SQL and Polars",
    "forecast": "counts, intervals and ranking beside other models on real histories",
    "simulation": "coverage and calibration on generated worlds with shocks",
    "uplift": "effects of campaigns: coverage, daily looks, broken splits, CUPED",
    "tracking": "calls over HTTP with repeats, poison and kills, each found in the lake once",
}
OPTIONS = {
    "speed": ("users",),
    "night": ("users", "per_user", "write"),
    "capacity": ("write",),
    "segments": ("events", "write"),
    "forecast": ("data", "write"),
    "simulation": ("worlds", "jobs", "write"),
    "uplift": ("data", "write"),
    "tracking": ("events", "write"),
}
"""Benchmark -> the options that its `run` takes."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument(
        "--users", type=int, default=100_000, help="speed, night: users to generate"
    )
    parser.add_argument("--per-user", type=int, default=30, help="night: events of a user and year")
    parser.add_argument(
        "--events", type=int, default=3_000_000, help="segments, tracking: events, about"
    )
    parser.add_argument(
        "--data",
        type=Path,
        help="forecast, uplift: a folder that holds online_retail/ and hillstrom/",
    )
    parser.add_argument("--worlds", type=int, default=200, help="simulation: worlds to generate")
    parser.add_argument("--jobs", type=int, default=2, help="simulation: processes")
    parser.add_argument("--write", type=Path, help="all but speed: the page to update")
    args = parser.parse_args()
    unknown = set(args.names) - set(BENCHMARKS)
    if unknown:
        parser.error(
            f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}"
        )
    for name in args.names or BENCHMARKS:
        print(f"== {name}: {BENCHMARKS[name]}\n", flush=True)
        options = {option: getattr(args, option) for option in OPTIONS[name]}
        import_module(f"bench.{name}").run(**options)


if __name__ == "__main__":
    main()
