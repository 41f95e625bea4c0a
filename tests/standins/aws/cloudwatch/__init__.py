"""CloudWatch: alarms whose state a test sets, and whom they tell of it.

``state.py`` is what there is and what an alarm says, ``views.py`` how it is shown and told,
``service.py`` the operations, ``orders.py`` what a test does.
"""

from .service import CLOUDWATCH

__all__ = ["CLOUDWATCH"]
