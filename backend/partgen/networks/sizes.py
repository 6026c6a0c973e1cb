"""What the configurations of all networks can do: come from a JSON file, and go into one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self


@dataclass(frozen=True)
class Sizes:
    """The sizes of a network; which there are is said by the dataclass that inherits."""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """From a mapping such as a JSON file holds; entries that are no size are left out."""
        return cls(**{field.name: values[field.name] for field in fields(cls) if field.name in values})

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
