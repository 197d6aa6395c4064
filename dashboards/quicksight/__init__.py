"""QuickSight as code: the same pages in the cloud, from the same marts.

`requests` gives what is asked of QuickSight as data, `deploy` asks it, `present`, `leftover` and `remove` deal with
what is there already, `refresh` has SPICE show a load.
"""

from dashboards.quicksight.assets import Asset, asked_for, leftover, present, remove
from dashboards.quicksight.deploy import deploy
from dashboards.quicksight.installation import Installation
from dashboards.quicksight.refresh import refresh
from dashboards.quicksight.requests import Request, requests

__all__ = [
    "Asset",
    "Installation",
    "Request",
    "asked_for",
    "deploy",
    "leftover",
    "present",
    "refresh",
    "remove",
    "requests",
]
