"""What a run imports and computes once, so that processes forked from the one that imports this find it done."""

import gzip
import hashlib
import tempfile
from pathlib import Path

import tests.faults.stricken  # noqa: F401 - what the forked processes run
from extract.lake import DirectoryLake
from extract.manifest import ObjectEntry
from extract.privacy import PrivacyKey
from extract.settings import Settings
from spark.contracts import load_contracts
from spark.engine import open_engine, using
from spark.raw import Backlog, RawObject
from spark.transforms.registry import TRANSFORMS
from warehouse_sql.checks import checks_of, count_statement
from warehouse_sql.delta import delta_of
from warehouse_sql.model import Load
from warehouse_sql.plan import build_order, temporary_reads
from warehouse_sql.render import render
from warehouse_sql.repeatable import repeatables

_KEY = PrivacyKey.of("a-key-for-processes-that-hash-nothing-yet")
with tempfile.TemporaryDirectory() as _name:
    _folder, _lake = Path(_name), DirectoryLake(Path(_name), "lake")
    _line = gzip.compress(b'{"_meta":{},"record":{}}\n')
    _lake.put("line", _line)
    _entry = ObjectEntry(key="line", bytes=len(_line), rows=1, sha256=hashlib.sha256(_line).hexdigest())
    with open_engine(Settings(), _lake, _folder, _KEY) as _engine, using(_engine):
        for _contract in load_contracts().values():
            _engine.open_stream(Backlog(_contract.stream, 1, (RawObject(1, 0, _entry),)))
            _engine.judge(_contract, TRANSFORMS[_contract.entity])
for _item in repeatables():
    _item.checksum  # noqa: B018 - computed for the first time
for _model in build_order():
    temporary_reads(_model)
    render(_model.text)
    if _model.load is not Load.VIEW:
        count_statement(checks_of(_model))
        delta_of(_model)
