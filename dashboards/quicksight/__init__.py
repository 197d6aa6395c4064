"""QuickSight as code: the same pages in the cloud, from the same marts.

`requests` gives what is asked of QuickSight as data, `deploy` asks it, `refresh` has SPICE read again after a load.
"""

from dashboards.quicksight.deploy import deploy
from dashboards.quicksight.installation import Installation
from dashboards.quicksight.refresh import refresh
from dashboards.quicksight.requests import Request, requests

__all__ = ["Installation", "Request", "deploy", "refresh", "requests"]
