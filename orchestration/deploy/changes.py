"""A change set in words: what comes, what goes, what is replaced, and above all what loses data. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

HOLDS_DATA = {
    "AWS::S3::Bucket": "objects",
    "AWS::RedshiftServerless::Namespace": "tables",
    "AWS::SecretsManager::Secret": "values",
}
_WORDS = {
    "Add": "is made",
    "Modify": "is changed",
    "Remove": "is removed",
    "Import": "is taken over",
    "Dynamic": "may change",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One change: the resource and its type, and what happens to it."""

    name: str
    kind: str
    words: str
    loses_data: bool


def in_words(changes: Iterable[Mapping[str, Any]]) -> tuple[Change, ...]:
    """Return the changes of `DescribeChangeSet`, those that lose data first."""
    found = [_change(item["ResourceChange"]) for item in changes if item.get("Type") == "Resource"]
    return tuple(sorted(found, key=lambda change: (not change.loses_data, change.name)))


def _change(change: Mapping[str, Any]) -> Change:
    kind = change["ResourceType"]
    words = _WORDS[change["Action"]]
    replaced = change.get("Replacement")
    is_kept = change.get("PolicyAction", "").startswith("Retain") or "Retain" in change.get("PolicyAction", "")
    goes = change["Action"] == "Remove" or replaced == "True"
    if replaced in {"True", "Conditional"}:
        words = "is replaced" if replaced == "True" else "may be replaced"
    if details := sorted(
        {item["Target"].get("Name") for item in change.get("Details", ()) if item["Target"].get("Name")}
    ):
        words += f" ({', '.join(details)})"
    loses = kind in HOLDS_DATA and not is_kept and (goes or replaced == "Conditional")
    if kind in HOLDS_DATA and goes:
        words += f", and its {HOLDS_DATA[kind]} are {'kept beside the stack' if is_kept else 'LOST'}"
    return Change(change["LogicalResourceId"], kind.removeprefix("AWS::"), words, loses)
