"""How often each query was right: the outcomes that people signed, counted by query."""

from collections import defaultdict
from dataclasses import dataclass
from math import sqrt

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.ledger import Lead

NORMAL_95 = 1.959964
"""The normal quantile of a two-sided interval of 95 %."""


@dataclass(frozen=True)
class Precision:
    """Closed leads of a query by outcome. A lead that came from wrong data pointed at somebody wrongly, so it counts as not right."""

    true: int = 0
    partly: int = 0
    untrue: int = 0
    data_error: int = 0

    @property
    def closed(self) -> int:
        return self.true + self.partly + self.untrue + self.data_error

    @property
    def right(self) -> int:
        """Substantiated, wholly or in part."""
        return self.true + self.partly

    @property
    def share(self) -> float | None:
        """Right ones among the closed; None where none is closed."""
        return self.right / self.closed if self.closed else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the share by E. B. Wilson (1927), which holds for few leads too."""
        if not self.closed:
            return None
        n, p, z = self.closed, self.right / self.closed, NORMAL_95
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return max(0.0, middle - half), min(1.0, middle + half)


def precisions(session: Session) -> dict[str, Precision]:
    """Query id → its outcomes over the whole county; a query without a closed lead is left out."""
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    closed = (
        select(Lead.query, Lead.outcome, func.count()).where(Lead.state == "closed").group_by(Lead.query, Lead.outcome)
    )
    for query, outcome, number in session.execute(closed):
        counts[query][outcome or "untrue"] = number
    return {query: Precision(**each) for query, each in counts.items()}
