"""A load that can never succeed is passed by hand, shown as long as it is, and tried again."""

import pytest

from extract.errors import ConfigurationError, DataRefused
from tests.integration.warehouse_sql.house import House
from tests.integration.warehouse_sql.test_load import FOLDER, media, session, spoiled
from warehouse_sql.connection import connect
from warehouse_sql.load import ByHand
from warehouse_sql.set_aside import marks


def test_loads_behind_one_that_was_set_aside_go_on_and_it_may_follow_later(filled: House) -> None:
    filled.stage({"viewing_session": session("s1")})
    filled.stage({"media": media(), "viewing_session": session("s2")})
    with spoiled(filled, f"{FOLDER}/part-00000.parquet", b""):
        with pytest.raises(DataRefused, match=r"load 1: .*load --set-aside 1 --reason"):
            filled.load()
        report = filled.load(by_hand=ByHand(1, "the file is gone"))
        assert [applied.sequence for applied in report.applied] == [2]
        assert [(mark.sequence, mark.reason) for mark in report.set_aside] == [(1, "the file is gone")]
        assert not filled.pending()
        assert filled.load().applied == ()
        with pytest.raises(DataRefused, match="is not the object"):
            filled.load(by_hand=ByHand(1))
        assert set(marks(filled.lake, filled.address)) == {1}
    report = filled.load(by_hand=ByHand(1))
    assert [applied.sequence for applied in report.applied] == [1]
    assert report.set_aside == ()
    assert filled.value("select count(*) from core.fct_viewing_session") == 2
    assert filled.rows("select load_sequence from audit.load_history order by 1") == [
        {"load_sequence": 1},
        {"load_sequence": 2},
    ]


def test_what_the_ledger_lost_among_others_is_loaded_again(filled: House) -> None:
    for number in (1, 2, 3):
        filled.stage({"viewing_session": session(f"s{number}")})
    filled.load()
    with connect(filled.target) as connection:
        connection.execute("delete from audit.load_history where load_sequence = 2")
        connection.commit()
    assert [load.sequence for load in filled.load(by_hand=ByHand(2)).applied] == [2]
    assert filled.value("select count(*) from audit.load_history") == 3
    assert filled.value("select count(*) from core.fct_viewing_session") == 3


def test_what_comes_next_is_taken_back_in_its_turn(filled: House) -> None:
    for number in (1, 2, 3):
        filled.stage({"viewing_session": session(f"s{number}")})
    assert [load.sequence for load in filled.load(by_hand=ByHand(3, "not yet")).applied] == [1, 2]
    filled.stage({"viewing_session": session("s4")})
    assert filled.pending()
    assert [load.sequence for load in filled.load(by_hand=ByHand(3)).applied] == [3, 4]


def test_two_who_try_again_at_once_make_one_load(filled: House) -> None:
    filled.stage({"viewing_session": session("s1")})
    filled.stage({"viewing_session": session("s2")})
    filled.load(by_hand=ByHand(1, "wait"))
    filled.load(by_hand=ByHand(1))
    with pytest.raises(ConfigurationError, match="load 1 was not set aside"):
        filled.load(by_hand=ByHand(1))
    assert filled.value("select count(*) from audit.load_history") == 2


def test_what_cannot_be_set_aside_is_refused(filled: House) -> None:
    filled.stage({"viewing_session": session("s1")})
    with pytest.raises(ConfigurationError, match="there is no load 2"):
        filled.load(by_hand=ByHand(2, "typed wrongly"))
    filled.load()
    with pytest.raises(ConfigurationError, match="load 1 is in the warehouse"):
        filled.load(by_hand=ByHand(1, "too late"))


def test_a_mark_of_one_warehouse_is_none_of_another(filled: House) -> None:
    filled.stage({"viewing_session": session("s1")})
    filled.load(by_hand=ByHand(1, "here alone"))
    assert not filled.pending()
    filled.address = "sandbox:another"
    assert filled.pending()
    filled.address = "sandbox:house"
