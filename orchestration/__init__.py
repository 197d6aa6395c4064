"""When things run, in which order, with which settings and rights; the command line."""
