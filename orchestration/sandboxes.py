"""The doors to the sandbox: ``sandbox:FOLDER`` addresses become live ones.

The only place that knows the sandbox, and it loads it by name: an installation without the extra ``local`` works
against Wistia and Redshift, and says what is missing when it is asked for a sandbox.
"""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from pydantic import SecretStr

from extract.clock import RunClock
from extract.errors import ConfigurationError
from extract.lake import Lake
from extract.privacy import KEY_VARIABLE, PrivacyKey
from extract.settings import Secrets, Settings, StreamPulse, account_of
from extract.sources.wistia.streams import SHAPES
from warehouse_sql.connection import Target, parse_target

SCHEME = "sandbox:"
S3_SCHEME = "s3://"


def open_account(settings: Settings, secrets: Secrets, clock: RunClock) -> tuple[Settings, SecretStr]:
    """Return settings whose base_url answers, and the token for it.

    A simulator is started where none runs, and its clock is set to the run's as-of instant. It is only ever given its
    own token: a real one never leaves for a sandbox. ``sandbox:FOLDER?profile=small`` shows a smaller account,
    ``sandbox:FOLDER?api=modern`` answers as the later versions of the API do.

    Raises:
        ConfigurationError: there is no token for a real account, or the sandbox cannot be started.
    """
    wistia = account_of(settings)
    if not wistia.base_url.startswith(SCHEME):
        if secrets.wistia_token is None:
            raise ConfigurationError(
                "no token: set the environment variable WISTIA_API_TOKEN to an API token of the account with the "
                "permissions 'Read all folder and media data' and 'Read detailed stats'"
            )
        return settings, secrets.wistia_token
    folder, parameters = _parts(wistia.base_url, known={"api", "profile"})
    shape = parameters.pop("api", "v1")
    if shape not in SHAPES:
        raise ConfigurationError(f"{wistia.base_url}: unknown api {shape}; known: {', '.join(sorted(SHAPES))}")
    simulator = _sandbox("sandbox.wistia.process").ensure(folder, **parameters)
    try:
        simulator.set_clock(clock.as_of)
    except ValueError as error:
        raise ConfigurationError(f"--as-of: {error}") from None
    live = wistia.model_copy(update={"base_url": f"{simulator.base_url.rpartition('/')[0]}/{shape}"})
    return settings.model_copy(update={"wistia": live}), SecretStr(simulator.token)


def landing_of(streampulse: StreamPulse) -> StreamPulse:
    """Return settings whose landing is a folder of the lake: that of a sandbox is where it is by default."""
    if not streampulse.landing.startswith(SCHEME):
        return streampulse
    return streampulse.model_copy(update={"landing": StreamPulse.model_fields["landing"].default})


def open_landing(streampulse: StreamPulse, lake: Lake, clock: RunClock) -> StreamPulse:
    """Return settings whose landing is a folder of the lake, with what should lie in it by now.

    The producer of a sandbox drops there what it would have dropped by the run's as-of instant.
    ``sandbox:FOLDER?users=1000&titles=200&playbacks=2000&days=30`` makes it another size (playbacks a day, days before
    the first), ``seed=7`` other content.

    Raises:
        ConfigurationError: a parameter is unknown or no number.
    """
    opened = landing_of(streampulse)
    if streampulse.landing.startswith(SCHEME):
        producer = _sandbox("sandbox.streampulse.producer")
        _, parameters = _parts(streampulse.landing, known=set(producer.PARAMETERS))
        try:
            size = {name: int(text) for name, text in parameters.items()}
            producer.deliver(lake, opened.landing, clock.as_of, **size)
        except ValueError as error:
            raise ConfigurationError(f"{streampulse.landing}: {error}") from None
    return opened


def open_warehouse(settings: Settings, secrets: Secrets) -> Target:
    """Return the address of a warehouse that answers, starting the sandbox's endpoint where none runs.

    Raises:
        ConfigurationError: the address is of no known kind, or the sandbox cannot be started.
    """
    if not settings.warehouse.startswith(SCHEME):
        return parse_target(settings.warehouse, secrets.redshift_password)
    folder, _ = _parts(settings.warehouse, known=set())
    if settings.lake.startswith(S3_SCHEME):
        _sandbox("sandbox.redshift.objects").tell_of_s3(folder, settings.s3.endpoint_url)
    endpoint = _sandbox("sandbox.redshift.process").ensure(folder)
    return Target(endpoint.host, endpoint.port, endpoint.database, endpoint.user, password=None, ssl=False, iam=False)


def open_privacy_key(settings: Settings, secrets: Secrets) -> PrivacyKey:
    """Return the key with which personal values are hashed; a sandbox makes its own where none is given.

    Raises:
        ConfigurationError: there is none for a real warehouse, or it is too short.
    """
    if secrets.privacy_key:
        return PrivacyKey.of(secrets.privacy_key.get_secret_value())
    if settings.warehouse.startswith(SCHEME):
        folder, _ = _parts(settings.warehouse, known=set())
        return PrivacyKey.of(_sandbox("sandbox.privacy").ensure_key(folder))
    raise ConfigurationError(
        f"no privacy key: set {KEY_VARIABLE} (`openssl rand -hex 32` makes one) or secrets.privacy_key. With it "
        "personal values are hashed before they reach the warehouse; keep it, for a new one means to hash all anew"
    )


def serve_sandbox(home: Path, *, s3: bool, say: Callable[[str], None], **serving: Any) -> None:
    """Serve simulator, endpoint and, if asked, a local S3 in the foreground, until SIGINT or SIGTERM.

    Raises:
        ConfigurationError: one of them cannot be served.
    """
    serve = _sandbox("sandbox.serve")
    serve.serve_all(serve.Serving(home, **serving), say, s3=s3)


def serve_redshift(home: Path, *, say: Callable[[str], None], **serving: Any) -> None:
    """Serve the endpoint alone in the foreground, until SIGINT or SIGTERM.

    Raises:
        ConfigurationError: it cannot be served.
    """
    serve = _sandbox("sandbox.serve")
    serve.serve_redshift(serve.Serving(home, **serving), say)


def check_warehouse(settings: Settings, secrets: Secrets) -> None:
    """Check the address of the warehouse without waking it, and that there is a key for what goes into it.

    Raises:
        ConfigurationError: it is of no known kind, or a password or the privacy key is missing.
    """
    if settings.warehouse.startswith(SCHEME):
        folder, _ = _parts(settings.warehouse, known=set())
        lake = Path(settings.lake.removeprefix("file:"))
        if settings.lake.startswith("file:") and lake.parent != folder:
            raise ConfigurationError(
                f"lake: a sandbox's warehouse reads from the folder in which it lives; with warehouse: "
                f"{settings.warehouse} write lake: file:{folder}/{lake.name}, not {settings.lake}"
            )
    else:
        parse_target(settings.warehouse, secrets.redshift_password)
        open_privacy_key(settings, secrets)


def _parts(address: str, known: set[str]) -> tuple[Path, dict[str, str]]:
    folder, _, query = address.removeprefix(SCHEME).partition("?")
    parameters = dict(parse_qsl(query))
    if unknown := sorted(parameters.keys() - known):
        raise ConfigurationError(
            f"{address}: unknown parameter {unknown[0]}; known: {', '.join(sorted(known)) or 'none'}"
        )
    return Path(folder), parameters


def _sandbox(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"the sandbox needs {error.name}, which is not installed: pip install 'reelhouse[local]'"
        ) from None
