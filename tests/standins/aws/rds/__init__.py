"""RDS: instances, clusters, snapshots, versions and events that change with the world's clock.

``state.py`` is what there is, ``upgrades.py`` what it goes through, ``seed.py``
how a test puts it there; the other modules are the operations by subject.
"""

from . import (
    catalog,
    clusters,
    events,
    instances,
    maintenance,
    parameters,
    proxies,
    snapshots,
    tags,
)
from .service import RDS

__all__ = [
    "RDS",
    "catalog",
    "clusters",
    "events",
    "instances",
    "maintenance",
    "parameters",
    "proxies",
    "snapshots",
    "tags",
]
