"""Slack's own Python SDK as a judge of messages, forms and signatures.

Reads {"messages": [...], "signatures": [...]} from standard input and writes a JSON list of complaints.
A message is {"blocks": [...]} or a view; a signature is {"secret", "timestamp", "body", "signature"}.
"""

import json
import sys

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View
from slack_sdk.signature import Clock, SignatureVerifier

# Keys of views that the SDK's model does not know, though its reference documents them.
UNMODELLED = {"submit_disabled"}


class Then(Clock):
    """The moment a signature is for."""

    def __init__(self, timestamp):
        self.timestamp = timestamp

    def now(self):
        return float(self.timestamp)


def lost(given, kept, at):
    """What the SDK dropped of `given` because it knows no such key."""
    if isinstance(given, dict) and isinstance(kept, dict):
        for key, value in given.items():
            if value is None or value == [] or key in UNMODELLED:
                continue
            if key not in kept:
                yield f"{at}: unknown key {key}"
            else:
                yield from lost(value, kept[key], f"{at}/{key}")
    elif isinstance(given, list) and isinstance(kept, list):
        if len(given) != len(kept):
            yield f"{at}: {len(given)} items, the SDK kept {len(kept)}"
        for index, (one, other) in enumerate(zip(given, kept)):
            yield from lost(one, other, f"{at}/{index}")


def judged(parse, given, at):
    """Complaints about one block or view."""
    try:
        parsed = parse()
        if parsed is None:
            return [f"{at}: unknown type {given.get('type')}"]
        parsed.validate_json()
        return list(lost(given, parsed.to_dict(), at))
    except (SlackObjectFormationError, TypeError) as error:
        return [f"{at}: {error}"]


def message(given, at):
    if given.get("type") in ("modal", "home"):
        return judged(lambda: View(**given), given, at)
    complaints = []
    for index, block in enumerate(given.get("blocks") or []):
        complaints += judged(lambda: Block.parse(block), block, f"{at}/blocks/{index}")
    return complaints


def signature(given, at):
    verifier = SignatureVerifier(given["secret"], Then(given["timestamp"]))
    right = verifier.is_valid(given["body"], given["timestamp"], given["signature"])
    return [] if right else [f"{at}: wrong signature"]


def main():
    given = json.load(sys.stdin)
    complaints = []
    for index, one in enumerate(given.get("messages", [])):
        complaints += message(one, f"/messages/{index}")
    for index, one in enumerate(given.get("signatures", [])):
        complaints += signature(one, f"/signatures/{index}")
    json.dump(complaints, sys.stdout)


main()
