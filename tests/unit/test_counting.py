"""Numbers of things are said as one says them."""

from __future__ import annotations

import pytest
from partgen.counting import counted


@pytest.mark.parametrize(("count", "said"), [(0, "0 parts"), (1, "1 part"), (2, "2 parts"), (1_200_000, "1,200,000 parts")])
def test_one_is_not_several(count: int, said: str) -> None:
    assert counted(count, "part") == said
