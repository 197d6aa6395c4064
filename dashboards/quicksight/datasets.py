"""The data source and the datasets, as QuickSight is asked for them."""

from typing import Any

from dashboards.quicksight.columns import columns_in, stacked
from dashboards.quicksight.declaration import Dataset, load_declaration
from dashboards.quicksight.installation import Installation

SOURCE, RULES = "warehouse", "channel_access"
SECURED_BY = "channel_name"
GROUP = "GroupName"
READ = (
    "quicksight:DescribeDataSet",
    "quicksight:DescribeDataSetPermissions",
    "quicksight:PassDataSet",
    "quicksight:DescribeIngestion",
    "quicksight:ListIngestions",
)


def data_source(installation: Installation) -> dict[str, Any]:
    """Return the request for the warehouse as a data source: through the VPC, over TLS, as the secret's user."""
    return {
        "AwsAccountId": installation.account,
        "DataSourceId": installation.id_of(SOURCE),
        "Name": "reelhouse warehouse",
        "Type": "REDSHIFT",
        "DataSourceParameters": {
            "RedshiftParameters": {
                "Host": installation.host,
                "Port": installation.port,
                "Database": installation.database,
            }
        },
        "Credentials": {"SecretArn": installation.secret_arn},
        "VpcConnectionProperties": {"VpcConnectionArn": installation.vpc_connection_arn},
        "SslProperties": {"DisableSsl": False},
    }


def dataset(installation: Installation, name: str) -> dict[str, Any]:
    """Return the request for a dataset: all columns of its mart, or some of several marts."""
    declared = load_declaration().datasets[name]
    columns = [{"Name": column, "Type": kind} for column, kind in columns_in(declared).items()]
    table: dict[str, Any] = {"DataSourceArn": installation.arn("datasource", SOURCE)}
    if declared.parts:
        custom = {"Name": name, "SqlQuery": stacked(declared.parts), "Columns": columns}
        request = _request(installation, name, f"reelhouse {name}", {"CustomSql": table | custom})
    else:
        whole = {"Schema": "mart", "Name": declared.mart, "InputColumns": columns}
        request = _request(installation, name, f"reelhouse {declared.mart}", {"RelationalTable": table | whole})
    request["ImportMode"] = "SPICE" if declared.spice else "DIRECT_QUERY"
    if declared.secured and installation.access:
        request["RowLevelPermissionDataSet"] = {
            "Arn": installation.arn("dataset", RULES),
            "PermissionPolicy": "GRANT_ACCESS",
            "FormatVersion": "VERSION_1",
            "Status": "ENABLED",
        }
    return request


def rules(installation: Installation) -> dict[str, Any]:
    """Return the request for the dataset that says which group sees which channels.

    A value is a list that commas divide, and an empty one means all; who stands in no row sees nothing ("Using
    row-level security with user-based rules", Amazon QuickSight User Guide). Names stand in a statement, so quotes in
    them are doubled; a comma would divide a name, and is refused.

    Raises:
        ValueError: the name of a channel holds a comma.
    """
    names = [channel for channels in installation.access.values() for channel in channels]
    if divided := [name for name in names if "," in name]:
        raise ValueError(f"access: the channel {divided[0]!r} holds a comma, which would divide it")
    rows = "\nunion all\n".join(
        f'select cast({_text(group)} as varchar(256)) as "{GROUP}", '
        f"cast({_text(','.join(channels))} as varchar(2047)) as {SECURED_BY}"
        for group, channels in sorted(installation.access.items())
    )
    statement = {
        "DataSourceArn": installation.arn("datasource", SOURCE),
        "Name": RULES,
        "SqlQuery": rows,
        "Columns": [{"Name": GROUP, "Type": "STRING"}, {"Name": SECURED_BY, "Type": "STRING"}],
    }
    request = _request(installation, RULES, "reelhouse: who sees which channels", {"CustomSql": statement})
    return request | {"ImportMode": "SPICE", "UseAs": "RLS_RULES"}


def refresh_properties(installation: Installation, name: str, declared: Dataset) -> dict[str, Any] | None:
    """Return the request for the window that an incremental refresh reads again; None where it reads all."""
    if declared.incremental is None:
        return None
    window = {"ColumnName": declared.incremental.column, "Size": declared.incremental.days, "SizeUnit": "DAY"}
    return {
        "AwsAccountId": installation.account,
        "DataSetId": installation.id_of(name),
        "DataSetRefreshProperties": {"RefreshConfiguration": {"IncrementalRefresh": {"LookbackWindow": window}}},
    }


def _request(installation: Installation, name: str, title: str, table: dict[str, Any]) -> dict[str, Any]:
    request: dict[str, Any] = {
        "AwsAccountId": installation.account,
        "DataSetId": installation.id_of(name),
        "Name": title,
        "PhysicalTableMap": {"mart": table},
    }
    if installation.authors:
        request["Permissions"] = [{"Principal": arn, "Actions": list(READ)} for arn in installation.authors]
    return request


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
