"""The trades (安全行业) that an enterprise may belong to: the sectors of the catalogue of criteria."""

from functools import cache

from zhiben.modules.criteria.catalogue import catalogue


@cache
def known_trades() -> tuple[str, ...]:
    """In the order of the catalogue: 工贸-冶金, 工贸-有色 …"""
    return tuple(dict.fromkeys(entry.sector for entry in catalogue().criteria.values()))
