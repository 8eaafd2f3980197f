"""The daily comparison (对账) of what we say a partner got from us with what it says it has, and what follows.

ours: delivered that day ──┐
                           ├─► compare ─► agree        nothing
theirs: its own list ──────┘             missing      sent again under the same id, a few times, then a person is told
   (a day to each side, before           closed       an open delivery that it has: its word is the receipt
    anything counts as missing)          undelivered  it has what we gave up: a person is told
                                         differs      it has other contents: a person is told, nothing is sent
                                         unknown      it has what we never sent: a person is told

The other side can compare too: ``own_holdings`` tells a partner what we hold from it.
"""

from gateway.reconciliation.comparison import Comparison, Finding, compare
from gateway.reconciliation.daily import Daily
from gateway.reconciliation.days import bounds, day_of
from gateway.reconciliation.own_holdings import OwnHoldings
from gateway.reconciliation.reconciler import Reconciler

__all__ = ["Comparison", "Daily", "Finding", "OwnHoldings", "Reconciler", "bounds", "compare", "day_of"]
