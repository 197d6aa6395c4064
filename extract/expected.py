"""What an answer must hold to be believed: one that is well formed may still lack rows that have to be there. Pure.

A source in trouble answers 200 and ``[]`` as well as 500. Such an answer is broken like one that was cut, and is asked
for again; what then is still not answered leaves its stream or its member where it stood.
"""

from collections.abc import Callable
from datetime import date, timedelta

from extract.records import Element, LackingBody
from extract.stream import instant_of

Parse = Callable[[bytes], list[Element]]


def some_rows(parse: Parse) -> Parse:
    """Return what reads a list that has shown rows before and cannot have lost them all.

    It raises LackingBody where there are none.
    """

    def read(body: bytes) -> list[Element]:
        if not (elements := parse(body)):
            raise LackingBody("no rows, although there were some before")
        return elements

    return read


def every_day(parse: Parse, field: str, start: date, end: date) -> Parse:
    """Return what reads a row a day, quiet days too.

    It raises LackingBody where days are missing. The last one may be: whether the source's day has begun depends on its
    time zone. A row that tells no day may be the one that is missing.

    Args:
        parse: from the body to its rows.
        field: of the date.
        start: the first day that was asked for.
        end: the last one.
    """
    wanted = {start + timedelta(days=number) for number in range((end - start).days)}

    def read(body: bytes) -> list[Element]:
        elements = parse(body)
        days = [instant_of(element.parsed, field) for element in elements]
        missing = len(wanted - {day.date() for day in days if day})
        if missing > days.count(None):
            raise LackingBody(f"{missing} of {len(wanted) + 1} days are missing")
        return elements

    return read
