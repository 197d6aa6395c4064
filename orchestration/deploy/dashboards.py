"""The dashboards of a release, as data: made of its configuration, kept beside it, and what deploying them does."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from urllib.parse import urlsplit

from dashboards.quicksight import Asset, Installation, Request, asked_for, leftover, requests
from extract.settings import Settings
from orchestration.deploy.changes import Change
from orchestration.deploy.release import Place

Requests = tuple[Request, ...]


def requests_of(place: Place, settings: Settings) -> Requests:
    """Return what is asked of QuickSight for a release; nothing where the configuration names no secret for it.

    The connection to the warehouse's subnets is the stack's (`infrastructure/dashboards.yaml`).

    Args:
        place: where the release goes.
        settings: the configuration of its jobs, with the stack's warehouse in it.
    """
    declared = settings.quicksight
    if declared.secret is None:
        return ()
    warehouse = urlsplit(settings.warehouse)
    partition = declared.secret.split(":")[1]
    connection = f"arn:{partition}:quicksight:{place.region}:{place.account}:vpcConnection/{place.stack}"
    return requests(
        Installation(
            account=place.account,
            region=place.region,
            partition=partition,
            host=str(warehouse.hostname),
            port=warehouse.port or 5439,
            database=warehouse.path.strip("/"),
            secret_arn=declared.secret,
            vpc_connection_arn=connection,
            readers=declared.readers,
            authors=declared.authors,
            access=declared.access,
            prefix=place.stack,
        )
    )


def written(asked: Requests) -> str:
    """Return requests as text."""
    return json.dumps([asdict(request) for request in asked], separators=(",", ":"))


def read(text: str) -> Requests:
    """Return the requests of a text."""
    return tuple(Request(**request) for request in json.loads(text))


def in_words(asked: Requests, there: Iterable[Asset]) -> tuple[Change, ...]:
    """Return what a deployment does in QuickSight: copies of data are no data, so nothing is lost."""
    there = tuple(there)
    made = [Change(asset.id, _type(asset), _words(asset, there), loses_data=False) for asset in asked_for(asked)]
    gone = [Change(asset.id, _type(asset), "is removed", loses_data=False) for asset in leftover(asked, there)]
    return (*made, *gone)


def _words(asset: Asset, there: tuple[Asset, ...]) -> str:
    return "is brought to the release" if asset in there else "is made"


def _type(asset: Asset) -> str:
    return f"QuickSight::{asset.kind.title().replace(' ', '')}"
