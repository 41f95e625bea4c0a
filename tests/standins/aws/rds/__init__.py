"""RDS: instances, clusters, snapshots, versions and events that change with the world's clock.

``state.py`` is what there is, ``upgrades.py`` what it goes through, ``seed.py``
how a test puts it there; the other modules are the operations by subject.
"""

from . import catalog, events, instances, snapshots
from .service import RDS

__all__ = ["RDS", "catalog", "events", "instances", "snapshots"]
