"""`python -m sandbox.redshift --home DIR`: the endpoint as a process of its own."""

import argparse
import sys
from pathlib import Path

from sandbox.process import ALREADY_RUNNING, AlreadyRunning
from sandbox.redshift.engine import DEFAULT_MEMORY, DatabaseRefused
from sandbox.redshift.process import Settings, run


def main(arguments: list[str] | None = None) -> int:
    """Runs the endpoint and returns an exit code (75: there is one already, 2: it cannot start)."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.redshift", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="folder of warehouse.duckdb and endpoint.json")
    parser.add_argument("--port", type=int, default=0, help="where to listen on 127.0.0.1 (default: any free port)")
    parser.add_argument("--lake-root", type=Path, help="folder of the buckets that COPY reads (default: the home)")
    parser.add_argument("--idle", type=float, default=60.0, help="seconds without sessions until it ends; 0: never")
    parser.add_argument("--memory-limit", default=DEFAULT_MEMORY, help="of the engine, such as 4GB")
    parser.add_argument("--host", default="127.0.0.1", help="the interface (default: loopback alone)")
    parser.add_argument("--password-file", type=Path, help="a file with the password (default: everybody is trusted)")
    parser.add_argument("--tls", action="store_true", help="offer TLS, with a certificate made in HOME/tls")
    parser.add_argument("--serializable", action="store_true", help="isolation level SERIALIZABLE (default: SNAPSHOT)")
    asked = parser.parse_args(arguments)
    home = asked.home.resolve()
    lake_root = (asked.lake_root or home).resolve()
    try:
        password = asked.password_file.read_text().rstrip("\n") if asked.password_file else None
        how = (asked.host, asked.port, asked.idle, asked.memory_limit, password, asked.tls, asked.serializable)
        run(home, Settings(lake_root, *how))
    except AlreadyRunning as running:
        sys.stderr.write(f"{running}\n")
        return ALREADY_RUNNING
    except (DatabaseRefused, ModuleNotFoundError, OSError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
