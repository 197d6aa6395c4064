"""Up to which normalisation somebody has looked at the quarantine: one small object in the lake."""

import json

from extract.errors import DataRefused
from extract.lake import Lake

MARK = "quarantine/_looked_at.json"


def looked_at(lake: Lake) -> int:
    """Return the sequence of the last normalisation whose quarantine was looked at; 0 where none was."""
    try:
        return int(json.loads(lake.get(MARK))["sequence"])
    except (DataRefused, ValueError, KeyError, TypeError):
        return 0


def look(lake: Lake, sequence: int) -> None:
    """Write down that the quarantine was looked at up to a normalisation."""
    if sequence > looked_at(lake):
        lake.put(MARK, json.dumps({"sequence": sequence}).encode())
