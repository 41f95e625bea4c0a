"""What a simulator raises: an AWS error by its code."""

from __future__ import annotations

from typing import Any


class AwsError(Exception):
    """An error answer: AWS's code, the HTTP status, the sentence and what its shape also has."""

    def __init__(self, code: str, message: str, status: int = 400, **fields: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields


def invalid_combination(message: str) -> AwsError:
    """RDS's answer to arguments that do not fit each other or the resource (not in the model)."""
    return AwsError("InvalidParameterCombination", message)


def invalid_value(message: str) -> AwsError:
    """RDS's answer to an argument that is wrong by itself (not in the model)."""
    return AwsError("InvalidParameterValue", message)
