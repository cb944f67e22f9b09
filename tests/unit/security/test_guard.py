"""How tries of a secret add up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mycrypto.security import guard
from mycrypto.security.guard import POLICIES, Count, Kind

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NONE = Count(0, None, NOW)


def _after(count: Count, kind: Kind, *seconds: int) -> Count:
    for second in seconds:
        count = guard.after_try(count, POLICIES[kind], NOW + timedelta(seconds=second))
    return count


@pytest.mark.parametrize("kind", [Kind.LOGIN, Kind.SESSION])
def test_the_fifth_wrong_password_shuts_for_half_an_hour_and_knocking_does_not_prolong_it(kind: Kind) -> None:
    assert _after(NONE, kind, 0, 1, 2, 3).locked_until is None
    shut = _after(NONE, kind, 0, 1, 2, 3, 4)
    assert shut.locked_until == NOW + timedelta(minutes=30, seconds=4)
    assert _after(shut, kind, 60, 1_700) == shut


def test_codes_wait_half_a_minute_after_three_and_a_quarter_of_an_hour_after_five() -> None:
    three = _after(NONE, Kind.SECOND_FACTOR, 0, 1, 2)
    assert three.locked_until == NOW + timedelta(seconds=32)
    five = _after(three, Kind.SECOND_FACTOR, 33, 34)
    assert five.locked_until == NOW + timedelta(seconds=34, minutes=15)


def test_a_lock_that_has_run_out_forgives_what_led_to_it() -> None:
    assert _after(Count(5, NOW, NOW - timedelta(minutes=30)), Kind.LOGIN, 1).failures == 1


def test_a_day_without_a_try_forgives() -> None:
    assert _after(_after(NONE, Kind.LOGIN, 0, 1, 2, 3), Kind.LOGIN, 86_405).failures == 1


@given(gaps=st.lists(st.integers(0, 4_000), min_size=1, max_size=200), kind=st.sampled_from(list(Kind)))
def test_no_rhythm_of_guessing_gets_more_tries_than_the_policy(gaps: list[int], kind: Kind) -> None:
    """An attacker who guesses for a while has at most as many tries as the longest lock allows, and one round more."""
    policy, count, now, admitted = POLICIES[kind], NONE, NOW, 0
    for gap in gaps:
        now += timedelta(seconds=gap)
        admitted += not count.is_locked(now)
        count = guard.after_try(count, policy, now)
    failures, shut_for = policy.steps[-1]
    if kind is Kind.SECOND_FACTOR:  # slower than one in a quarter of an hour nothing is counted: no faster than the lock allows
        shut_for /= failures
        failures = 5 + failures
    assert admitted <= failures * ((now - NOW) / shut_for + 1)
