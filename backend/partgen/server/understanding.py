"""From a prompt to edits, as the add-on asks for them."""

from __future__ import annotations

import json

from ..protocol import UnderstandRequest, UnderstandResult
from ..understanding import reader


def understand(request: UnderstandRequest) -> UnderstandResult:
    """Answers a request. Raises PartgenError where the weights are damaged."""
    found = reader(with_embeddings=request.model == "auto")(request.prompt)
    edits = [{**edit.as_dict(), "said": list(edit.said or ())} for edit in found.edits]
    return UnderstandResult(json.dumps(edits), found.refused or "", found.suggestions, found.confidence, found.model)
