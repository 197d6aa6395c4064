"""`reelhouse cost`: what is typed, and what is shown."""

import click

from orchestration.context import Context, Options
from orchestration.options import command_options
from orchestration.output import print_json, print_table


class JobSeconds(click.ParamType[tuple[str, float]]):
    """A job and its seconds: ``extract=120``."""

    name = "job=seconds"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float]:
        """Read the text of an option."""
        job, _, text = str(value).partition("=")
        try:
            seconds = float(text)
        except ValueError:
            seconds = -1.0
        if not 0 <= seconds < float("inf"):
            self.fail(f"{value!r} is not a job and its seconds, such as extract=120", param, ctx)
        return job, seconds


@click.command()
@click.option("--job", "jobs", type=JobSeconds(), multiple=True, help="Instead of the last runs: seconds of a job.")
@click.option(
    "--runs-per-day", type=click.FloatRange(min=0), default=1.0, help="With --job: how often all of them run."
)
@click.option("--lake-gb", type=click.FloatRange(min=0), default=0.0, help="With --job: what the lake holds.")
@click.option("--environment", default="production", help="Whose warehouse.  [default: production]")
@command_options
def cost(
    options: Options,
    jobs: tuple[tuple[str, float], ...],
    runs_per_day: float,
    lake_gb: float,
    environment: str,
) -> None:
    """Estimate what a day and a month on AWS cost, and show the two biggest levers; the warehouse is not woken."""
    from extract.errors import ConfigurationError
    from orchestration.cost import DAYS_A_MONTH, bill, given_usage, levers, load_prices, read_usage
    from orchestration.deploy.release import load_environments

    if environment not in load_environments():
        raise ConfigurationError(f"--environment: there are {', '.join(load_environments())}")
    rpus, function = (where := load_environments()[environment]).base_capacity, where.extract_with == "lambda"
    if jobs:
        usage = given_usage(dict(jobs), runs_per_day, rpus, lake_gb, extracts_with_lambda=function)
    else:
        usage = read_usage(Context(options).lake, rpus, extracts_with_lambda=function)
    prices = load_prices()
    lines, ways = bill(usage, prices), levers(usage, prices)[:2]
    day = sum(line.day for line in lines)
    if options.as_json:
        print_json({"prices": str(prices["dated"]), "lines": list(lines), "day": day, "levers": ways})
        return
    rows = [(line.part, f"{line.day:.3f}", f"{line.day * DAYS_A_MONTH:.2f}", line.basis) for line in lines]
    rows.append(("all", f"{day:.3f}", f"{day * DAYS_A_MONTH:.2f}", ""))
    print_table(("part", "USD a day", "USD a month", "from"), rows)
    click.echo(f"\nPrices of {prices['region']} as of {prices['dated']}: orchestration/prices.yaml")
    for lever in ways:
        click.echo(f"lever: {lever.what}; saves {lever.saves:.2f} USD a month")
