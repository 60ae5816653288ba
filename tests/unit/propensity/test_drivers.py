"""Drivers: what goes along with the goal's events, with rates that can be counted by hand."""

import numpy as np
import pytest

from intent_segments.lake.tables import ALWAYS
from intent_segments.propensity.drivers import Driver, by_bucket, drivers
from intent_segments.propensity.evidence import Evidence
from intent_segments.propensity.forecast import running_model
from intent_segments.propensity.leaks import leaks
from intent_segments.propensity.question import Question
from intent_segments.propensity.reasons import contribution, top_reasons
from intent_segments.propensity.signals import Columns, Signal
from intent_segments.propensity.train import training_starts
from intent_segments.segments.definition import parse
from tests.fixtures.histories import START, tables_of

AS_OF, HORIZON, DAYS = START + 120, 14, 120
QUESTION = Question(parse({"all": []}), ("buy",), "any", AS_OF, HORIZON)


def world(users=1_200, cause=0.12, otherwise=0.004, lasts=7, leak=False):
    """Everybody opens the app and looks at offers at random. Who looked in the past `lasts` days
    buys with the daily probability `cause`, everybody else with `otherwise`. City is noise.

    With `leak`, a trait foretells the next purchase, as a field filled in afterwards would.
    """
    random = np.random.default_rng(5)
    looks = random.random((users, DAYS + 1)) < 0.02
    opens = random.random((users, DAYS + 1)) < 0.15
    warm = np.zeros_like(looks)
    for back in range(1, lasts + 1):
        warm[:, back:] |= looks[:, :-back]
    buys = random.random(looks.shape) < np.where(warm, cause, otherwise)
    rows = [
        (int(user), event, START + int(day), 1)
        for event, grid in (("look", looks), ("open", opens), ("buy", buys))
        for user, day in zip(*np.nonzero(grid), strict=True)
    ]
    rows += [(user, "join", START, 1) for user in range(users)]
    cities = random.choice(["Berlin", "Rome"], users)
    traits = [(u, "city", "string", str(cities[u]), None, START) for u in range(users)]
    if leak:
        for user in range(users):
            known = START
            for day in [*np.flatnonzero(buys[user]), 2 * DAYS]:
                at = float((START + int(day)) * 86_400_000_000)
                traits.append((user, "next_offer", "timestamp", None, at, known))
                known = START + int(day) + 1
    return tables_of(rows, traits)


def seen(tables, expected=100.0):
    evidence = Evidence.gather(tables, QUESTION)
    model = running_model(evidence, expected)
    return evidence, model, drivers(evidence, model)


@pytest.fixture(scope="module")
def found():
    return seen(world())


def test_what_really_drives_the_event_comes_first_with_the_right_sign(found):
    first = found[2][0]
    assert (first.signal.kind, first.signal.name, first.direction) == ("count", "look", 1)
    assert (first.signal.days, first.signal.least) == (7, 1)
    assert first.rate_with > 2 * first.rate_without


def test_noise_is_no_driver(found):
    named = {driver.signal.name for driver in found[2]}
    assert not named & {"city", "open", "join"}


def test_rates_and_users_are_those_of_a_direct_count(found):
    """SQL over the activity, apart from all the code of features and labels."""
    evidence, _, (first, *_) = found
    con = evidence.tables.con
    cells = {True: [0, 0], False: [0, 0]}
    users_with = set()
    for start in training_starts(evidence, AS_OF):
        rows = con.execute(
            "WITH did AS (SELECT uh, name, day, n FROM activity JOIN event_names USING (event))"
            " SELECT u.uh,"
            " (SELECT COALESCE(SUM(n), 0) FROM did d WHERE d.uh = u.uh AND d.name = 'look'"
            "   AND d.day > $start - $days AND d.day <= $start) >= $least,"
            " EXISTS (SELECT 1 FROM did d WHERE d.uh = u.uh AND d.name = 'buy'"
            "   AND d.day > $start AND d.day <= $start + $horizon)"
            " FROM users u WHERE u.entry_day <= $start",
            {
                "start": start,
                "days": first.signal.days,
                "least": first.signal.least,
                "horizon": HORIZON,
            },
        ).fetchall()
        for user, holds, did in rows:
            cells[holds][0] += 1
            cells[holds][1] += did
            if holds:
                users_with.add(user)
    assert first.rate_with == cells[True][1] / cells[True][0]
    assert first.rate_without == cells[False][1] / cells[False][0]
    assert first.users_with == len(users_with)


