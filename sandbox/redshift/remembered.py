"""A cache bounded by the size of what is in it, not by its number."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Remembered(Generic[Key, Value]):
    """The values used last, as long as their weights are at most a total. Threads may share it."""

    def __init__(self, total: int, single: int) -> None:
        """Makes it empty.

        Args:
            total: the most that all values may weigh.
            single: the most that one may weigh; heavier ones are not kept at all.
        """
        self._total = total
        self._single = single
        self._weight = 0
        self._kept: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Value | None:
        """The value, or None if it is not kept."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def put(self, key: Key, value: Value, weight: int) -> None:
        """Keeps a value, and gives up those used longest ago for it."""
        if weight > self._single:
            return
        with self._lock:
            self._weight += weight - self._kept.pop(key, (None, 0))[1]
            self._kept[key] = (value, weight)
            while self._weight > self._total:
                _, (_, lost) = self._kept.popitem(last=False)
                self._weight -= lost
