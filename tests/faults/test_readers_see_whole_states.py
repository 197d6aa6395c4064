"""Fault 36: who reads during loads, a backfill, a replay and its undo sees whole states; marts and facts agree."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.integration.warehouse_sql.house import House, open_laid_out_house
from tests.integration.warehouse_sql.staged import Rows
from warehouse_sql.connection import Connection, connect

PATIENCE = 120
QUESTIONS = {
    "sessions": (
        "select count(*) from core.fct_viewing_session",
        "select nvl(sum(session_count), 0) from core.visitor_media_day",
        "select nvl(sum(session_count), 0) from mart.media_daily_total",
        "select nvl(sum(session_count), 0) from mart.media_daily_performance",
    ),
    "plays": (
        "select nvl(sum(play_count), 0) from core.fct_media_day",
        "select nvl(sum(play_count), 0) from mart.media_daily_total",
    ),
}
SPOILING = (
    "delete from core.fct_viewing_session where session_id = 's1-0'",
    """
    update core.visitor_media_day set session_count = session_count - 1
    where activity_date_key = 20260101
        and visitor_key in (select visitor_key from core.dim_visitor where visitor_id = 'v0')
    """,
    "update mart.media_daily_total set session_count = session_count - 1 where activity_date_key = 20260101",
)
"""What makes a replay end in another state than it found."""
State = tuple[int, int]
"""Sessions and plays."""


class Reader:
    """Asks again and again, in transactions and in single statements, and remembers what it was told."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.told: list[dict[str, list[int]]] = []
        self.failure: BaseException | None = None
        self._turn = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def sees(self) -> State:
        """Wait for an answer to questions that were asked from now on."""
        with self._turn:
            wanted = len(self.told) + 2
            assert self._turn.wait_for(lambda: len(self.told) >= wanted or self.failure, PATIENCE)
            assert self.failure is None, self.failure
            return self.told[-1]["sessions"][0], self.told[-1]["plays"][0]

    def stop(self) -> list[dict[str, list[int]]]:
        """Return all that was told."""
        self._stopped = True
        self._thread.join(PATIENCE)
        assert self.failure is None, self.failure
        return self.told

    def _read(self) -> None:
        try:
            with connect(self.house.target) as connection:
                while not self._stopped:
                    for ask in (_in_a_transaction, _in_a_statement):
                        answer = ask(connection)
                        connection.rollback()
                        with self._turn:
                            self.told.append(answer)
                            self._turn.notify_all()
        except BaseException as failure:  # noqa: BLE001 - shown where it is waited for
            with self._turn:
                self.failure = failure
                self._turn.notify_all()


def _in_a_transaction(connection: Connection) -> dict[str, list[int]]:
    return {about: [int(connection.rows(question)[0][0]) for question in asked] for about, asked in QUESTIONS.items()}


def _in_a_statement(connection: Connection) -> dict[str, list[int]]:
    parts = [f"({question})" for asked in QUESTIONS.values() for question in asked]
    answers = [int(value) for value in connection.rows(f"select {', '.join(parts)}")[0]]
    sessions = len(QUESTIONS["sessions"])
    return {"sessions": answers[:sessions], "plays": answers[sessions:]}


def day(number: int, sessions: int, plays: int, revision: int = 1) -> dict[str, Rows]:
    """Return a day: its sessions, and how often its media was played."""
    seen = f"2026-02-0{revision} 00:00:00"
    return {
        "viewing_session": [
            {
                "session_id": f"s{number}-{key}",
                "media_id": "m1",
                "visitor_id": f"v{key}",
                "received_at": f"2026-01-0{number} 12:00:00",
                "percent_viewed": 0.5,
                "_extracted_at": seen,
            }
            for key in range(sessions)
        ],
        "media_day": [
            {
                "media_id": "m1",
                "activity_date": f"2026-01-0{number}",
                "load_count": 50,
                "play_count": plays,
                "_extracted_at": seen,
            }
        ],
    }


def test_every_answer_is_that_of_a_whole_state(tmp_path: Path) -> None:
    with open_laid_out_house(tmp_path) as house:
        house.stage(day(1, 3, 4))
        house.load()
        reader = Reader(house)
        states = [reader.sees()]

        def do(step: Callable[[], Any]) -> None:
            step()
            states.append(reader.sees())

        house.stage(day(2, 5, 7))
        do(house.load)
        house.stage(day(1, 4, 2, revision=2))
        do(house.load)
        with connect(house.target) as spoiling:
            for statement in SPOILING:
                spoiling.execute(statement)
            do(spoiling.commit)
        do(house.replay)
        do(house.undo)
        do(house.replay)
        told = reader.stop()
    assert states == [(3, 4), (8, 11), (9, 9), (8, 9), (9, 9), (8, 9), (9, 9)]
    for answer in told:
        assert all(len(set(values)) == 1 for values in answer.values()), answer
    seen = [(answer["sessions"][0], answer["plays"][0]) for answer in told]
    assert [state for number, state in enumerate(seen) if number == 0 or state != seen[number - 1]] == states
