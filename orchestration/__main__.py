"""The entry point: so small that Ctrl-C finds somebody at home while the rest is still being imported."""

import sys


def main() -> None:
    """Run the command line."""
    try:
        from orchestration.cli import main as run
    except KeyboardInterrupt:
        sys.exit(1)
    run()


if __name__ == "__main__":
    main()
