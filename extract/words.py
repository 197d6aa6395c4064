"""Words for people, which every stage uses."""


def counted(number: int, noun: str) -> str:
    """Return a number with what it counts: ``1 file``, ``1,200 files``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
