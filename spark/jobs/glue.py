"""What Glue starts: a stage as a job of Glue 5.1, in the Spark that the job has.

Only here is ``awsglue`` imported, and only where it is: without it the same file runs under spark-submit.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from extract.clock import RunClock, new_run_id, parse_instant
from extract.errors import ConfigurationError, ReelhouseError
from extract.lake import open_lake
from extract.privacy import PrivacyKey
from extract.progress import JsonLinesProgress
from extract.secrets_manager import complete
from extract.settings import Settings, load_secrets, parse_settings
from spark.jobs.normalise import NormaliseReport, normalise

REQUIRED, OPTIONAL = ("config",), ("as_of", "run_id")


def normalise_job(argv: Sequence[str]) -> int:
    """Normalise what landed, and print the report as JSON; what happens meanwhile goes to stderr, a JSON line each.

    Args:
        argv: of the process. ``--config s3://BUCKET/KEY`` is the configuration; ``--as_of INSTANT`` is the instant of
            the run (default: now), ``--run_id`` its name (default: made of that instant). Glue adds others of its own.

    Returns:
        The exit code, as the command line has it.
    """
    try:
        print(json.dumps(asdict(_normalised(_arguments(argv))), default=_plain))
    except ReelhouseError as error:
        print(f"reelhouse: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _normalised(arguments: Mapping[str, str]) -> NormaliseReport:
    from spark.engine.spark_session import submitted_session  # pyspark is there where this is called

    settings = _settings(arguments["config"])
    clock = RunClock(_instant(arguments.get("as_of")))
    run_id = arguments.get("run_id") or new_run_id(clock.as_of)
    key = _privacy_key(settings)
    lake = open_lake(settings.lake, settings.s3.endpoint_url)
    submitted_session()
    return normalise(lake, settings, key, clock, run_id, JsonLinesProgress(clock, run_id, sys.stderr))


def _arguments(argv: Sequence[str]) -> dict[str, str]:
    """Read the arguments of the job; of the optional ones those that were given."""
    names = [*REQUIRED, *(name for name in OPTIONAL if any(given.split("=")[0] == f"--{name}" for given in argv))]
    try:
        from awsglue.utils import getResolvedOptions
    except ImportError:
        parser = ArgumentParser()
        for name in names:
            parser.add_argument(f"--{name}", required=True)
        return vars(parser.parse_known_args(argv[1:])[0])
    options: dict[str, str] = getResolvedOptions(list(argv), names)
    return {name: options[name] for name in names}


def _settings(address: str) -> Settings:
    scheme, _, place = address.partition("://")
    bucket, _, key = place.partition("/")
    if scheme != "s3" or not key:
        raise ConfigurationError(f"--config: {address!r} is not the address of an object; write s3://BUCKET/KEY")
    text = open_lake(f"s3://{bucket}").get(key).decode()
    return parse_settings(text, address).model_copy(update={"engine": "spark"})


def _privacy_key(settings: Settings) -> PrivacyKey:
    secret = complete(load_secrets(), settings.secrets).privacy_key
    if secret is None:
        raise ConfigurationError(
            "no privacy key: a job finds it in Secrets Manager, under the name secrets.privacy_key"
        )
    return PrivacyKey.of(secret.get_secret_value())


def _instant(text: str | None) -> Any:
    try:
        return parse_instant(text) if text else None
    except ValueError:
        raise ConfigurationError(f"--as_of: {text!r} is not an ISO 8601 date or instant") from None


def _plain(value: Any) -> Any:
    return value.model_dump()
