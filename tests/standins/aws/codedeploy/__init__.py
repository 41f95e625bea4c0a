"""CodeDeploy for ECS: blue/green deployments with their waits, stops and rollbacks.

``state.py`` is what there is, ``life.py`` what a deployment goes through, ``seed.py`` how a group
comes to be with its service; the other modules are the operations by subject. Tasks are those of
``ecs/fleet.py`` and traffic is that of ``traffic.py``, so ECS and Elastic Load Balancing show the
same.
"""

from . import deployments, groups
from .service import CODEDEPLOY

__all__ = ["CODEDEPLOY", "deployments", "groups"]
