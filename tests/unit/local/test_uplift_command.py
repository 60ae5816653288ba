"""`intent uplift` on files: what counts, what is said, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from intent_local.cli import main

PERIOD = ("--from", "2026-03-01", "--to", "2026-03-14")
TEST, CONTROL = 950, 50
INSIDE = "2026-03-05T10:00:00Z"


def parquet(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def user(number: int) -> str:
    return f"user-{number}"


@pytest.fixture
def arms(tmp_path: Path) -> Path:
    """Users 0 to 949 in test, 950 to 999 in control."""
    return parquet(
        tmp_path / "arms.parquet",
        user_id=[user(n) for n in range(TEST + CONTROL)],
        arm=["test"] * TEST + ["control"] * CONTROL,
    )


def events(folder: Path, rows: list[tuple[str, str, str]], name: str = "events.csv") -> Path:
    """A CSV of (user_id, event, ts)."""
    path = folder / name
    path.write_text("\n".join(["user_id,event,ts", *map(",".join, rows)]) + "\n")
    return path


@pytest.fixture
def bought(tmp_path: Path) -> Path:
    """A fifth of test and a tenth of control bought in the period."""
    buyers = [*range(0, TEST, 5), *range(TEST, TEST + CONTROL, 10)]
    return events(tmp_path, [(user(n), "buy", INSIDE) for n in buyers])


def uplift(arms: Path, file: Path, *more: str, period: tuple[str, ...] = PERIOD) -> int:
    asked = ["--assignments", str(arms), "--events", str(file), "--event", "buy", *period]
    return main(["uplift", *asked, *more])


def answer(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return json.loads(capsys.readouterr().out)


def test_the_json_has_what_is_promised(arms, bought, capsys):
    assert uplift(arms, bought, "--json", "--control-share", "0.05") == 0
    found = answer(capsys)
    assert found["test"] == {"users": 950, "converted": 190, "rate": 0.2}
    assert found["control"] == {"users": 50, "converted": 5, "rate": 0.1}
    assert list(found) == [
        *("test", "control", "difference", "relative", "always_valid", "cuped", "srm", "verdict"),
    ]
    assert set(found["difference"]) == set(found["relative"]) == {"value", "low95", "high95"}
    assert set(found["always_valid"]) == {"low95", "high95"}
    assert set(found["srm"]) == {"p_value", "ok"} and found["srm"]["ok"]
    assert found["difference"]["value"] == pytest.approx(0.1) and found["cuped"] is None
    assert found["verdict"] in ("better", "inconclusive")


def test_a_rate_that_was_expected_before_sharpens_daily_looks(arms, tmp_path, capsys):
    """Nearly all conversions come on the last two days: by days, that is one look after a burst."""
    late = [*range(0, TEST, 5), *range(TEST, TEST + CONTROL, 5)]
    rows = [(user(late[0]), "buy", "2026-03-01T10:00:00Z")]
    rows += [(user(n), "buy", f"2026-03-{13 + n % 2}T10:00:00Z") for n in late[1:]]
    widths = []
    for more in ((), ("--expected-rate", "0.2")):
        assert uplift(arms, events(tmp_path, rows), "--json", *more) == 0
        found = answer(capsys)["always_valid"]
        widths.append(found["high95"] - found["low95"])
    assert widths[1] < 0.95 * widths[0]
    with pytest.raises(SystemExit):
        uplift(arms, events(tmp_path, rows), "--expected-rate", "20")


def test_without_a_share_the_split_is_not_checked(arms, bought, capsys):
    assert uplift(arms, bought, "--json") == 0
    assert answer(capsys)["srm"] is None


def test_a_broken_split_turns_the_effects_off(arms, bought, capsys):
    assert uplift(arms, bought, "--json", "--control-share", "0.2") == 0
    found = answer(capsys)
    assert not found["srm"]["ok"] and found["test"]["converted"] == 190
    assert [found[key] for key in ("difference", "relative", "always_valid", "cuped")] == [None] * 4
    assert uplift(arms, bought, "--control-share", "0.2") == 0
    card = capsys.readouterr().out
    assert "The split is broken: 5.00% are in control, 20.00% were to be" in card


def test_a_user_counts_once_and_only_in_the_period_and_only_in_an_arm(arms, tmp_path, capsys):
    rows = [
        (user(0), "buy", INSIDE),
        (user(0), "buy", "2026-03-06T00:00:00Z"),
        (user(1), "buy", "2026-02-28T23:59:59Z"),
        (user(2), "buy", "2026-03-01T00:00:00Z"),
        (user(3), "buy", "2026-03-14T23:59:59Z"),
        (user(4), "buy", "2026-03-15T00:00:00Z"),
        (user(5), "view", INSIDE),
        ("somebody else", "buy", INSIDE),
        (user(999), "buy", INSIDE),
    ]
    assert uplift(arms, events(tmp_path, rows), "--json") == 0
    found = answer(capsys)
    assert (found["test"]["converted"], found["control"]["converted"]) == (3, 1)


def test_days_are_local_ones(arms, tmp_path, capsys):
    rows = [(user(0), "buy", "2026-02-28T23:30:00Z"), (user(1), "buy", "2026-03-14T23:30:00Z")]
    assert uplift(arms, events(tmp_path, rows), "--json", "--timezone", "Europe/Berlin") == 0
    assert answer(capsys)["test"]["converted"] == 1


def test_several_files_and_forms_of_events_are_one_history(arms, tmp_path, capsys):
    one = events(tmp_path, [(user(0), "buy", INSIDE), (user(1), "buy", INSIDE)])
    two = tmp_path / "more.jsonl"
    lines = [{"user_id": user(n), "event": "buy", "ts": 1_772_704_800 + n} for n in (1, 2)]
    two.write_text("\n".join(map(json.dumps, lines)))
    assert uplift(arms, one, "--events", str(two), "--json") == 0
    assert answer(capsys)["test"]["converted"] == 3


def test_ids_that_are_numbers_match_ids_that_are_text(tmp_path, capsys):
    arms = parquet(tmp_path / "a.parquet", user_id=[1, 2, 3], arm=["test", "test", "control"])
    assert uplift(arms, events(tmp_path, [("2", "buy", INSIDE)]), "--json") == 0
    assert answer(capsys)["test"]["converted"] == 1


def scores(folder: Path, likelihood: list[Any], users: range | None = None) -> Path:
    ids = [user(n) for n in users or range(len(likelihood))]
    return parquet(folder / "scores.parquet", user_id=ids, likelihood=likelihood)


@pytest.fixture
def large(tmp_path: Path) -> tuple[Path, Path, Path]:
    """2,000 in each arm; whoever has a likelihood of 0.5 bought every second time, others never."""
    users = range(4_000)
    arms = parquet(
        tmp_path / "arms.parquet",
        user_id=[user(n) for n in users],
        arm=["test" if n < 2_000 else "control" for n in users],
    )
    likely = [0.5 if n % 4 == 0 else 0.0 for n in users]
    buyers = [n for n in users if n % 8 == 0 or (n < 2_000 and n % 50 == 4)]
    file = events(tmp_path, [(user(n), "buy", INSIDE) for n in buyers])
    return arms, file, scores(tmp_path, likely)


def test_likelihoods_before_exposure_save_variance(large, capsys):
    arms, file, before = large
    assert uplift(arms, file, "--scores", str(before), "--json") == 0
    found = answer(capsys)
    cuped = found["cuped"]
    assert set(cuped) == {"value", "low95", "high95", "variance_saved"}
    assert 0.3 < cuped["variance_saved"] < 0.6
    assert cuped["high95"] - cuped["low95"] < 0.9 * (
        found["difference"]["high95"] - found["difference"]["low95"]
    )


def test_people_see_the_verdict_and_the_uplift_by_likelihood(large, capsys):
    arms, file, before = large
    assert uplift(arms, file, "--scores", str(before), "--control-share", "0.5") == 0
    card = capsys.readouterr().out
    assert "buy, 2026-03-01 to 2026-03-14 (UTC)" in card
    assert "however often it is looked at" in card and "of the variance saved" in card
    assert "50.00% - 50.00%" in card and "Qini coefficient" in card
    assert "the split is as it was meant to be" in card


def test_users_without_a_likelihood_count_with_the_mean(large, tmp_path, capsys):
    arms, file, _ = large
    before = scores(tmp_path, [0.5 if n % 4 == 0 else 0.0 for n in range(3_000)])
    assert uplift(arms, file, "--scores", str(before), "--json") == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["cuped"] is not None
    assert "1,000 of 4,000 users have no likelihood" in said.err


def test_few_conversions_in_control_are_not_adjusted(arms, bought, tmp_path, capsys):
    before = scores(tmp_path, [n % 10 / 20 for n in range(TEST + CONTROL)])
    assert uplift(arms, bought, "--scores", str(before)) == 0
    assert "not adjusted for the likelihood before: 5 in control did it, 100 are needed" in (
        capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("direction", "says"),
    [("maximize", "Better: more users of the test arm"), ("minimize", "Worse: more users of the")],
)
def test_the_verdict_goes_by_the_direction(direction, says, large, capsys):
    arms, _, _ = large
    file = events(arms.parent, [(user(n), "buy", INSIDE) for n in range(0, 2_200, 4)], "more.csv")
    assert uplift(arms, file, "--direction", direction) == 0
    assert says in capsys.readouterr().out


def test_an_event_that_nobody_does_is_probably_misspelt(arms, tmp_path, capsys):
    file = events(tmp_path, [(user(0), "bought", INSIDE), (user(1), "buyy", INSIDE)])
    assert uplift(arms, file, "--json") == 0
    said = capsys.readouterr()
    assert "no event in these files is called 'buy'; did you mean 'buyy'?" in said.err
    assert json.loads(said.out)["relative"]["value"] is None


def test_events_that_end_too_early_are_said(arms, bought, capsys):
    assert uplift(arms, bought, "--json") == 0
    assert "the events end on 2026-03-05, before --to 2026-03-14" in capsys.readouterr().err


def in_arms(folder: Path, *pairs: tuple[str | None, str | None]) -> Path:
    ids, names = zip(*pairs, strict=True)
    return parquet(
        folder / "arms.parquet",
        user_id=pa.array(ids, pa.string()),
        arm=pa.array(names, pa.string()),
    )


@pytest.mark.parametrize(
    ("pairs", "says"),
    [
        ([("a", "test"), ("b", "control"), ("c", "holdout")], "also 'holdout' (1 rows)"),
        ([("a", "test"), ("b", "control"), ("c", None)], "also no arm (1 rows)"),
        ([("a", "test"), ("a", "control")], "1 users are in both arms"),
        ([("a", "test"), ("a", "test"), ("b", "control")], "1 users stand in 2 rows"),
        ([("a", "test"), ("b", "test")], "nobody is in the control arm"),
        ([("a", "control"), ("b", "control")], "nobody is in the test arm"),
        ([("a", "test"), (None, "control")], "1 rows have no user_id"),
    ],
)
def test_assignments_that_are_none_are_wrong_usage(pairs, says, tmp_path, capsys):
    file = events(tmp_path, [("a", "buy", INSIDE)])
    assert uplift(in_arms(tmp_path, *pairs), file) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"user_id": ["a"], "group": ["test"]}, "SELECT group AS arm"),
        ({"customer_id": ["a"], "arm": ["test"]}, "SELECT customer_id AS user_id"),
        ({"user_id": pa.array([], pa.string()), "arm": pa.array([], pa.string())}, "no rows"),
        ({"user_id": [1.5], "arm": ["test"]}, "user_id has the type DOUBLE"),
    ],
)
def test_assignments_without_the_columns_are_wrong_usage(columns, says, tmp_path, capsys):
    arms = parquet(tmp_path / "arms.parquet", **columns)
    assert uplift(arms, events(tmp_path, [("a", "buy", INSIDE)])) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("likelihood", "users", "says"),
    [
        ([0.5, 1.2], range(2), "must be a number from 0 to 1; in 1 rows"),
        ([0.5, None], range(2), "in 1 rows it is not"),
        ([0.5], range(5_000, 5_001), "no likelihood of any assigned user"),
    ],
)
def test_scores_that_are_none_are_wrong_usage(
    likelihood, users, says, arms, bought, tmp_path, capsys
):
    assert uplift(arms, bought, "--scores", str(scores(tmp_path, likelihood, users))) == 2
    assert says in capsys.readouterr().err


def test_a_user_with_two_likelihoods_is_wrong_usage(arms, bought, tmp_path, capsys):
    file = parquet(tmp_path / "s.parquet", user_id=[user(0), user(0)], likelihood=[0.1, 0.2])
    assert uplift(arms, bought, "--scores", str(file)) == 2
    assert "Give one likelihood per user" in capsys.readouterr().err


def test_dates_the_wrong_way_round_are_wrong_usage_and_json_says_so_too(arms, bought, capsys):
    period = ("--from", "2026-03-14", "--to", "2026-03-01")
    assert uplift(arms, bought, "--json", period=period) == 2
    problem = answer(capsys)
    assert "is after --to 2026-03-01" in problem["detail"]
    assert problem["errors"][0]["field"] == "--from"


def test_a_missing_or_empty_file_is_wrong_usage(arms, tmp_path, capsys):
    assert uplift(arms, tmp_path / "none.csv") == 2
    (tmp_path / "empty.csv").write_text("")
    assert uplift(arms, tmp_path / "empty.csv") == 2
    said = capsys.readouterr().err
    assert "is not a file" in said and "is empty" in said


@pytest.mark.parametrize("share", ["0", "1", "5", "some"])
def test_a_share_is_a_part_of_one(share, arms, bought, capsys):
    with pytest.raises(SystemExit) as left:
        uplift(arms, bought, "--control-share", share)
    assert left.value.code == 2 and "between 0 and 1" in capsys.readouterr().err


def test_no_message_shows_an_id(tmp_path, capsys):
    arms = in_arms(tmp_path, ("secret-id", "test"), ("secret-id", "control"))
    assert uplift(arms, events(tmp_path, [("secret-id", "buy", INSIDE)])) == 2
    said = capsys.readouterr()
    assert "secret-id" not in said.err + said.out