def test_the_share_is_that_of_todays_members(found):
    evidence, _, (first, *_) = found
    [(share,)] = evidence.tables.con.execute(
        "SELECT COUNT(DISTINCT uh) / (SELECT COUNT(*) FROM users) FROM"
        " (SELECT uh FROM activity JOIN event_names USING (event) WHERE name = 'look'"
        "  AND day > $from AND day <= $to GROUP BY uh HAVING SUM(n) >= $least)",
        {"from": AS_OF - first.signal.days, "to": AS_OF, "least": first.signal.least},
    ).fetchall()
    assert first.share_with == pytest.approx(share)


def test_importance_is_the_part_of_the_log_loss_that_the_split_takes_away(found):
    evidence, _, (first, *_) = found
    starts = training_starts(evidence, AS_OF)
    rows = [evidence.sampled(start) for start in starts]
    did = np.concatenate([evidence.goal.within(r.users, r.cutoff, HORIZON) for r in rows])
    holds = np.concatenate([first.signal.holds(evidence.plan, r.features) for r in rows])

    def loss(rate):
        return -float(np.log(np.where(did, rate, 1 - rate)).sum())

    split = loss(np.where(holds, first.rate_with, first.rate_without))
    assert first.importance == pytest.approx(1 - split / loss(did.mean()))


def test_drivers_come_in_order_and_the_same_every_time(found):
    weights = [driver.importance for driver in found[2]]
    assert weights == sorted(weights, reverse=True)
    assert drivers(*found[:2]) == found[2]


def test_a_limit_keeps_the_strongest(found):
    assert drivers(*found[:2], limit=1) == found[2][:1]


def test_one_event_is_told_once_unless_it_says_something_else(found):
    named = [driver.signal.name for driver in found[2] if driver.signal.kind == "count"]
    assert len(named) <= 2 * len(set(named))
    assert named.count("look") == 1


def test_a_driver_survives_its_journey_as_json(found):
    for driver in found[2]:
        again = Driver.from_json(driver.to_json())
        assert again.signal == driver.signal
        assert again.sentence == driver.sentence


def test_a_cause_that_keeps_people_away_has_a_minus():
    _, _, (first, *_) = seen(world(cause=0.0, otherwise=0.03, lasts=28))
    assert (first.signal.name, first.direction) == ("look", -1)
    assert first.rate_with < first.rate_without


def test_without_enough_achievements_nothing_is_claimed():
    rows = [(user, "open", START + day, 1) for user in range(200) for day in range(0, 120, 9)]
    rows += [(user, "buy", START + 50 + user, 1) for user in range(5)]
    evidence, model, found = seen(tables_of(rows), 1.0)
    assert found == ()
    assert leaks(evidence, model) == ()


def test_an_honest_world_has_no_leakage_warning(found):
    assert leaks(*found[:2]) == ()


def test_a_planted_leak_is_named(found):
    evidence, model, _ = seen(world(leak=True))
    [warning] = leaks(evidence, model)
    assert warning.startswith("'next_offer' alone tells who will do it almost perfectly")


def test_a_record_of_the_outcome_without_a_date_is_left_out_and_named():
    tables = world()
    tables.con.execute("DELETE FROM profiles")
    buys = "SELECT DISTINCT uh FROM activity WHERE event = $1 AND day > $2"
    code = tables.event_codes()["buy"]
    start = QUESTION.as_of - HORIZON
    tables.con.execute(
        f"""INSERT INTO profiles SELECT uh, 'was_reached', 'boolean', NULL,
            CASE WHEN uh IN ({buys} AND day <= $3) THEN 1 ELSE 0 END, $4, $5 FROM users""",
        [code, start, QUESTION.as_of, ALWAYS, False],
    )
    evidence, model, _ = seen(tables)
    assert list(evidence.outcomes) == ["was_reached"]
    assert not model.plan.traits
    [warning] = leaks(evidence, model)
    assert warning.startswith("'was_reached' was left out: alone it tells")
    # The same with the day from which each value was known says nothing beforehand, and stays.
    tables.con.execute("UPDATE profiles SET valid_from = $1, dated = $2", [START + DAYS, True])
    dated = Evidence.gather(tables, QUESTION)
    assert dated.outcomes == {}


