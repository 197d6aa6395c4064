"""Whom a raw line is about, also where it does not tell so: what is looked for is no piece of something else."""

import json
from pathlib import Path

import pytest

from extract.errors import ConfigurationError
from extract.lake import DirectoryLake
from extract.progress import Silent
from orchestration.context import Context, Options
from orchestration.forget import Person, find, search
from spark.forgotten import plain_text
from tests.faults.persons import encoded
from tests.integration.spark.lakes import land, raw_line

VISITORS, EVENTS, USERS = "wistia/visitors", "wistia/events", "streampulse/user_profiles"
ADA: Person = ("email", "ada@example.org")
SEVEN: Person = ("user", "7")


def bad_row(text: str) -> str:
    """Return the line of a row that could not be read."""
    return json.dumps({"_meta": {"key": "landing/7.csv", "row": 7}, "bytes": encoded(text.encode())})


@pytest.mark.parametrize(
    ("stream", "person", "lines", "theirs"),
    [
        (USERS, SEVEN, [bad_row("7,Ada"), bad_row("17,Bob"), bad_row("8,2026-07-07,7.5,x@7.org")], [1]),
        (USERS, SEVEN, ['{"_meta":{"key":"landing/7.csv"},"forgotten":true}', bad_row('{"user_id":7,')], [2]),
        (VISITORS, ADA, [bad_row("ada@example.org."), bad_row("nada@example.org"), bad_row("ada@example.orgs")], [1]),
        (VISITORS, ADA, [raw_line(["ada@example.org"]), raw_line({"visitor_identity": "ADA@example.org"})], [1, 2]),
        (EVENTS, ADA, [raw_line({"event_key": "s", "email": {"work": "ada@example.org"}}), "ada@example.org"], [1, 2]),
    ],
)  # fmt: skip
def test_a_line_that_does_not_tell_whom_it_is_about_is_theirs_if_it_has_their_text(
    tmp_path: Path, stream: str, person: Person, lines: list[str], theirs: list[int]
) -> None:
    lake = DirectoryLake(tmp_path, "lake")
    land(lake, stream, lines)
    found = search(lake, Silent(), {person})
    assert found.places == {stream: [(1, 0, line) for line in theirs]}
    assert found.records[stream] == len(theirs)


@pytest.mark.parametrize(
    ("asked", "says"),
    [([], "name whom"), ([("user", " ")], "name whom"), ([ADA, ("email", "u000972")], "that is no e-mail address")],
)
def test_who_cannot_be_meant_is_refused_and_not_named(tmp_path: Path, asked: list[Person], says: str) -> None:
    (tmp_path / "reelhouse.yaml").write_text('lake: "file:lake"\nwarehouse: "sandbox:."\n')
    with pytest.raises(ConfigurationError, match=says) as refused:
        find(Context(Options(home=tmp_path)), Silent(), asked)
    assert "u000972" not in str(refused.value)


@pytest.mark.parametrize(
    ("asked", "landed"),
    [
        ("JÖRG@example.org", '"JÖRG@example.org"'),
        ("a/b@example.org", '"a\\/b@example.org"'),
        ("ada@example.org", '"\\u0041da@example.org"'),
    ],
)
def test_an_address_is_found_however_it_is_written_and_leads_to_the_visitor(
    tmp_path: Path, asked: str, landed: str
) -> None:
    lake = DirectoryLake(tmp_path, "lake")
    land(lake, VISITORS, [f'{{"_meta":{{}},"record":{{"visitor_key":"v","visitor_identity":{{"email":{landed}}}}}}}'])
    found = search(lake, Silent(), {("email", plain_text("email", asked))})
    assert ("visitor", "v") in found.persons


def test_who_is_mentioned_in_a_record_of_somebody_else_does_not_take_it_along(tmp_path: Path) -> None:
    lake = DirectoryLake(tmp_path, "lake")
    land(lake, EVENTS, [raw_line({"event_key": "s", "visitor_key": "v", "note": "asked by ada@example.org"})])
    assert not search(lake, Silent(), {ADA}).is_known
