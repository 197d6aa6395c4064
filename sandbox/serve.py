"""The sandbox in the foreground: an endpoint alone, or with the simulator and a local S3, until it is told to end."""

import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from extract.errors import ConfigurationError
from sandbox.process import AlreadyRunning, is_alive

Say = Callable[[str], None]
_S3_VARIABLES = {"AWS_ACCESS_KEY_ID": "sandbox", "AWS_SECRET_ACCESS_KEY": "sandbox", "AWS_DEFAULT_REGION": "us-east-1"}


@dataclass(frozen=True)
class Serving:
    """How the endpoint is served.

    Attributes:
        home: Folder of `warehouse.duckdb`; bucket `b` is its folder `b`.
        port: Where the endpoint listens on the loopback interface; 0 for any free port.
        tls: Whether it offers TLS.
        password_file: A file with the password; None trusts everybody.
        serializable: Whether the isolation level is SERIALIZABLE, instead of SNAPSHOT.
    """

    home: Path
    port: int = 0
    tls: bool = False
    password_file: Path | None = None
    serializable: bool = False


def serve_redshift(serving: Serving, say: Say) -> None:
    """Serve the endpoint until SIGINT or SIGTERM.

    Raises:
        ConfigurationError: it cannot be served so: a file or port is taken, or a package is missing.
    """
    from sandbox.redshift.endpoint import Endpoint
    from sandbox.redshift.engine import DatabaseRefused
    from sandbox.redshift.process import Settings, run

    def started(endpoint: Endpoint) -> None:
        say(_redshift_lines(endpoint.host, endpoint.port, endpoint.user, endpoint.database, endpoint.certificate))
        say("Ctrl-C ends it; what was committed is kept.")

    home = serving.home.resolve()
    try:
        password = serving.password_file.read_text().rstrip("\n") if serving.password_file else None
        settings = Settings(home, port=serving.port, idle=0, password=password, tls=serving.tls)
        run(home, replace(settings, serializable=serving.serializable), started)
    except (AlreadyRunning, DatabaseRefused, OSError) as problem:
        raise ConfigurationError(str(problem)) from None
    except ModuleNotFoundError as missing:
        raise ConfigurationError(f"TLS needs {missing.name}: pip install 'reelhouse[local]'") from None


def _redshift_lines(host: str, port: int, user: str, database: str, certificate: Path | None) -> str:
    who = f"host='{host}', port={port}, database='{database}', user='{user}', password=''"
    lines = [
        f"Redshift   {host}:{port}, database {database}, user {user}",
        f"  psql -h {host} -p {port} -U {user} {database}",
        f"  redshift_connector.connect({who}, ssl={certificate is not None})",
    ]
    return "\n".join([*lines, *([f"  trust {certificate} (SSL_CERT_FILE, sslrootcert)"] if certificate else [])])


def serve_all(serving: Serving, say: Say, *, s3: bool) -> None:
    """Serve the simulator, the endpoint and, if asked, a local S3, until SIGINT or SIGTERM.

    Raises:
        ConfigurationError: one of them cannot be served.
    """
    with ExitStack() as open_servers:
        simulator = open_servers.enter_context(_simulator(serving.home))
        say(simulator)
        if s3:
            say(open_servers.enter_context(_local_s3(serving.home)))
        serve_redshift(serving, say)


@contextmanager
def _simulator(home: Path) -> Iterator[str]:
    """A simulator of the home, ended with this command unless it was there before."""
    from sandbox.wistia.process import SERVICE, ensure

    home.mkdir(parents=True, exist_ok=True)
    was_there = is_alive(SERVICE, home)
    found = ensure(home, idle=0)
    try:
        yield f"Wistia     {found.base_url}, token {found.token}"
    finally:
        if not was_there:
            with suppress(ProcessLookupError):
                os.kill(found.pid, signal.SIGTERM)


@contextmanager
def _local_s3(home: Path) -> Iterator[str]:
    """An S3 in memory, which the endpoint uses for buckets that are no folders."""
    try:
        from moto.server import ThreadedMotoServer
    except ModuleNotFoundError:
        raise ConfigurationError("--s3 needs moto: pip install 'moto[server]'") from None
    from sandbox.redshift.objects import S3_FILE, tell_of_s3

    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # it would print every request
    for name, value in _S3_VARIABLES.items():
        os.environ.setdefault(name, value)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        url = "http://{}:{}".format(*server.get_host_and_port())
        tell_of_s3(home.resolve(), url)
        settings = " ".join(f"{name}={value}" for name, value in _S3_VARIABLES.items())
        yield f"S3         {url}, in memory\n  {settings} aws --endpoint-url {url} s3 ls"
    finally:
        (home.resolve() / S3_FILE).unlink(missing_ok=True)
        server.stop()
