"""`reelhouse docs`: the data dictionary. It is made of the model files; what checks found last is noted in the lake."""

from pathlib import Path

from dashboards.dictionary.site import DocsReport, write
from extract.errors import ConfigurationError
from orchestration.context import Context, Options, find_configuration
from warehouse_sql.check_log import LastResult, last_results


def write_docs(options: Options, out: Path) -> DocsReport:
    """Write the site into a folder; the warehouse is not asked.

    Args:
        options: where the configuration is, whose lake has the last results of checks; where none is named and none
            around, the site has none of them.
        out: the folder; it is empty, or holds such a site.

    Raises:
        ConfigurationError: the folder holds something else, or the configuration that is named is wrong.
    """
    return write(out, _results(options))


def _results(options: Options) -> tuple[LastResult, ...]:
    try:
        find_configuration(options)
    except ConfigurationError:
        if options.home:
            raise
        return ()
    context = Context(options)
    return last_results(context.lake, context.settings.warehouse)
