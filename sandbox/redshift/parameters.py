"""Parameters of a session ("Configuration reference"), and how the functions that ask for one name its value."""

from collections.abc import Mapping

DEFAULTS = {
    "analyze_threshold_percent": "10",
    "application_name": "",
    "client_encoding": "UTF8",
    "datestyle": "ISO, MDY",
    "default_array_search_null_handling": "true",
    "enable_case_sensitive_identifier": "off",
    "enable_result_cache_for_session": "on",
    "error_on_nondeterministic_update": "false",
    "extra_float_digits": "0",
    "max_cursor_result_set_size": "0",
    "query_group": "default",
    "readonly": "off",
    "search_path": '"$user", public',
    "server_version": "8.0.2",
    "statement_timeout": "0",
    "timezone": "UTC",
    "transaction_isolation": "",
    "wlm_query_slot_count": "1",
}


def value_name(parameter: str, *, needed: bool) -> str:
    """The name under which a statement is given the value of a parameter, or of a variable of the session."""
    return ("s_need_" if needed else "s_set_") + parameter.lower().replace(".", "__dot__")


def named_values(settings: Mapping[str, str]) -> dict[str, str | None]:
    """All values by those names."""
    return {value_name(name, needed=needed): value for name, value in settings.items() for needed in (False, True)}
