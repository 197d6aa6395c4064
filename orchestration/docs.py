"""`reelhouse docs`: the data dictionary. It is made of the model files; the warehouse is asked for checks alone."""

from pathlib import Path

from dashboards.dictionary.site import DocsReport, write
from orchestration.context import Context, Options
from orchestration.structure import check_stage


def write_docs(options: Options, out: Path, *, check: bool) -> DocsReport:
    """Write the site into a folder.

    Args:
        options: where the configuration is; without checks none is needed.
        out: the folder; it is empty, or holds such a site.
        check: whether all checks are run over all rows, so that the site shows what they found.

    Raises:
        ConfigurationError: the folder holds something else, or the warehouse to be checked is not there.
    """
    return write(out, check_stage(Context(options)) if check else None)
