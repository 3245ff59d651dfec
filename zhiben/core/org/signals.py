"""News that the organisation sends to whoever keeps something derived from it, in the same transaction."""

from django.dispatch import Signal

staffing_changed = Signal()
"""Posts of some units were filled or emptied, or a unit answers to another. Arguments: `unit_ids: set[int]`, `now`.
What waits at a seat of these units, or climbed past them, may now wait elsewhere."""
