"""What a person may choose about the environment before it is made."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from ..errors import Action, PartgenError


class Tier(StrEnum):
    """How much is installed. The value names the extra of `partgen` and the lock file."""

    GEOMETRY = "geometry"
    """The training-free methods: no PyTorch."""
    AI = "ai"
    """Everything, with PyTorch."""


AUTOMATIC = "auto"


@dataclass(frozen=True)
class Settings:
    """The choices, all with a default that suits a machine on an ordinary network.

    `torch_build`: ``"auto"`` or the id of a build (see `torch_builds`). `index_url`: a package index instead of
    pypi.org. `torch_index_url`: a mirror of download.pytorch.org/whl, whose folders are named after the builds.
    `python_mirror_url`: a mirror of the Python archives. `find_links`: more places that hold wheels, separated by
    spaces (folders whose paths have spaces: by lines). `offline_folder`: the folder that `make bundle` made; where it is set
    nothing else is asked and no network is used. `python`: path of the Python to build on, empty to choose one.
    `system_certificates`: trust what the operating system trusts. `online`: whether Blender allows network access.
    `proxy`: used for HTTP and HTTPS, empty for what the environment variables say.
    """

    tier: Tier = Tier.GEOMETRY
    torch_build: str = AUTOMATIC
    index_url: str = ""
    torch_index_url: str = ""
    python_mirror_url: str = ""
    find_links: str = ""
    offline_folder: str = ""
    python: str = ""
    system_certificates: bool = True
    online: bool = True
    proxy: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"tier": self.tier.value}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Settings:
        """Raises PartgenError where a choice is unknown or of another type: a typing mistake must not turn into a default."""
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(data) - known):
            raise PartgenError("set_up.settings", f"The set-up knows no setting named {unknown[0]}.", "", Action.OPEN_PREFERENCES)
        for name, value in data.items():
            if not isinstance(value, type(getattr(DEFAULTS, name)) if name != "tier" else str):
                raise PartgenError("set_up.settings", f"The setting {name} cannot be {value!r}.", "", Action.OPEN_PREFERENCES)
        if data.get("tier", Tier.GEOMETRY) not in list(Tier):
            raise PartgenError("set_up.settings", f"The set-up knows no tier named {data['tier']}.", "", Action.OPEN_PREFERENCES)
        return cls(**data | {"tier": Tier(data.get("tier", Tier.GEOMETRY))})


DEFAULTS = Settings()
