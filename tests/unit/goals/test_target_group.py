from __future__ import annotations

from intent_segments.goals.target_group import Arm, control_salt, draw_arms

USERS = [f"user-{number}" for number in range(20_000)]


def test_the_share_of_the_control_group_is_what_was_asked() -> None:
    arms = draw_arms(control_salt("secret", ["purchase"], "any"), USERS, 0.05)
    assert 0.046 < arms.count(Arm.CONTROL) / len(USERS) < 0.054  # +-2.6 standard errors


def test_a_member_keeps_its_arm_whoever_else_is_drawn() -> None:
    salt = control_salt("secret", ["purchase"], "any")
    assert draw_arms(salt, USERS, 0.1)[500:510] == draw_arms(salt, USERS[500:510], 0.1)


def test_a_larger_share_keeps_those_already_in_control() -> None:
    salt = control_salt("secret", ["purchase"], "any")
    small, large = draw_arms(salt, USERS, 0.05), draw_arms(salt, USERS, 0.10)
    assert all(after for before, after in zip(small, large, strict=True) if before)


def test_goals_on_the_same_events_share_their_control_group() -> None:
    one = control_salt("secret", ["a", "b"], "any")
    assert one == control_salt("secret", ["b", "a"], "any")
    assert one != control_salt("secret", ["a", "b"], "all")
    assert control_salt("secret", ["a"], "any") == control_salt("secret", ["a"], "all")


def test_another_account_draws_another_control_group() -> None:
    assert control_salt("secret", ["a"], "any") != control_salt("other", ["a"], "any")
    assert control_salt("secret", ["a,b"], "any") != control_salt("secret", ["a", "b"], "any")
