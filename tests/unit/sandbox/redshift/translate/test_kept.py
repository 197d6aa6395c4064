"""Translations kept on disk: the same in the next process, readable for who has the statement, never wrong."""

import json
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.redshift.names import TableName
from sandbox.redshift.remembered import Remembered
from sandbox.redshift.translate import kept, statement
from sandbox.redshift.translate.kept import Kept
from sandbox.redshift.translate.shown import NOTHING_SHOWN, Body, Shown
from sandbox.redshift.translate.statement import Translation, translate

_DOCUMENTS = st.dictionaries(
    st.binary(max_size=9), st.recursive(st.none() | st.integers() | st.text(), st.lists), max_size=9
)
_KEY = b"select * from viewer where email = 'ann@example.com'"
_CHAR = Shown({}, ("public",), frozenset(), kinds={TableName("mart", "t"): (("code", "char(3)"), ("n", ""))})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "translations.sqlite"


@given(documents=_DOCUMENTS)
def test_another_process_finds_what_was_put_last(
    documents: dict[bytes, object], tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("kept") / "translations.sqlite"
    one, other = Kept(file), Kept(file)
    for key, document in documents.items():
        one.put(key, "before")
        one.put(key, document)
    assert {key: other.get(key) for key in documents} == documents
    assert other.get(b"a key of ten bytes and more") is None


def test_who_has_not_the_statement_reads_nothing(file: Path) -> None:
    Kept(file).put(_KEY, {"sql": "SELECT * FROM viewer WHERE email = 'ann@example.com'"})
    said = b"".join(part.read_bytes() for part in file.parent.iterdir())
    assert not any(word in said for word in (b"ann@example", b"viewer", b"SELECT * FROM viewer"))
    ((place, hidden),) = sqlite3.connect(file).execute("SELECT place, hidden FROM kept")
    assert b"ann@example" not in place + hidden
    assert Kept(file).get(_KEY) == {"sql": "SELECT * FROM viewer WHERE email = 'ann@example.com'"}


def test_what_was_damaged_is_not_there(file: Path) -> None:
    made = Kept(file)
    made.put(_KEY, {"sql": "SELECT 1"})
    with sqlite3.connect(file) as opened:
        ((hidden,),) = opened.execute("SELECT hidden FROM kept")
    for position in range(len(hidden)):
        spoilt = bytearray(hidden)
        spoilt[position] ^= 1
        with sqlite3.connect(file) as opened:
            opened.execute("UPDATE kept SET hidden = ?", (bytes(spoilt),))
        assert made.get(_KEY) is None


@pytest.mark.parametrize("content", [b"", b"no database at all " * 300])
def test_a_file_that_is_no_database_is_as_if_nothing_were_kept(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    opened = Kept(file)
    opened.put(_KEY, 1)
    assert opened.get(_KEY) == (1 if content == b"" else None)


def test_a_folder_that_cannot_be_made_is_as_if_nothing_were_kept(file: Path) -> None:
    file.parent.write_text("a file in the place of the folder")
    opened = Kept(file)
    opened.put(_KEY, 1)
    assert opened.get(_KEY) is None


def test_the_oldest_move_out(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_TRIMMED_EVERY", 2)
    opened = Kept(file, most=3)
    for number in range(7):
        opened.put(b"%d" % number, number)
    assert [opened.get(b"%d" % number) for number in range(7)] == [None, None, None, None, 4, 5, 6]


@pytest.mark.parametrize(
    "sql",
    [
        "select a, count(*) from mart.t join #own using (a) where b = $1 group by 1",
        "insert into mart.t values (1, 2), (3, 4)",
        "insert into mart.t (code, n) select 'a', $1",
        "update mart.t set code = 'b' from other where other.n = t.n",
        """merge into mart.t using s on t.n = s.n when matched then update set code = s.code
        when not matched then insert (n) values (s.n)""",
        "select pg_terminate_backend(5), current_setting('a.b')",
        "select code, n from mart.t",
        "select * from mart.t",
    ],
)
def test_a_translation_is_what_it_was(sql: str) -> None:
    made = translate(sql, ("INTEGER",), _CHAR)
    assert Translation.of(json.loads(json.dumps(made.document()))) == made


def test_the_next_process_translates_nothing_anew(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def another_process(*, may_translate: bool) -> Translation:
        opened = Kept(file)
        monkeypatch.setattr(statement, "of_this_user", lambda: opened)
        monkeypatch.setattr(statement, "_REMEMBERED", Remembered(total=10_000, single=10_000))
        if not may_translate:
            monkeypatch.setattr(statement, "translate_tree", lambda *_: pytest.fail("it is translated again"))
        return translate("select code from mart.t", (), _CHAR)

    first = another_process(may_translate=True)
    assert another_process(may_translate=False) == first
    assert first.padded == {0: 3}


def _shown(text: str, path: tuple[str, ...] = ("public",), hidden: frozenset[str] = frozenset()) -> Shown:
    return Shown({TableName("mart", "v"): Body(text), TableName("mart", "w"): Body("select 1")}, path, hidden)


def test_what_is_shown_has_one_digest_wherever_it_is_made() -> None:
    turned = Shown(
        {TableName("mart", "w"): Body("select 1"), TableName("mart", "v"): Body("a")}, ("public",), frozenset()
    )
    assert turned.digest == _shown("a").digest
    others = [_shown("b"), _shown("a", ("mart",)), _shown("a", hidden=frozenset({"v"})), _CHAR, NOTHING_SHOWN]
    assert len({_shown("a").digest, *(other.digest for other in others)}) == 6
