"""QuickSight's refreshes, as its API tells of them over HTTP (Amazon QuickSight API Reference, "CreateIngestion")."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3

PATH = re.compile(r"/accounts/(?P<account>\d{12})/data-sets/(?P<dataset>[^/]+)/ingestions/(?P<name>[^/]+)")


@dataclass
class QuickSight:
    """What was asked to be read, when, and how it goes; a name is taken once."""

    endpoint_url: str
    now: datetime = datetime(2026, 1, 15, 2, 30, tzinfo=UTC)
    refuses: str = ""
    """The code of the error with which everything is answered."""
    started: list[tuple[str, str, str]] = field(default_factory=list)
    """Dataset, name and type of each refresh."""
    ingestions: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    @property
    def client(self) -> Any:
        """A client of it."""
        return boto3.client(
            "quicksight", "eu-west-1", endpoint_url=self.endpoint_url, aws_access_key_id="k", aws_secret_access_key="s"
        )

    def end(self, status: str, *datasets: str) -> None:
        """Let the refreshes that are under way end, those of some datasets or all."""
        for (dataset, _), found in self.ingestions.items():
            if found["IngestionStatus"] == "RUNNING" and (not datasets or dataset in datasets):
                found["IngestionStatus"] = status

    def create(self, dataset: str, name: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Answer CreateIngestion."""
        if (dataset, name) in self.ingestions:
            return 409, {"error": "ResourceExistsException"}
        self.started.append((dataset, name, body["IngestionType"]))
        arn = f"arn:aws:quicksight:eu-west-1:123456789012:dataset/{dataset}/ingestion/{name}"
        found = {"Arn": arn, "IngestionId": name, "IngestionStatus": "RUNNING", "CreatedTime": self.now.timestamp()}
        self.ingestions[dataset, name] = found
        return 201, found

    def describe(self, dataset: str, name: str) -> tuple[int, dict[str, Any]]:
        """Answer DescribeIngestion."""
        found = self.ingestions.get((dataset, name))
        return (200, {"Ingestion": found}) if found else (404, {"error": "ResourceNotFoundException"})


@contextmanager
def quicksight() -> Iterator[QuickSight]:
    """Serve a QuickSight in which nothing was ever read."""

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked = self.asked()
            self.reply(*made.create(asked["dataset"], asked["name"], body))

        def do_GET(self) -> None:
            asked = self.asked()
            self.reply(*made.describe(asked["dataset"], asked["name"]))

        def asked(self) -> "re.Match[str]":
            found = PATH.fullmatch(self.path)
            assert found, self.path
            return found

        def reply(self, status: int, body: dict[str, Any]) -> None:
            if made.refuses:
                status, body = 403, {"error": made.refuses}
            data = json.dumps(body).encode()
            self.send_response(status)
            if error := body.get("error"):
                self.send_header("x-amzn-ErrorType", error)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = QuickSight(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
