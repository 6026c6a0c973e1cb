"""Files of labels, as `partgen segment` writes them, for the commands that read one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

from ..errors import PartgenError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..files import Model

REMEDY = "Make it with partgen segment."


def read_labels(path: Path, model: Model) -> NDArray[np.int32]:
    """The labels (F,) of the model's triangles. Raises PartgenError where the file has none or they do not fit the model."""
    return _checked(read_arrays(path), model)


def read_rows(path: Path, model: Model) -> dict[str, NDArray]:
    """All arrays of a file with a row for each triangle of a model, `face_labels` (F,) int32 among them. Raises as `read_labels`."""
    arrays = read_arrays(path)
    labels = _checked(arrays, model)
    return {name: values for name, values in arrays.items() if values.shape[:1] == (len(labels),)} | {"face_labels": labels}


def read_arrays(path: Path) -> dict[str, NDArray]:
    """All arrays of a file, one of which is `face_labels`. Raises PartgenError where it is missing, damaged or has no labels."""
    import numpy as np

    if not path.is_file():
        raise PartgenError("file.missing", f"There is no file {path}.", REMEDY)
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, BadZipFile, AttributeError) as error:  # an array by itself, .npy, has no `files`
        raise PartgenError("file.damaged", f"{path.name} could not be read as NPZ: it is damaged.", "Make it again.") from error
    if "face_labels" not in arrays:
        raise PartgenError("file.format", f"{path.name} has no array named face_labels.", REMEDY)
    return arrays


def _checked(arrays: dict[str, NDArray], model: Model) -> NDArray[np.int32]:
    from ..completion import check_labels

    return check_labels(model.mesh, arrays["face_labels"])
