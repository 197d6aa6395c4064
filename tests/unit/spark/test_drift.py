"""Drift adds up over normalisations."""

from spark.drift import accumulate, dropped, fill, sightings
from spark.manifest import DRIFT_LIMIT, OTHER_FIELDS, Filling


def test_sightings_add_up_and_remember_where_they_began() -> None:
    first = accumulate((), sightings("s/a", [("string x", 2), ("number a b.c", 1)]), 4, "yesterday")
    second = accumulate(first, sightings("s/a", [("string x", 3), ("null x", 1)]), 9, "today")
    assert [(entry.field, entry.kind, entry.count, entry.first_sequence, entry.first_seen) for entry in second] == [
        ("a b.c", "number", 1, 4, "yesterday"),
        ("x", "null", 1, 9, "today"),
        ("x", "string", 5, 4, "yesterday"),
    ]


def test_a_stream_that_invents_field_names_does_not_fill_the_manifests() -> None:
    invented = [(f"string id-{number}", 1) for number in range(DRIFT_LIMIT + 50)]
    first = accumulate((), sightings("s/a", [*invented, ("number frequent", 9)]), 1, "yesterday")
    assert len(first) == DRIFT_LIMIT + 1
    assert {(entry.field, entry.count) for entry in first} >= {("frequent", 9), (OTHER_FIELDS, 51)}
    later = sightings("s/a", [("number frequent", 1), ("string yet-another", 2)]) | sightings("s/b", [("null x", 1)])
    second = accumulate(first, later, 2, "today")
    told = {(entry.stream, entry.field): (entry.kind, entry.count, entry.first_sequence) for entry in second}
    assert len(told) == DRIFT_LIMIT + 2
    assert told["s/a", "frequent"] == ("number", 10, 1)
    assert told["s/a", OTHER_FIELDS] == ("any", 53, 1)
    assert told["s/b", "x"] == ("null", 1, 2)


def test_a_long_name_is_cut_and_those_that_then_are_alike_count_as_one() -> None:
    seen = sightings("s/a", [("string " + "x" * 60_000, 1), ("string " + "x" * 50_000, 2)])
    assert [(len(field), count) for (_, field, _), count in seen.items()] == [(256, 3)]


def batches(*counts: tuple[int, int]) -> list[dict[str, int]]:
    """What is missed of one field after each of some batches, given as records and values."""
    filled: dict[str, Filling] = {}
    missed = []
    for records, values in counts:
        after = fill(filled, records, {"city": values})
        missed.append({field: count for (_, field, _), count in dropped("s/a", filled, after).items()})
        filled = after
    return missed


def test_an_optional_field_that_all_had_is_missed_after_twenty_records() -> None:
    assert batches((100, 100), (19, 0), (1, 0), (7, 0), (5, 5), (26, 0)) == [
        {},
        {},
        {"city": 20},
        {"city": 7},
        {},
        {"city": 26},
    ]


def test_a_field_that_few_had_is_missed_later_and_one_that_none_had_never() -> None:
    assert batches((1000, 10), (1999, 0), (1, 0)) == [{}, {}, {"city": 2000}]
    assert batches((1000, 0), (100_000, 0)) == [{}, {}]
