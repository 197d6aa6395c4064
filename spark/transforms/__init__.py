"""Transforms: leaf frames in, typed rows out, in the part of PySpark's API that all engines share."""