def test_a_reason_given_afterwards_is_one_record_whatever_its_values():
    """Five values, each of a fifth of those who bought: no column alone tells much."""
    tables = world()
    tables.con.execute("DELETE FROM profiles")
    tables.con.execute(
        """INSERT INTO profiles SELECT uh, 'why', 'string', 'abcde'[1 + uh % 5], NULL, $4, false
        FROM users
        WHERE uh IN (SELECT uh FROM activity WHERE event = $1 AND day > $2 AND day <= $3)""",
        [tables.event_codes()["buy"], QUESTION.as_of - HORIZON, QUESTION.as_of, ALWAYS],
    )
    evidence, model, _ = seen(tables)
    assert list(evidence.outcomes) == ["why"] and not model.plan.traits
    [warning] = leaks(evidence, model)
    assert warning.startswith("'why' was left out: alone it tells")


def test_a_dated_text_that_foretells_it_is_one_warning_whatever_its_values():
    """Five letters of who buys in the next days, five others of who does not."""
    tables = world()
    tables.con.execute("DELETE FROM profiles")
    tables.con.execute(
        """INSERT INTO profiles SELECT uh, 'mood', 'string',
            'abcdefghij'[1 + uh % 5 + if(coming, 5, 0)], NULL, day, true
        FROM (SELECT u.uh, d.day, EXISTS (SELECT 1 FROM activity a WHERE a.uh = u.uh
                AND a.event = $1 AND a.day > d.day AND a.day <= d.day + $2) AS coming
            FROM users u, (SELECT unnest(range($3, $4)) AS day) d)
        QUALIFY coming IS DISTINCT FROM lag(coming) OVER (PARTITION BY uh ORDER BY day)""",
        [tables.event_codes()["buy"], HORIZON, START, AS_OF],
    )
    evidence, model, _ = seen(tables)
    assert len(model.plan.traits) == 10
    [warning] = leaks(evidence, model)
    assert warning.startswith("'mood' alone tells who will do it almost perfectly")


def test_buckets_are_described_by_the_same_conditions(found):
    evidence, model, told = found
    rows = evidence.rows(model.plan, evidence.members(AS_OF), AS_OF, HORIZON)
    place = np.digitize(model.likelihood(rows), np.quantile(model.likelihood(rows), [0.5, 0.85]))
    least, _, most = by_bucket(told, model.plan, rows.features, place)
    share = {row["driver"]: row for row in most}[0]
    holds = told[0].signal.holds(model.plan, rows.features)
    assert share["share"] == pytest.approx(holds[place == 2].mean(), abs=1e-6)
    assert share["times"] == pytest.approx(holds[place == 2].mean() / holds.mean(), abs=1e-4)
    assert {row["driver"]: row for row in least}[0]["times"] < 1 < share["times"]


def test_reasons_of_a_user_agree_with_the_condition_and_the_models_sign(found):
    evidence, model, told = found
    rows = evidence.rows(model.plan, evidence.members(AS_OF), AS_OF, HORIZON)
    codes = top_reasons(told, model, rows.features)
    columns = Columns(model.plan, rows.features)
    assert (codes[:, 0] != 0).mean() > 0.5
    for index, driver in enumerate(told):
        part = contribution(model.linear, rows.features, columns.family(driver.signal))
        holds = driver.signal.holds(model.plan, rows.features)
        for sign in (1, -1):
            mine = (codes == sign * (index + 1)).any(axis=1)
            assert (np.sign(part[mine]) == sign).all()
            assert (holds[mine] == (sign == driver.direction)).all()


