"""Proposals in a real window: a step of the journey, on the lamp of start.py, with the backend that was set up before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from window import Window, expect

LAMP = "Lamp"
SECONDS = 120.0
State = dict[str, Any]


class Proposals:
    """An artist who wants to see other ways to take the lamp apart."""

    def __init__(self, window: Window, expect_same: Callable[[Window, State, str], None]) -> None:
        self.window = window
        self.expect_same = expect_same

    def proposals_are_flipped_through_with_arrow_keys(self) -> None:
        window = self.window
        window.rest()  # messages move what lies below them
        window.click_text("Proposals", style="panel_title")
        window.rest()
        before = window.state()
        window.click("partgen.propose")
        window.wait_until(lambda s: s["proposals"], "Find Proposals finds nothing.", SECONDS)
        window.rest()
        window.shot("proposals")
        self.expect_same(window, before, "Finding proposals changed something")
        window.click("partgen.flip_parts")
        begun = window.wait_until(lambda s: s["proposals"]["flipping"] is not None, "Flip Through begins nothing.")["proposals"]
        colors = []
        for _ in range(2):
            window.key("Right")
            window.rest()
            colors.append(window.part_colors(window.shot("flipping")))
        shown = window.state()["proposals"]["flipping"]
        expect(shown == (begun["flipping"] + 2) % begun["count"], "The right arrow key does not go on through the proposals.")
        expect(max(colors) > 1, "The proposal that is flipped to is not shown in colors.")
        self.expect_same(window, before, "Flipping changed something")
        window.key("Escape")
        window.wait_until(lambda s: s["proposals"]["flipping"] is None, "Esc does not end flipping.")
        self.expect_same(window, before, "Esc did not leave everything as it was")
        window.click("partgen.flip_parts")
        window.wait_until(lambda s: s["proposals"]["flipping"] is not None, "Flip Through does not begin again.")
        window.key("Right")
        window.key("Return")
        kept = window.wait_until(lambda s: s["proposals"]["flipping"] is None, "Enter does not end flipping.")
        expect(kept["proposals"]["chosen"] is not None, "Enter keeps nothing.")
        window.rest()
        window.shot("proposal_kept")
        window.press("ctrl+z")
        self.expect_same(window, before, "Undo does not take the proposal back in one step")
        window.click_text("Proposals", style="panel_title")


STEPS = (Proposals.proposals_are_flipped_through_with_arrow_keys,)
