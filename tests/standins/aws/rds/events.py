"""DescribeEvents: what happened, for the 14 days AWS keeps it."""

from __future__ import annotations

from datetime import timedelta

from ..errors import invalid_combination
from ..simulator import Context, Params
from . import views
from .paging import answer, page
from .service import RDS, here

_KEPT = timedelta(days=14)


@RDS.operation("DescribeEvents")
def describe_events(context: Context, params: Params) -> Params:
    """Events of the last hour, or of the time asked for, oldest first."""
    region = here(context)
    source, kind = params.get("SourceIdentifier"), params.get("SourceType")
    if source and not kind:
        raise invalid_combination("SourceType must be supplied if SourceIdentifier is supplied.")
    until = params.get("EndTime", region.now)
    since = params.get("StartTime", until - timedelta(minutes=params.get("Duration", 60)))
    if since > until:
        raise invalid_combination("The start time must be before the end time.")
    since = max(since, region.now - _KEPT)
    categories = set(params.get("EventCategories", []))
    found = [
        event
        for event in region.events
        if since <= event.date <= until
        and (source is None or event.source == source.lower())
        and (kind is None or event.source_type == kind)
        and (not categories or categories & set(event.categories))
    ]
    shown, marker = page(found, params)
    return answer("Events", [views.event(event) for event in shown], marker)
