"""What differs from account to account; nothing of it is secret."""

from collections.abc import Mapping
from dataclasses import dataclass, field


def asset_id(prefix: str, name: str) -> str:
    """Return the id of an asset of ours."""
    return f"{prefix}-{name.replace('_', '-')}"


@dataclass(frozen=True, slots=True)
class Installation:
    """Where QuickSight stands, what it reads, and who may see what.

    Attributes:
        account: the AWS account id, of twelve digits.
        region: of QuickSight's assets.
        partition: ``aws`` nearly everywhere.
        host: of the warehouse.
        database: of the warehouse.
        secret_arn: the secret with user and password of a member of ``reelhouse_dashboard``.
        vpc_connection_arn: QuickSight's way into the subnets of the warehouse.
        port: of the warehouse.
        readers: ARNs of QuickSight groups that may look at the dashboard.
        authors: ARNs of QuickSight groups that may change the analysis.
        access: QuickSight group -> channels that it sees; no channels means all of them. Who is in none sees no row.
        prefix: of all ids, so that two installations may share an account.
    """

    account: str
    region: str
    host: str
    database: str
    secret_arn: str
    vpc_connection_arn: str
    partition: str = "aws"
    port: int = 5439
    readers: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    access: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    prefix: str = "reelhouse"

    def id_of(self, name: str) -> str:
        """Return the id of an asset."""
        return asset_id(self.prefix, name)

    def arn(self, kind: str, name: str) -> str:
        """Return the ARN of an asset of ours; ``kind`` as ARNs write it: datasource, dataset, theme."""
        return f"arn:{self.partition}:quicksight:{self.region}:{self.account}:{kind}/{self.id_of(name)}"
