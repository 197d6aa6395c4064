"""Serving: Streamlit's own command, in this process, so that the pages know where the figures come from."""

from pathlib import Path

from streamlit.web import cli

from dashboards.app import reader
from dashboards.app.theme import streamlit_options

MAIN = Path(__file__).with_name("main.py")


def serve(source: reader.Source, port: int | None, *, headless: bool) -> None:
    """Serve the application on this machine until Ctrl-C.

    Args:
        source: where the figures come from.
        port: where it listens; None: 8501, or the next that is free.
        headless: whether no browser is opened.
    """
    reader.use(source)
    options: dict[str, object] = {
        "server.headless": headless,
        "server.showEmailPrompt": False,
        "server.address": "127.0.0.1",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": False,
        "runner.magicEnabled": False,
        "client.toolbarMode": "viewer",
        "client.showErrorDetails": "none",
        **streamlit_options(),
    }
    if port is not None:
        options["server.port"] = port
    arguments = [f"--{name}={_text(value)}" for name, value in options.items()]
    cli.main(["run", str(MAIN), *arguments], standalone_mode=False)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
