"""ECS: services whose deployments go through their stages with the world's clock.

``state.py`` is what there is, ``fleet.py`` the tasks of one revision and what becomes of them,
``deployment.py`` what a service deployment goes through, ``hooks.py`` where it stops, ``seed.py``
how a test puts it there, ``orders.py`` what a test does to it; the other modules are the
operations by subject. Traffic lives in ``traffic.py`` beside this package: CodeDeploy moves the
same.
"""

from . import clusters, history, tasks
from .service import ECS

__all__ = ["ECS", "clusters", "history", "tasks"]
