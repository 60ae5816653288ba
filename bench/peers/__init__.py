"""Other ways to answer the same question, each as its users would set it up."""

from __future__ import annotations

from collections.abc import Callable

from .buy_till_you_die import bg_nbd, mbg_nbd, pareto_nbd
from .classifiers import hgb, hgb_pool, logreg, logreg_pool
from .past import Floats, Past
from .persistence import persist_2grp, persistence

Peer = Callable[[Past], Floats | None]
"""float64 (n,) probabilities of the members as of the question's day; None: nothing to say."""

PEERS: dict[str, Peer] = {
    "bg_nbd": bg_nbd,
    "mbg_nbd": mbg_nbd,
    "pareto_nbd": pareto_nbd,
    "logreg": logreg,
    "hgb": hgb,
    "logreg_pool": logreg_pool,
    "hgb_pool": hgb_pool,
    "persistence": persistence,
    "persist_2grp": persist_2grp,
}
