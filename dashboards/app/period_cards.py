"""The cards of a period, of the whole account or of one media: what happened, against the period before."""

from dashboards.app import panels
from dashboards.app.figures import counted, newest, shared, summed
from dashboards.app.query import Choice, load_queries
from dashboards.app.reader import ask
from dashboards.app.table import Table


def period_cards(choice: Choice, days: Table, visitors: Table) -> None:
    """Show the cards.

    Args:
        choice: the period, the medias and the channels.
        days: the totals of the days of both periods.
        visitors: the visitors of the days of the period.
    """
    period = choice.period
    says = {name: query.definition for name, query in load_queries().items()}
    by_day = visitors.every_day(period).column("visitor_count")
    panels.cards(
        (
            ("Plays", summed(days, "play_count", period), says["day_totals"]("play_count")),
            ("Loads", summed(days, "load_count", period), says["day_totals"]("load_count")),
            (
                "Visitors",
                counted(ask("visitors_of_periods", choice), "visitor_count", by_day),
                says["visitors_of_periods"]("visitor_count"),
            ),
            (
                "Play rate",
                newest(ask("rate_days", choice), "play_rate", period),
                f"{says['rate_days']('play_rate')} The newest of the period.",
            ),
            ("Hours watched", summed(days, "hours_watched", period, "hours"), says["day_totals"]("hours_watched")),
            (
                "Engagement",
                shared(days, "percent_viewed_total", "measured_session_count", period),
                f"Mean share viewed by the period's sessions. {says['day_totals']('percent_viewed_total')}",
            ),
        ),
        f"the {period.length} days before ({period.previous.words})",
    )
