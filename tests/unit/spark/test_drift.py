"""Drift adds up over normalisations."""

from spark.drift import accumulate, sightings


def test_sightings_add_up_and_remember_where_they_began() -> None:
    first = accumulate((), sightings("s/a", [("string x", 2), ("number a b.c", 1)]), 4)
    second = accumulate(first, sightings("s/a", [("string x", 3), ("null x", 1)]), 9)
    assert [(entry.field, entry.kind, entry.count, entry.first_sequence) for entry in second] == [
        ("a b.c", "number", 1, 4),
        ("x", "null", 1, 9),
        ("x", "string", 5, 4),
    ]
