"""Hillstrom's e-mail experiment (MineThatData, 2008): what randomised data say of the intervals.

From a folder that holds `hillstrom/events.parquet` (visit, purchase with its amount) and
`hillstrom/profiles.parquet` (the arm `womens` or `control`, and what was known of the customers
before). The two weeks after the nominal first day count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from intent_segments.campaigns.arms import Arm, Estimate
from intent_segments.campaigns.effect import difference
from intent_segments.campaigns.means import Amounts, difference_of_means

FIRST, LAST = "2008-03-01", "2008-03-14"
CONTROL = 0.05

NUMBERS = ["recency", "history", "mens", "womens", "newbie"]
KINDS = ["zip_code", "channel", "history_segment"]

Column = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Hillstrom:
    """One row per customer: in test or not, what came, and what was known before."""

    test: npt.NDArray[np.bool_]
    outcomes: dict[str, Column]
    known: dict[str, npt.NDArray[np.generic]]

    @classmethod
    def read(cls, folder: Path) -> Hillstrom:
        columns = ", ".join(f"p.{name}" for name in NUMBERS + KINDS)
        found = duckdb.execute(
            f"""SELECT p.arm, {columns}, max(coalesce((e.event = 'visit')::INT, 0)) AS visit,
                max(coalesce((e.event = 'purchase')::INT, 0)) AS conversion,
                sum(CASE WHEN e.event = 'purchase'
                    THEN (e.properties::JSON->>'amount')::DOUBLE ELSE 0 END) AS spend
            FROM read_parquet(?) p LEFT JOIN read_parquet(?) e ON e.user_id = p.user_id
                AND e.ts >= '{FIRST} 00:00:00+00' AND e.ts <= '{LAST} 23:59:59.999999+00'
            GROUP BY p.user_id, p.arm, {columns} ORDER BY p.user_id""",
            [str(folder / "profiles.parquet"), str(folder / "events.parquet")],
        ).fetchnumpy()
        outcomes = {
            name: np.asarray(found[name], float) for name in ("visit", "conversion", "spend")
        }
        known = {name: np.asarray(found[name]) for name in NUMBERS + KINDS}
        return cls(np.asarray(found["arm"]) == "womens", outcomes, known)

    def effect(self, name: str) -> Estimate:
        """Test - control on the full arms."""
        return METHODS[name](self.outcomes[name][self.test], self.outcomes[name][~self.test])

    def likelihood(self) -> Column:
        """Of a visit, from what was known before: logistic, each fifth of the customers by the
        rest, without the arm. No earlier outcome is in the data to learn from."""
        import pandas

        table = pandas.DataFrame(self.known)
        model = make_pipeline(
            make_column_transformer(
                (StandardScaler(), NUMBERS), (OneHotEncoder(handle_unknown="ignore"), KINDS)
            ),
            LogisticRegression(max_iter=1000),
        )
        visited = self.outcomes["visit"]
        return cross_val_predict(model, table, visited, cv=5, method="predict_proba")[:, 1]


@dataclass(frozen=True)
class Thinned:
    """Of many thinnings to a small control: mean effect, how often the full arms' effect lay in the
    interval, mean width."""

    value: float
    held: float
    width: float


def thinned(data: Hillstrom, name: str, draws: int, seed: int) -> Thinned:
    """All test customers against `CONTROL` of all who are left, drawn from the control arm."""
    random = np.random.default_rng(seed)
    truth = data.effect(name).value
    test, control = data.outcomes[name][data.test], data.outcomes[name][~data.test]
    kept = round(len(test) * CONTROL / (1 - CONTROL))
    found = [METHODS[name](test, random.choice(control, kept, replace=False)) for _ in range(draws)]
    return Thinned(
        float(np.mean([effect.value for effect in found])),
        float(np.mean([effect.low <= truth <= effect.high for effect in found])),
        float(np.mean([effect.high - effect.low for effect in found])),
    )


def _rates(test: Column, control: Column) -> Estimate:
    return difference(*(Arm(len(arm), int(arm.sum())) for arm in (test, control)))


def _means(test: Column, control: Column) -> Estimate:
    return difference_of_means(amounts(test), amounts(control))


def amounts(values: Column) -> Amounts:
    payers = int(np.count_nonzero(values))
    return Amounts(len(values), payers, float(values.sum()), float((values * values).sum()))


METHODS: dict[str, Callable[[Column, Column], Estimate]] = {
    "visit": _rates,
    "conversion": _rates,
    "spend": _means,
}
"""What the product says of shares of customers and of amounts."""
