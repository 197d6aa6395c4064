"""Contracts: read, checked, and refused with a message that says where."""

import pytest

from extract.errors import ConfigurationError
from spark.contracts import LINEAGE, Contract, load_contracts, parse_contract

GOOD = """\
entity: shop__order
stream: shop/orders
grain: one row per order
key: [order_id]
version: [changed_at]
columns:
  - {name: order_id, type: varchar(64), path: id, required: true, about: The order.}
  - {name: changed_at, type: timestamp, path: [meta.changed, changed], about: When it changed.}
  - {name: amount, type: double, path: amount, range: [0, 1000], about: The amount.}
unmapped: [note, meta.by]
"""


def test_a_contract_is_typed_columns_in_order_and_lineage_at_the_end() -> None:
    contract = parse_contract("shop__order.yaml", GOOD)
    assert contract.table == "stg_shop__order"
    assert [column.name for column in contract.columns[:3]] == ["order_id", "changed_at", "amount"]
    assert contract.columns[3:] == LINEAGE
    assert (contract.column("order_id").kind, contract.column("order_id").length) == ("varchar", 64)
    assert contract.column("changed_at").path == ("meta.changed", "changed")
    assert contract.column("amount").range == (0, 1000)
    assert contract.column("amount").length is None
    with pytest.raises(KeyError):
        contract.column("nobody")


@pytest.mark.parametrize(
    ("change", "to", "says"),
    [
        ("grain:", "grains:", "grain"),
        ("grain: one row per order", "grain: orders", "grain"),
        ("required: true", "requierd: true", "requierd"),
        ("type: double", "type: decimal(3)", "unknown type 'decimal"),
        ("varchar(64)", "varchar(70000)", "at most 65535"),
        ("varchar(64)", "varchar(0)", "unknown type"),
        ("range: [0, 1000]", "json: true", "only a varchar can hold JSON"),
        ("path: id, required: true", "path: id, required: true, range: [0, 1]", "only a number has a range"),
        ("key: [order_id]", "key: [order]", "order: named in key or version"),
        ("key: [order_id]", "key: [changed_at]", "must be required"),
        ("version: [changed_at]", "version: [changed]", "changed: named in key or version"),
        ("name: amount", "name: order_id", "order_id: more than one column"),
        ("path: amount, ", "", "amount: has no path"),
        ("about: The amount.", "about: ''", "about"),
        ("name: amount", "name: Amount; drop table x", "name"),
        ("entity: shop__order", "entity: shop__orders", "describes shop__orders"),
        ("columns:", "columns: [", "not valid YAML"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(change: str, to: str, says: str) -> None:
    assert change in GOOD
    with pytest.raises(ConfigurationError, match=r"contract shop__order\.yaml") as refused:
        parse_contract("shop__order.yaml", GOOD.replace(change, to))
    assert says in str(refused.value)


CURVES = """\
entity: shop__price
stream: shop/prices
grain: one row per order and minute
key: [order_id, minute]
version: []
fan_out: {arrays: [price, volume], position: minute, length: minute_count}
columns:
  - {name: order_id, type: varchar(64), path: id, required: true, about: The order.}
  - {name: minute_count, type: integer, about: The minutes.}
  - {name: minute, type: integer, about: The minute.}
  - {name: price, type: bigint, path: prices, required: true, range: [0, null], about: The price.}
  - {name: volume, type: integer, path: volumes, required: true, about: The volume.}
"""


def test_of_a_fan_out_the_record_has_a_key_and_columns_of_its_own() -> None:
    contract = parse_contract("shop__price.yaml", CURVES)
    assert contract.record_key == ("order_id",)
    assert contract.record_columns == tuple(
        column for column in contract.columns if column.name not in {"minute", "minute_count"}
    )
    assert contract.column("price").range == (0, None)
    plain = parse_contract("shop__order.yaml", GOOD)
    assert (plain.record_key, plain.record_columns) == (plain.key, plain.columns)


@pytest.mark.parametrize(
    ("change", "to", "says"),
    [
        ("position: minute,", "position: hour,", "hour: named in fan_out, and no column"),
        ("key: [order_id, minute]", "key: [order_id]", "minute: of the columns of fan_out"),
        ("key: [order_id, minute]", "key: [order_id, minute, price]", "price: of the columns of fan_out"),
        ("version: []", "version: [price]", "price: of the columns of fan_out"),
        ("minute_count, type: integer,", "minute_count, type: integer, path: n,", "minute_count: is made"),
        ("volumes, required: true,", "volumes,", "must be required"),
        ("volume, type: integer", "volume, type: double", "volume: only whole numbers fan out"),
        ("arrays: [price, volume]", "arrays: []", "fan_out.arrays"),
        ("fan_out: {", "fan_out: {step: 1, ", "fan_out.step"),
        ("range: [0, null]", "range: [null, null]", "price: a range needs a bound"),
        ("fan_out: {arrays: [price, volume], position: minute, length: minute_count}", "", "minute_count: has no path"),
    ],
)
def test_what_is_wrong_with_a_fan_out_is_told_with_its_place(change: str, to: str, says: str) -> None:
    assert change in CURVES
    with pytest.raises(ConfigurationError, match=r"contract shop__price\.yaml") as refused:
        parse_contract("shop__price.yaml", CURVES.replace(change, to))
    assert says in str(refused.value)


@pytest.mark.parametrize("contract", load_contracts().values(), ids=lambda contract: contract.entity)
def test_our_contracts_map_no_field_twice(contract: Contract) -> None:
    paths = [path for column in contract.mapped if not column.keyed_hash for path in column.path]
    assert len(paths) == len(set(paths))
    assert {path for column in contract.mapped for path in column.path} == set(paths)
    assert not set(paths) & set(contract.unmapped)
    assert all(column.about.endswith((".", "...")) for column in contract.columns)


def test_what_is_given_out_can_be_changed_without_harm() -> None:
    load_contracts().clear()
    assert load_contracts()


def test_what_is_counted_is_never_below_nothing() -> None:
    """The checks of the warehouse refuse a whole load for one negative counter; its record alone is put aside."""
    unbounded = [
        f"{contract.entity}.{column.name}"
        for contract in load_contracts().values()
        for column in contract.mapped
        if column.kind in {"bigint", "integer", "double"} and column.name.endswith(("_count", "_watched", "_seconds"))
        if column.name != "bucket_count" and (column.range is None or column.range[0] is None or column.range[0] < 0)
    ]
    assert not unbounded
