"""`make bench`, or `python -m bench [NAME …] [--users N]`: benchmarks and their tables."""

from __future__ import annotations

import argparse
from importlib import import_module

BENCHMARKS = {
    "speed": "forecast and a night's scores on a generated account, against their floors",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--users", type=int, default=100_000)
    args = parser.parse_args()
    unknown = set(args.names) - set(BENCHMARKS)
    if unknown:
        parser.error(
            f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}"
        )
    for name in args.names or BENCHMARKS:
        print(f"== {name}: {BENCHMARKS[name]}\n", flush=True)
        import_module(f"bench.{name}").run(args.users)


if __name__ == "__main__":
    main()
