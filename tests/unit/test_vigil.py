"""Promises of the vigil over running work: the artist is told of silence, and of its end."""

from __future__ import annotations

from partgen.errors import Action
from partgen.server.vigil import SILENT_SECONDS, SLOW_SECONDS, Vigil


def test_nothing_is_told_while_work_goes_on():
    vigil = Vigil(1, "Lamp", 0.0)
    for now in range(0, 1000, 10):
        vigil.heard(now, is_progress=True)
        assert vigil.news(now + 9.0) == []


def test_silence_is_told_once_with_what_to_do_and_taken_back_by_the_next_word():
    vigil = Vigil(7, "Lamp", 100.0)
    assert vigil.news(100.0 + SILENT_SECONDS - 1) == []
    (notice,) = vigil.news(100.0 + SILENT_SECONDS)
    assert notice.sentence == "The work on Lamp has not reported for 60 s; it may still be working."
    assert (notice.id, notice.action) == (7, Action.RESTART_BACKEND)
    assert vigil.news(100.0 + SILENT_SECONDS + 30) == []
    vigil.heard(200.0, is_progress=False)
    (withdrawn,) = vigil.news(201.0)
    assert (withdrawn.id, withdrawn.code, withdrawn.sentence) == (7, notice.code, "")


def test_a_beating_heart_without_progress_is_something_else_than_silence():
    vigil = Vigil(7, "Lamp", 0.0)
    told = []
    for now in range(1, int(SLOW_SECONDS) + 60):
        vigil.heard(float(now), is_progress=False)
        told += vigil.news(float(now))
    (notice,) = told
    assert notice.code == "worker.slow"
    assert "no further for 5 minutes" in notice.sentence
    silent = vigil.news(SLOW_SECONDS + 60 + SILENT_SECONDS)
    assert [(n.code, bool(n.sentence)) for n in silent] == [("worker.slow", False), ("worker.silent", True)]
