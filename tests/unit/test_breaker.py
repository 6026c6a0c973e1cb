"""Promises of the restart breaker."""

from __future__ import annotations

import pytest
from partgen.breaker import MAXIMUM_ENDS, SHORT_SECONDS, RestartBreaker


class Clock:
    """A clock that goes when it is told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("apart", "breaks"), [(0.0, True), (SHORT_SECONDS / 2, True), (SHORT_SECONDS / 2 + 1, False)])
def test_it_breaks_when_ends_follow_each_other_closely(apart, breaks):
    clock = Clock()
    breaker = RestartBreaker(clock)
    for n in range(MAXIMUM_ENDS):
        assert not breaker.is_broken
        clock.now = n * apart
        broke = breaker.ended()
    assert broke is breaker.is_broken is breaks


def test_no_time_heals_it_but_a_reset_does():
    clock = Clock()
    breaker = RestartBreaker(clock)
    for _ in range(MAXIMUM_ENDS):
        breaker.ended()
    clock.now = 1e6
    assert breaker.is_broken
    assert breaker.ended()
    breaker.reset()
    assert not breaker.is_broken
    assert not breaker.ended()
