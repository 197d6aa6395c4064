"""From a command line to everything that a run needs: settings found, addresses resolved, clock started."""

from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from extract.clock import RunClock, new_run_id
from extract.errors import ConfigurationError
from extract.lake import Lake, open_lake
from extract.secrets_manager import complete
from extract.settings import Secrets, Settings, load_secrets, load_settings

CONFIGURATION_NAME = "reelhouse.yaml"
DEFAULT_HOME = Path(".reelhouse")


@dataclass(frozen=True, slots=True)
class Options:
    """The options that every command takes."""

    config: Path | None = None
    home: Path | None = None
    as_of: datetime | None = None
    as_json: bool = False


class Context:
    """What one command works with. Reading the settings happens at once, opening the lake when it is first needed."""

    def __init__(self, options: Options) -> None:
        """Read the settings.

        Raises:
            ConfigurationError: no configuration is found, or it is wrong.
        """
        file = find_configuration(options)
        self.settings: Settings = _with_absolute_paths(load_settings(file), file.parent)
        self.clock = RunClock(options.as_of)
        self.run_id = new_run_id(self.clock.as_of)
        self.as_json = options.as_json

    @classmethod
    def given(cls, settings: Settings, clock: RunClock, run_id: str) -> "Context":
        """Return what a job works with that has its settings, its instant and its name from elsewhere."""
        context = cls.__new__(cls)
        context.settings, context.clock, context.run_id, context.as_json = settings, clock, run_id, True
        return context

    def again(self) -> "Context":
        """Return the same with a later instant and another run id, for a command that works again and again."""
        later = copy(self)
        later.clock = RunClock(self.clock.now())
        later.run_id = new_run_id(later.clock.as_of)
        return later

    @cached_property
    def secrets(self) -> Secrets:
        """What the environment holds of secrets, else Secrets Manager."""
        return complete(load_secrets(), self.settings.secrets)

    @cached_property
    def lake(self) -> Lake:
        """The lake, opened and tried."""
        return open_lake(self.settings.lake, self.settings.s3.endpoint_url)

    def lake_requests(self) -> dict[str, int]:
        """Return how many requests the lake has sent, by operation; none where it was not opened or is a folder."""
        return self.lake.requests_sent() if "lake" in vars(self) else {}


def find_configuration(options: Options) -> Path:
    """Return the configuration file: the one named, else that of the named home, else the first of those around.

    Raises:
        ConfigurationError: there is none.
    """
    if options.config:
        return options.config
    places = [options.home] if options.home else [Path(), DEFAULT_HOME]
    for folder in places:
        if (folder / CONFIGURATION_NAME).is_file():
            return folder / CONFIGURATION_NAME
    looked = " nor ".join(str(folder / CONFIGURATION_NAME) for folder in places)
    raise ConfigurationError(
        f"no configuration: there is no {looked}. Name one with --config, or type `reelhouse demo` for a sandbox"
    )


def _with_absolute_paths(settings: Settings, base: Path) -> Settings:
    """Make the folders in addresses absolute; they are relative to the configuration file's folder."""
    wistia, streampulse = settings.wistia, settings.streampulse
    return settings.model_copy(
        update={
            "wistia": wistia and wistia.model_copy(update={"base_url": _absolute(wistia.base_url, base)}),
            "streampulse": streampulse
            and streampulse.model_copy(update={"landing": _absolute(streampulse.landing, base)}),
            "lake": _absolute(settings.lake, base),
            "warehouse": _absolute(settings.warehouse, base),
            "spark_jars": settings.spark_jars and str((base / settings.spark_jars).resolve()),
        }
    )


def _absolute(address: str, base: Path) -> str:
    scheme, separator, rest = address.partition(":")
    if scheme not in {"file", "sandbox"} or not separator:
        return address
    folder, question, parameters = rest.partition("?")
    return f"{scheme}:{(base / folder).resolve()}{question}{parameters}"
