"""Settings: one YAML file, overridden by ``REELHOUSE_…`` variables, checked whole before anything is touched.

The only module that reads the environment.
"""

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, NoReturn, Self, get_args
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from extract.errors import ConfigurationError
from extract.privacy import KEY_VARIABLE
from extract.sources.wistia.streams import SHAPES

ENVIRONMENT_PREFIX = "REELHOUSE_"
TOKEN_VARIABLE = "WISTIA_API_TOKEN"  # noqa: S105 - a name, not a secret
PASSWORD_VARIABLE = "REDSHIFT_PASSWORD"  # noqa: S105 - a name, not a secret
SECRET_VARIABLES = {
    "wistia_token": TOKEN_VARIABLE,
    "redshift_password": PASSWORD_VARIABLE,
    "privacy_key": KEY_VARIABLE,
}


OWN_AREAS = {"raw", "staging", "quarantine", "runs", "leases", "analytics"}
"""The areas of a lake that the stages write."""
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Section(BaseModel):
    """A part of the settings: immutable, strict about types, and without room for unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def _media_id(text: str) -> str:
    if not re.fullmatch(r"[!-~]{1,64}", text):
        raise ValueError("must be an id of 1 to 64 printable ASCII characters without blanks")
    return text


def _channel_name(text: str) -> str:
    name = text.strip()
    if not 1 <= len(name.encode()) <= 256:
        raise ValueError("must be a name of 1 to 256 bytes")
    if not name.isprintable():
        raise ValueError("must be printable")
    return name


class Wistia(Section):
    """How the Wistia account is read."""

    base_url: str = "https://api.wistia.com/v1"
    """Address of the API: ``https://…/v1`` or ``https://…/modern``, or ``sandbox:FOLDER`` for the simulator that lives
    in that folder."""
    per_page: Annotated[int, Field(ge=20, le=100)] = 100
    """Rows a page; the API gives at most 100."""
    timeout: Annotated[float, Field(gt=0, le=3600)] = 60
    """Seconds that an answer may take, to its last byte; first pages of large accounts were seen to take 16 to 30 s."""
    requests_per_minute: Annotated[int, Field(ge=1)] = 600
    """The account's limit, shared by all streams."""
    medias: Literal["all"] | tuple[str, ...] = "all"
    """Hashed ids of the medias whose statistics are read, or ``all``."""
    channels: dict[Annotated[str, AfterValidator(_media_id)], Annotated[str, AfterValidator(_channel_name)]] = {}
    """Channel by hashed id; otherwise it follows from the title, otherwise it is Unknown."""

    @field_validator("base_url")
    @classmethod
    def _safe_address(cls, value: str) -> str:
        if value.startswith("sandbox:"):
            return value
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must be https://HOST/PATH or sandbox:FOLDER")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("must be an address alone; the token comes from the environment")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValueError("must be https://, because the token is sent there; http:// is for this machine alone")
        address = value.rstrip("/")
        if address.rpartition("/")[2] not in SHAPES:
            raise ValueError(f"must end in {' or '.join(f'/{shape}' for shape in SHAPES)}: it says how the API is read")
        return address

    @field_validator("medias", mode="before")
    @classmethod
    def _list_as_tuple(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value


class StreamPulse(Section):
    """How the files of StreamPulse are taken."""

    landing: str = "landing/streampulse/"
    """Where in the lake they are dropped, in a folder for each feed; or ``sandbox:FOLDER`` for the producer that lives
    in that folder and drops them there."""
    settle_seconds: Annotated[float, Field(ge=0, le=3600)] = 2
    """How long a file must not have changed before it is taken, unless its marker is there."""
    poll_seconds: Annotated[float, Field(gt=0, le=3600)] = 5
    """How long ``reelhouse watch`` waits between two looks at the folders."""
    reporting_time_zone: str = "Asia/Kolkata"
    """The time zone whose days sessions are counted on, as the IANA database names it; instants stay UTC."""

    @field_validator("landing")
    @classmethod
    def _folder(cls, value: str) -> str:
        if value.startswith("sandbox:"):
            return value
        parts = value.strip("/").split("/")
        if not all(parts) or {".", ".."} & set(parts):
            raise ValueError("must be a folder of the lake, such as landing/streampulse/, or sandbox:FOLDER")
        if parts[0] in OWN_AREAS:
            raise ValueError(f"must not lie in {parts[0]}/, which reelhouse itself writes")
        return "/".join(parts) + "/"

    @field_validator("reporting_time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("must be a time zone of the IANA database, such as Asia/Kolkata")
        return value


def _kept_stream(text: str) -> str:
    if text != "all" and not re.fullmatch(r"[a-z]+/[a-z_]+", text):
        raise ValueError("must be a stream, such as wistia/events, or all")
    return text


KeptDays = dict[Annotated[str, AfterValidator(_kept_stream)], Annotated[int, Field(ge=1)]]


class Quarantine(Section):
    """When a batch holds too many bad records to be published."""

    max_share: Annotated[float, Field(ge=0, le=1)] = 0.01
    """Largest share of a stream's records in a batch that may be quarantined."""
    max_records: Annotated[int, Field(ge=0)] = 20
    """Number of quarantined records below which the share does not matter."""


class Load(Section):
    """How the warehouse is loaded."""

    lock_wait: Annotated[float, Field(gt=0, le=86400)] = 60
    """Seconds to wait for another load to finish, a day at most. So long a load must have shown no sign of life to be
    taken for dead."""
    statement_timeout: Annotated[float, Field(gt=0, le=86400)] = 3600
    """Seconds that one statement of a load may take, its waiting for locks included."""
    min_interval: Annotated[float, Field(ge=0, le=86400)] = 0
    """Seconds between two loads of ``reelhouse watch``; what arrives meanwhile is gathered."""


class Retention(Section):
    """For how many days what each layer holds of a stream is kept; what is not named is kept for ever.

    By stream, such as ``wistia/events``, or ``all`` for those that are not named.
    """

    raw: KeptDays = {}
    """Records as they landed. A replay does not have those that are gone any more."""
    staging: KeptDays = {}
    """Typed rows of loads, the newest load excepted."""
    quarantine: KeptDays = {}
    """Records that could not be taken."""
    landing: KeptDays = {}
    """Files of StreamPulse that were taken."""
    restricted: KeptDays = {}
    """Who somebody is, in the warehouse: names, addresses, places, by when a visitor was last active, a session was
    received, a profile was told. Facts, dimensions and marts stay as they are, with keys and keyed hashes."""
    runs: Annotated[int, Field(ge=1)] | None = None
    """Reports of runs."""


class S3(Section):
    """How S3 is reached. Region and credentials are found as every AWS tool finds them: variables, profile, role."""

    endpoint_url: str | None = None
    """Address of a storage that speaks S3 and knows conditional writes; None is AWS."""

    @field_validator("endpoint_url")
    @classmethod
    def _plain_address(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "https://s3")
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must be http://HOST[:PORT] or https://HOST[:PORT]")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("must be an address alone; credentials come from the AWS configuration")
        return value


class SecretNames(Section):
    """What secrets are called in AWS Secrets Manager; one whose variable is set is not looked up."""

    wistia_token: str | None = None
    """Name or ARN of the secret whose text is the token of the Wistia account; its variable is WISTIA_API_TOKEN."""
    redshift_password: str | None = None
    """The same of the warehouse's password; REDSHIFT_PASSWORD."""
    privacy_key: str | None = None
    """The same of the key with which personal values are hashed, behind it, after white space, those of before;
    REELHOUSE_PRIVACY__KEY."""


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _shown_channel(text: str) -> str:
    if "," in text:
        raise ValueError("must hold no comma, at which QuickSight would divide it")
    return _channel_name(text)


def _arn(service: str) -> AfterValidator:
    def checked(text: str) -> str:
        if not re.fullmatch(rf"arn:aws[a-z-]*:{service}:[a-z0-9-]+:[0-9]{{12}}:\S+", text):
            raise ValueError(f"must be an ARN such as arn:aws:{service}:REGION:ACCOUNT:…")
        return text

    return AfterValidator(checked)


Principals = Annotated[tuple[Annotated[str, _arn("quicksight")], ...], BeforeValidator(_tuple)]
Channels = Annotated[tuple[Annotated[str, AfterValidator(_shown_channel)], ...], BeforeValidator(_tuple)]


class QuickSight(Section):
    """The dashboards that ``reelhouse deploy`` makes in Amazon QuickSight."""

    secret: Annotated[str, _arn("secretsmanager")] | None = None
    """ARN of the secret with user and password of a member of ``reelhouse_dashboard``, as JSON; None: no dashboards."""
    readers: Principals = ()
    """ARNs of QuickSight users and groups that may look at the dashboard."""
    authors: Principals = ()
    """Those that may change the analysis."""
    access: dict[Annotated[str, Field(min_length=1)], Channels] = {}
    """QuickSight group -> channels that it sees, none for all of them; who is in none sees no row. Without any, whoever
    may look sees all."""

    @model_validator(mode="after")
    def _can_read(self) -> Self:
        if self.secret is None and (self.readers or self.authors or self.access):
            raise ValueError("needs a secret: without one nobody reads the warehouse for the dashboards")
        return self


_SPARK_MASTER = re.compile(r"local(\[(\*|[1-9]\d*)(,\d+)?\])?|spark://[^\s:]+:\d+(,[^\s:]+:\d+)*|yarn|k8s://\S+")
"""What Spark takes as the address of who computes (Spark documentation, "Master URLs")."""


class Settings(Section):
    """All settings of a run."""

    wistia: Wistia | None = None
    """The Wistia account; None where there is none to be read."""
    streampulse: StreamPulse | None = None
    """The files of StreamPulse; None where there are none to be taken."""
    quarantine: Quarantine = Quarantine()
    load: Load = Load()
    retention: Retention = Retention()
    """What is kept for how long; ``reelhouse doctor --sweep`` lets the rest go."""
    quicksight: QuickSight = QuickSight()
    lake: str = "file:.reelhouse/lake"
    """``s3://BUCKET``, or ``file:FOLDER``; the folder's name is the bucket's name."""
    s3: S3 = S3()
    secrets: SecretNames = SecretNames()
    engine: Literal["duckdb", "spark"] = "duckdb"
    """The engine that normalises: ``duckdb`` in this process, or ``spark``."""
    spark_master: str = "local[*]"
    """Where Spark computes: ``local[*]`` on this machine, or the master of a cluster such as ``spark://HOST:7077``."""
    spark_jars: str | None = None
    """Folder of the jars with which Spark reaches S3; None: Spark fetches them from Maven Central when it starts."""
    spark_options: dict[str, str] = {}
    """Spark's own settings, such as ``spark.executor.memory``; they come after ours."""
    warehouse: str = "sandbox:.reelhouse"
    """``redshift://[user@]host[:port]/database``, or ``sandbox:FOLDER`` for the endpoint that lives in that folder."""

    @field_validator("spark_master")
    @classmethod
    def _known_master(cls, value: str) -> str:
        if not _SPARK_MASTER.fullmatch(value):
            raise ValueError("must be local[*], local[CORES], spark://HOST:PORT, yarn or k8s://HOST:PORT")
        return value


def account_of(settings: Settings) -> Wistia:
    """Return the section of the Wistia account.

    Raises:
        ConfigurationError: there is none.
    """
    if settings.wistia is None:
        raise ConfigurationError("no Wistia account is configured: the configuration has no section wistia:")
    return settings.wistia


SOURCES = {"wistia", "streampulse"}
"""The sections that each name a source; one that is absent is not read."""


class Secrets(Section):
    """What must never be written anywhere; a pickle would hold it in the clear, so there is none."""

    wistia_token: SecretStr | None = None
    redshift_password: SecretStr | None = None
    privacy_key: SecretStr | None = None

    def __getstate__(self) -> NoReturn:
        """Refuse to be pickled."""
        raise TypeError("secrets are not pickled")


def load_settings(file: Path | None, environment: Mapping[str, str] | None = None) -> Settings:
    """Read and check the settings.

    Args:
        file: a YAML file; None for the defaults.
        environment: variables to read instead of the process's own.

    Raises:
        ConfigurationError: the file cannot be read, a key is unknown, a value is of the wrong type; the message says
            where and what would be right.
    """
    return parse_settings(_read(file) if file else "", str(file or "settings"), environment)


def parse_settings(text: str, name: str, environment: Mapping[str, str] | None = None) -> Settings:
    """Check settings given as the text of a YAML file, called ``name`` in messages.

    Raises:
        ConfigurationError: as ``load_settings``.
    """
    environment = os.environ if environment is None else environment
    values = _parsed_yaml(text, name)
    variables = _overrides(environment)
    for path, value in variables.items():
        _place(values, path, value)
    for source in SOURCES & values.keys():  # a source that is named without more has its defaults
        values[source] = {} if values[source] is None else values[source]
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise ConfigurationError(_without_secrets(_explain(error, name, variables), environment)) from None


def load_secrets(environment: Mapping[str, str] | None = None) -> Secrets:
    """Read the secrets from the environment; one that is not set is None."""
    variables = os.environ if environment is None else environment
    return Secrets(**{field: as_secret(variables.get(name)) for field, name in SECRET_VARIABLES.items()})


class FunctionSettings(Section):
    """What a function on Lambda is told by its variables."""

    config: str
    """``s3://BUCKET/KEY`` of the configuration; RELEASE_CONFIG."""
    workflow: str
    """The workflow of Glue that it starts; RELEASE_WORKFLOW."""
    environment: str
    """Such as ``production``; a dimension of the metrics; RELEASE_ENVIRONMENT."""


def function_settings() -> FunctionSettings:
    """Return what this function is told.

    Raises:
        ConfigurationError: a variable is missing.
    """
    return FunctionSettings(
        config=_of_function("RELEASE_CONFIG"),
        workflow=_of_function("RELEASE_WORKFLOW"),
        environment=_of_function("RELEASE_ENVIRONMENT"),
    )


def dashboards_of_function() -> str:
    """Return what the ids of the dashboards begin with that this function has refreshed; RELEASE_DASHBOARDS.

    Raises:
        ConfigurationError: the variable is missing.
    """
    return _of_function("RELEASE_DASHBOARDS")


def _of_function(name: str) -> str:
    if not os.environ.get(name):
        raise ConfigurationError(f"{name} is not set: the function was not made by `reelhouse deploy`")
    return os.environ[name]


def java_home() -> Path | None:
    """Return where the environment says that Java is."""
    home = os.environ.get("JAVA_HOME")
    return Path(home) if home else None


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    """Set variables for a process that is started meanwhile and cannot be given any of its own."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def as_secret(text: str | None) -> SecretStr | None:
    """Return a text as a secret; None where there is nothing but blanks."""
    return SecretStr(text.strip()) if text and text.strip() else None


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(f"{file}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file}: cannot be read ({error})") from None


def _parsed_yaml(text: str, name: str) -> dict[str, Any]:
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{name}: not valid YAML{_where(error)}") from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ConfigurationError(f"{name}: expected keys and values, found a {type(values).__name__}")
    return values


def _where(error: yaml.YAMLError) -> str:
    """Say where YAML goes wrong, without its text: the line may hold what should not stand there at all."""
    mark = getattr(error, "problem_mark", None)
    return f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""


def _without_secrets(message: str, environment: Mapping[str, str]) -> str:
    """Leave out of a message what somebody put into a wrong place."""
    for name in SECRET_VARIABLES.values():
        if secret := environment.get(name, "").strip():
            message = message.replace(secret, f"the value of {name}")
    return message


def _overrides(environment: Mapping[str, str]) -> dict[tuple[str, ...], Any]:
    return {
        tuple(name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")): _parsed(name, text)
        for name, text in sorted(environment.items())
        if name.startswith(ENVIRONMENT_PREFIX) and name not in SECRET_VARIABLES.values()
    }


def _parsed(name: str, text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise ConfigurationError(f"environment variable {name}: not a YAML value") from None


def _place(values: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    *sections, key = path
    for section in sections:
        inner = values[section] = values.get(section) or {}
        if not isinstance(inner, dict):
            raise ConfigurationError(f"environment variable {_variable(path)}: {section} is not a section")
        values = inner
    values[key] = value


def _explain(error: ValidationError, name: str, variables: dict[tuple[str, ...], Any]) -> str:
    return "; ".join(
        _explain_one(detail, name, variables) for detail in error.errors(include_url=False, include_context=False)
    )


def _explain_one(detail: Any, name: str, variables: dict[tuple[str, ...], Any]) -> str:
    path = tuple(str(part) for part in detail["loc"])
    origin = next(
        (f"environment variable {_variable(known)}" for known in variables if path[: len(known)] == known), ""
    )
    where = f"{origin or name}: {'.'.join(path)}"
    if detail["type"] == "extra_forbidden":
        return f"{where}: unknown key{_suggestion(path)}"
    if detail["type"] == "value_error":  # our own words, which say enough: the value may hold a secret
        return f"{where}: {detail['msg'].removeprefix('Value error, ')}"
    return f"{where}: {detail['msg']}, not {detail['input']!r}"


def _variable(path: tuple[str, ...]) -> str:
    return ENVIRONMENT_PREFIX + "__".join(path).upper()


def _suggestion(path: tuple[str, ...]) -> str:
    section: Any = Settings
    for part in path[:-1]:
        section = _section(section.model_fields[part].annotation)
    known = sorted(section.model_fields)
    close = difflib.get_close_matches(path[-1], known, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known keys: {', '.join(known)}"


def _section(annotation: Any) -> Any:
    """Return the section that a field holds, which may be absent."""
    return next((kind for kind in get_args(annotation) if kind is not NoneType), annotation)
