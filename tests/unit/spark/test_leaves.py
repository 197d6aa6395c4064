"""Which objects a contract looks into, and which of their fields it accounts for."""

from spark.contracts import load_contracts
from spark.leaves import Looked, leaf_columns, looked_into


def test_inner_objects_come_after_the_objects_that_hold_them() -> None:
    looked = looked_into(load_contracts()["wistia__visitor"])
    assert [found.path for found in looked] == [
        (),
        ("user_agent_details",),
        ("visitor_identity",),
        ("visitor_identity", "org"),
    ]
    assert looked[2] == Looked(
        path=("visitor_identity",),
        known=("email", "name", "org"),
        unmapped=(),
        inner=(("visitor_identity", "org"),),
    )


def test_an_unmapped_field_of_an_inner_object_is_known_there() -> None:
    media = {found.path: found for found in looked_into(load_contracts()["wistia__media"])}
    assert media["project",].unmapped == ("id",)
    assert media["project",].known == ("hashedId", "hashed_id", "id", "name")
    assert "tags" in media[()].unmapped
    assert "project" not in media[()].unmapped


def test_what_a_fan_out_makes_is_no_leaf_and_its_arrays_are() -> None:
    contract = load_contracts()["wistia__media_engagement"]
    names = leaf_columns(contract)
    assert {"view_count__text", "rewatch_count__kind"} <= set(names)
    assert not {"bucket__text", "bucket_count__text"} & set(names)
    (record,) = looked_into(contract)
    assert record.known == ("engagement", "engagement_data", "rewatch_data")


def test_the_envelope_is_no_part_of_the_record() -> None:
    (record,) = looked_into(load_contracts()["wistia__media_snapshot"])
    assert "_meta" not in record.known


def test_the_leaf_frame_has_two_columns_for_each_of_the_contract() -> None:
    names = leaf_columns(load_contracts()["wistia__visitor"])
    assert len(names) == len(set(names))
    assert {"load_count__text", "load_count__kind", "_extra__text", "_fault", "_unknown", "_raw_line"} <= set(names)
