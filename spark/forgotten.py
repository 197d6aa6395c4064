"""Who asked to be forgotten: a log of keyed hashes in the lake, and what it says of a record.

Nothing here names a person: a key of a visitor, an address, an id of a user stand there as keyed hashes. A record is a
forgotten person's when a column that its contract marks with a ``subject`` holds one of them. The normaliser drops such
records whenever they come, so that nobody returns with a replay or with the next run.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from string import ascii_lowercase, ascii_uppercase
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from extract.errors import ConfigurationError, DataRefused
from extract.lake import Lake
from extract.manifest import Manifest, ManifestLog
from extract.privacy import KEY_VARIABLE, PrivacyKey
from spark.contracts import META, Column, Contract, load_contracts
from spark.grammar import TRIMMED
from spark.manifest import StagingManifest

Subject = Literal["visitor", "email", "user"]
SUBJECTS: tuple[Subject, ...] = get_args(Subject)
FORGOTTEN_LOG = "forgotten/_manifests/"
_SMALL = str.maketrans(ascii_uppercase, ascii_lowercase)
_TRIMMED = re.compile(TRIMMED)


class ForgetManifest(Manifest):
    """The commit point of a request to forget.

    ``hashes`` are what this request adds: by subject, keyed hashes.
    """

    hashes: dict[Subject, tuple[str, ...]]
    privacy_key: str
    """Fingerprint of the key of the hashes."""
    places: dict[str, tuple[tuple[int, int, int], ...]] = Field(default_factory=dict)
    """Stream -> raw places of lines that have the person in their text and do not tell so: no hash would find them."""
    refused: dict[str, str] = Field(default_factory=dict)
    """Landing files of which nothing was taken and that have the person in their text: key, and what manifests call
    the content that had it (``FileEntry.etag``). Nothing but what is recorded here would find them."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """All who are forgotten, up to a request.

    Attributes:
        upto: sequence of the last request; 0 where nobody ever asked.
        hashes: by subject.
        keys: under which these hashes were made; a key that was replaced is among them while a request names it.
        places: by stream, raw places of lines that do not tell whom they are about.
        refused: landing files of which nothing was taken, each as key and content.
    """

    upto: int = 0
    hashes: Mapping[Subject, frozenset[str]] = field(default_factory=dict)
    keys: tuple[PrivacyKey, ...] = ()
    places: Mapping[str, frozenset[tuple[int, int, int]]] = field(default_factory=dict)
    refused: frozenset[tuple[str, str]] = frozenset()

    def has(self, subject: Subject, hashed: str) -> bool:
        """Whether a hash is of somebody who is forgotten."""
        return hashed in self.hashes.get(subject, ())

    def knows(self, subject: Subject, text: str) -> bool:
        """Whether a text, in the clear, is what somebody who is forgotten was known by."""
        return subject in self.hashes and any(self.has(subject, hash_of(key, subject, text)) for key in self.keys)


NOBODY = Forgotten()


def forgotten_log(lake: Lake) -> ManifestLog[ForgetManifest]:
    """Return the log of requests."""
    return ManifestLog(lake, FORGOTTEN_LOG, ForgetManifest)


def read_forgotten(lake: Lake, key: PrivacyKey) -> Forgotten:
    """Return who is forgotten.

    Args:
        lake: where the requests are recorded.
        key: the key, with those of before under which requests were recorded.

    Raises:
        ConfigurationError: a request was recorded under a key that is missing, so that nobody of it could be known.
    """
    ring = {one.fingerprint: one for one in key.ring}
    used: dict[str, PrivacyKey] = {}
    hashes: dict[Subject, set[str]] = {subject: set() for subject in SUBJECTS}
    places: dict[str, set[tuple[int, int, int]]] = {}
    refused: set[tuple[str, str]] = set()
    upto = 0
    for manifest in forgotten_log(lake).after(0):
        if manifest.privacy_key not in ring:
            raise ConfigurationError(
                f"request {manifest.sequence} to forget somebody was recorded under the privacy key with the "
                f"fingerprint {manifest.privacy_key}, and what is given are {', '.join(ring)}: who is forgotten could "
                f"not be known again. Nothing was touched; write that key behind the new one, after a blank, in "
                f"{KEY_VARIABLE} or its secret, and keep it there"
            )
        used[manifest.privacy_key] = ring[manifest.privacy_key]
        upto = manifest.sequence
        for subject, found in manifest.hashes.items():
            hashes[subject].update(found)
        for stream, lines in manifest.places.items():
            places.setdefault(stream, set()).update(lines)
        refused.update(manifest.refused.items())
    return Forgotten(
        upto,
        {subject: frozenset(found) for subject, found in hashes.items() if found},
        tuple(used.values()),
        {stream: frozenset(found) for stream, found in places.items()},
        frozenset(refused),
    )


def hash_of(key: PrivacyKey, subject: Subject, text: str) -> str:
    """Return the keyed hash by which somebody is known; of an address as it stands in ``email_hash``."""
    return key.hash(plain_text(subject, text))


def plain_text(subject: Subject, text: str) -> str:
    """Return a text in the form that is hashed: without white space around it, an address in small letters."""
    found = _TRIMMED.fullmatch(text)
    plain = found[1] if found else text
    return plain.translate(_SMALL) if subject == "email" else plain


def personal_contracts() -> Iterator[Contract]:
    """Yield the contracts of whose records persons are the subject."""
    return (contract for contract in load_contracts().values() if subject_columns(contract))


def subject_columns(contract: Contract) -> list[tuple[Column, Subject]]:
    """Return the columns that say whom a record is about."""
    return [(column, column.subject) for column in contract.mapped if column.subject]


def subjects_of(contract: Contract, record: Any) -> Iterator[tuple[Subject, str]]:
    """Yield whom a raw record is about, in the clear: of each column that says it the text, where there is one.

    Args:
        contract: of its stream.
        record: as JSON has it, numbers as their own text.
    """
    for column, subject in subject_columns(contract):
        for path in column.path:
            value = None if path.startswith(META) else _at(record, path.split("."))
            if isinstance(value, str) and value:
                yield subject, value
                break


def tells_whom(contract: Contract, record: Any) -> bool:
    """Tell whether whom a raw record is about can be read: it is an object, and where it should tell, text stands."""
    paths = (path.split(".") for column, _ in subject_columns(contract) for path in column.path)
    return isinstance(record, dict) and all(_is_text_at(record, path) for path in paths if f"{path[0]}." != META)


def is_theirs(contract: Contract, record: Any, forgotten: Forgotten) -> bool:
    """Tell whether a raw record is about somebody who is forgotten."""
    return any(forgotten.knows(subject, text) for subject, text in subjects_of(contract, record))


def merged(some: Iterable[Mapping[Subject, Sequence[str]]]) -> dict[Subject, tuple[str, ...]]:
    """Return hashes by subject, each once and in order."""
    found: dict[Subject, set[str]] = {}
    for hashes in some:
        for subject, texts in hashes.items():
            found.setdefault(subject, set()).update(texts)
    return {subject: tuple(sorted(texts)) for subject, texts in sorted(found.items())}


def _is_text_at(value: Any, names: Sequence[str]) -> bool:
    """Whether text stands at a path, or nothing."""
    for name in names:
        if value is None:
            return True
        if not isinstance(value, dict):
            return False
        value = value.get(name)
    return value is None or isinstance(value, str)


def _at(value: Any, names: Sequence[str]) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


class Freed(BaseModel):
    """How far the lake is freed of those who are forgotten: a mark that may be lost, and costs a second look then.

    Attributes:
        upto: the request up to which all were erased.
        raw: stream -> last raw manifest that was looked into for all of them.
        staging: the last load that was.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    upto: int = 0
    raw: dict[str, int] = Field(default_factory=dict)
    staging: int = 0

    def covers(self, manifest: StagingManifest, newest_request: int) -> bool:
        """Whether a load holds nobody who is forgotten: made when all requests were known, or looked into since."""
        known = manifest.forgotten_upto >= newest_request
        return known or (self.upto >= newest_request and manifest.sequence <= self.staging)


_FREED = "forgotten/_freed.json"


def read_freed(lake: Lake) -> Freed:
    """Return how far the lake is freed."""
    try:
        return Freed.model_validate_json(lake.get(_FREED))
    except (DataRefused, ValidationError):
        return Freed()


def write_freed(lake: Lake, freed: Freed) -> None:
    """Remember how far the lake is freed."""
    lake.put(_FREED, freed.model_dump_json().encode())
