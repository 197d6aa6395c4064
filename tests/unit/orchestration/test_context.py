"""Where a configuration is found, and what its relative folders are relative to."""

from pathlib import Path

import pytest

from extract.errors import ConfigurationError
from orchestration.context import Context, Options, find_configuration


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, text: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "reelhouse.yaml"
    file.write_text(text)
    return file


def test_the_file_that_was_named_is_taken_before_all_others(here: Path) -> None:
    write(here), write(here / ".reelhouse")
    named = here / "other.yaml"
    assert find_configuration(Options(config=named, home=here / ".reelhouse")) == named


def test_a_named_home_is_taken_before_the_working_folder(here: Path) -> None:
    write(here)
    assert find_configuration(Options(home=write(here / "sandbox").parent)) == here / "sandbox" / "reelhouse.yaml"


def test_the_working_folder_is_taken_before_the_default_home(here: Path) -> None:
    write(here / ".reelhouse")
    assert find_configuration(Options()) == Path(".reelhouse/reelhouse.yaml")
    write(here)
    assert find_configuration(Options()) == Path("reelhouse.yaml")


def test_no_configuration_says_where_it_was_looked_for_and_what_to_type(here: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no reelhouse\.yaml nor \.reelhouse/reelhouse\.yaml.*reelhouse demo"):
        find_configuration(Options())


def test_a_named_home_without_a_configuration_is_not_replaced_by_another(here: Path) -> None:
    write(here)
    with pytest.raises(ConfigurationError, match=r"elsewhere/reelhouse\.yaml"):
        find_configuration(Options(home=Path("elsewhere")))


def test_folders_are_relative_to_the_file_and_other_addresses_stay(here: Path) -> None:
    file = write(here / "conf", "lake: file:lake\nwarehouse: redshift://host/dev\nwistia: {base_url: 'sandbox:.'}\n")
    settings = Context(Options(config=file)).settings
    assert settings.lake == f"file:{here}/conf/lake"
    assert settings.warehouse == "redshift://host/dev"
    assert settings.wistia
    assert settings.wistia.base_url == f"sandbox:{here}/conf"


def test_reading_the_settings_touches_nothing(here: Path) -> None:
    Context(Options(config=write(here / "conf")))
    assert list((here / "conf").iterdir()) == [here / "conf" / "reelhouse.yaml"]