def test_contributions_add_up_to_the_linear_models_logit(found):
    evidence, model, _ = found
    rows = evidence.rows(model.plan, evidence.members(AS_OF), AS_OF, HORIZON)
    with_clock = np.concatenate(
        [rows.features, np.log(rows.remaining)[:, None].astype(np.float32)], axis=1
    )
    everything = contribution(model.linear, with_clock, range(with_clock.shape[1]))
    assert everything + model.linear.intercept == pytest.approx(model.linear.logit(with_clock))


def test_reasons_do_not_depend_on_who_is_scored_beside(found):
    evidence, model, told = found
    rows = evidence.rows(model.plan, evidence.members(AS_OF), AS_OF, HORIZON)
    whole = top_reasons(told, model, rows.features)
    for cut in (1, 100, 777):
        parts = [top_reasons(told, model, part) for part in np.split(rows.features, [cut])]
        assert np.array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize(
    ("signal", "holds", "opposite"),
    [
        (Signal("count", "Buy", 1, 7), "did Buy in the past 7 days", "has not done Buy in"),
        (Signal("count", "Buy", 2, 7), "did Buy at least 2 times in the past 7 days", "fewer than"),
        (Signal("count", "Buy", 1), "did Buy before", "has never done Buy"),
        (Signal("count", "Buy", 3), "did Buy at least 3 times ever", "fewer than 3 times ever"),
        (Signal("first_seen", "", 28), "first seen 28 days ago", "within the past 28 days"),
        (Signal("last_seen", "", 30), "has done nothing for 30 days", "active in the past 30"),
        (Signal("active_days", "", 5, 28), "at least 5 of the past 28 days", "fewer than 5"),
        (Signal("is", "city", 1, value="Berlin"), "city is Berlin", "city is not Berlin"),
        (Signal("number", "age", 1_300), "age is at least 1,300", "below 1,300 or not known"),
        (Signal("true", "vip", 1), "vip is true", "vip is not true"),
        (Signal("known", "age", 1), "age is known", "age is not known"),
        (Signal("days_since", "trial", 7), "trial was 7 days ago or earlier", "less than 7 days"),
        (Signal("days_since", "trial", -7), "at most 7 days ahead", "more than 7 days ahead"),
        (Signal("days_since", "trial", 0), "trial has passed", "lies ahead"),
        (Signal("goal_days", "Buy", 2), "did Buy on at least 2 days", "fewer than 2 days"),
        (Signal("pace", "Buy", 14), "every 14 days at most", "more often than every 14 days"),
        (Signal("overdue", "Buy", 2), "2 times the usual gap", "has not gone 2 times"),
    ],
)
def test_conditions_are_said_in_plain_words(signal, holds, opposite):
    assert holds in signal.text
    assert opposite in signal.opposite().text


def test_thresholds_are_met_exactly_where_counts_and_days_meet_them():
    """Columns are float32 logarithms; the conditions are about whole counts, days and values."""
    rows = [(user, "buy", START + DAYS - user, user + 1) for user in range(60)]
    traits = [(user, "age", "number", None, float(user), START) for user in range(60)]
    traits += [
        (u, "trial", "timestamp", None, (AS_OF + 1 - u) * 86_400_000_000.0, START)
        for u in range(60)
    ]
    evidence = Evidence.gather(tables_of(rows, traits), QUESTION)
    user = np.arange(60)
    members = evidence.rows(evidence.plan, user.astype(np.int32), AS_OF, HORIZON)

    def holds(signal):
        return signal.holds(evidence.plan, members.features)

    for least in (1, 2, 7, 28, 29, 56):
        assert np.array_equal(holds(Signal("last_seen", "", least)), user >= least)
        assert np.array_equal(holds(Signal("first_seen", "", least)), user >= least)
        assert np.array_equal(holds(Signal("count", "buy", least)), user + 1 >= least)
        assert np.array_equal(holds(Signal("number", "age", least)), user >= least)
        assert np.array_equal(holds(Signal("days_since", "trial", least)), user >= least)
    for days in (7, 14, 28, 56):
        assert np.array_equal(holds(Signal("count", "buy", 1, days)), user < days)
