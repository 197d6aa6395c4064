"""A release: what is uploaded, under the hash of all of it, and what an environment is told beside it."""

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from extract.errors import ConfigurationError
from extract.settings import StreamPulse, parse_settings
from orchestration.glue.bundle import bundle
from orchestration.infrastructure.template import HOME, template

_LANDING = StreamPulse.model_fields["landing"].default
SECRETS = ("wistia_token", "redshift_password", "privacy_key")


def _rpus(value: int) -> int:
    """Refuse what Redshift Serverless does: it has 4 RPUs, and then every 8 (its guide, "Compute capacity")."""
    if value != 4 and value % 8:
        raise ValueError("must be 4 or a multiple of 8")
    return value


class Environment(BaseModel):
    """What differs between environments; `infrastructure/parameters.yaml` says what each is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_capacity: Annotated[int, Field(ge=4, le=512), AfterValidator(_rpus)]
    daily_rpu_hours: Annotated[int, Field(ge=1)]
    extract_with: Literal["glue", "lambda"]
    alarm_email: str
    log_days: Literal[7, 14, 30, 90, 180, 365]
    vpc_cidr: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a release goes: an environment in an account and a region."""

    environment: str
    account: str
    region: str

    @property
    def stack(self) -> str:
        """The stack's name."""
        return f"reelhouse-{self.environment}"

    @property
    def artifacts(self) -> str:
        """The bucket of the releases, one for an account and region."""
        return f"reelhouse-artifacts-{self.account}-{self.region}"

    @property
    def lake(self) -> str:
        """The bucket of the lake."""
        return f"reelhouse-{self.environment}-lake-{self.account}"


@dataclass(frozen=True, slots=True)
class Release:
    """What is deployed.

    Attributes:
        hash: of files, template and configuration: 16 hexadecimal digits.
        version: of our wheel.
        files: the name of each artifact, with its bytes.
        template: of CloudFormation, as JSON.
        configuration: of the jobs, as YAML.
    """

    hash: str
    version: str
    files: Mapping[str, bytes]
    template: str
    configuration: str


@cache
def load_environments() -> Mapping[str, Environment]:
    """Return the environments."""
    declared = yaml.safe_load((HOME / "environments.yaml").read_text(encoding="utf-8"))
    return {name: Environment.model_validate(values) for name, values in declared.items()}


def build(place: Place, text: str, name: str) -> Release:
    """Build a release of this checkout for an environment.

    Args:
        place: where it goes.
        text: of the user's configuration; what the stack decides is replaced in it.
        name: of that configuration, for messages.

    Raises:
        ConfigurationError: the configuration is wrong, or this is no checkout.
        ReelhouseError: the wheels cannot be built.
    """
    configuration = configuration_of(place, text, name)
    with tempfile.TemporaryDirectory() as folder:
        files = {path.name: path.read_bytes() for path in bundle(Path(folder))}
    return release_of(files, json.dumps(template(), separators=(",", ":")), configuration)


def release_of(files: Mapping[str, bytes], body: str, configuration: str) -> Release:
    """Give a release its name: the same content has the same, and any other another."""
    digest = hashlib.sha256()
    for name, data in sorted({**files, "template": body.encode(), "configuration": configuration.encode()}.items()):
        digest.update(f"{name}\0{hashlib.sha256(data).hexdigest()}\0".encode())
    return Release(digest.hexdigest()[:16], version("reelhouse"), files, body, configuration)


def configuration_of(place: Place, text: str, name: str) -> str:
    """Return the configuration of the jobs: the user's, with the stack's lake, warehouse and secrets.

    Raises:
        ConfigurationError: it is wrong, or names a sandbox.
    """
    streampulse = parse_settings(text, name, {}).streampulse
    values: dict[str, Any] = yaml.safe_load(text) or {}
    if "sandbox:" in json.dumps([values.get("wistia"), values.get("streampulse")]):
        raise ConfigurationError(f"{name}: a source is a sandbox, which is not on AWS; name the real one")
    if streampulse and streampulse.landing != _LANDING:
        raise ConfigurationError(
            f"{name}: streampulse.landing is {streampulse.landing}; on AWS files arrive under {_LANDING}, which is all "
            "that the stack is told of. Leave it out"
        )
    host = f"reelhouse-{place.environment}.{place.account}.{place.region}.redshift-serverless.amazonaws.com"
    values |= {
        "engine": "spark",
        "lake": f"s3://{place.lake}",
        "warehouse": f"redshift://reelhouse@{host}:5439/reelhouse",
        "secrets": {secret: f"reelhouse/{place.environment}/{secret}" for secret in SECRETS},
    }
    for key in ("s3", "spark_master", "spark_jars"):
        values.pop(key, None)
    written = yaml.safe_dump(values, sort_keys=True)
    parse_settings(written, name, {})
    return written


def parameters_of(
    place: Place,
    release_hash: str,
    release_version: str,
    *,
    dashboards: bool,
    streampulse: bool,
    secrets: str,
    boundary: str,
) -> dict[str, str]:
    """Return the parameters of the stack.

    Args:
        place: the environment.
        release_hash: the release's name.
        release_version: of our wheel.
        dashboards: whether there are some in QuickSight.
        streampulse: whether its files are read.
        secrets: whether they are ``made`` by the stack, or ``kept`` from one before.
        boundary: the ARN of the policy that bounds its roles; empty for none.
    """
    values = load_environments()[place.environment].model_dump()
    named = {"".join(word.title() for word in name.split("_")): str(value) for name, value in values.items()}
    return named | {
        "Environment": place.environment,
        "Release": release_hash,
        "Version": release_version,
        "ArtifactsBucket": place.artifacts,
        "Dashboards": "yes" if dashboards else "no",
        "Streampulse": "yes" if streampulse else "no",
        "Secrets": secrets,
        "Boundary": boundary,
    }
