"""The simulator as a process of its own, started on demand in a home folder."""

import os
import secrets
import threading
from pathlib import Path

from sandbox.process import Endpoint, Idleness, Service, StartFailed, publish, sole_server
from sandbox.process import ensure as ensure_process
from sandbox.wistia.api import Api, Manners
from sandbox.wistia.invented import DEFAULT_SEED, InventedAccount
from sandbox.wistia.profile import PROFILES
from sandbox.wistia.server import Server
from sandbox.wistia.simulator import Simulator

SERVICE = Service(name="wistia", module="sandbox.wistia", endpoint_file="wistia.json")


def ensure(home: Path, *, profile: str = "published", seed: int = DEFAULT_SEED, idle: float = 60.0) -> Simulator:
    """Return the simulator of a home, starting it where none answers.

    Args:
        home: Folder of its files: `wistia.json`, `wistia.lock`, `wistia.log`.
        profile: `published` or `small`.
        seed: Which account of that profile.
        idle: Seconds without a request after which a simulator that is started now ends.

    Raises:
        StartFailed: It did not start, or one with another profile or seed runs there.
    """
    home = home.resolve()
    arguments = ["--home", str(home), "--profile", profile, "--seed", str(seed), "--idle", str(idle)]
    endpoint = ensure_process(SERVICE, home, arguments, answers=lambda found: _simulator(found).answers())
    if (endpoint["profile"], endpoint["seed"]) != (profile, seed):
        raise StartFailed(
            f"The simulator in {home} (process {endpoint['pid']}) shows the account {endpoint['profile']} with seed "
            f"{endpoint['seed']}, not {profile} with seed {seed}. It ends by itself when nobody asks it for a while; "
            f"end it, or use another home."
        )
    return _simulator(endpoint)


def _simulator(endpoint: Endpoint) -> Simulator:
    return Simulator(
        base_url=f"http://127.0.0.1:{endpoint.get('port', 0)}/v1",
        token=str(endpoint.get("token", "")),
        pid=int(endpoint.get("pid", 0)),
    )


def run(home: Path, manners: Manners, *, profile: str, seed: int, idle: float) -> None:
    """Be the simulator of a home until nobody has asked for anything for `idle` seconds (0: for ever).

    Raises:
        AlreadyRunning: Another one is.
    """
    with sole_server(SERVICE, home):
        account = InventedAccount(PROFILES[profile], seed)
        idleness = Idleness(idle)
        with Server(Api(account, manners), idleness.at_work) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            endpoint = {
                "port": server.server_port,
                "pid": os.getpid(),
                "token": manners.token,
                "profile": profile,
                "seed": seed,
            }
            publish(SERVICE, home, endpoint)
            idleness.wait_until_idle(threading.Event())
            server.shutdown()


def new_token() -> str:
    """A token for a simulator process: nothing else on the machine may take it for another's."""
    return secrets.token_hex(16)
