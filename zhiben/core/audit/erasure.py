"""Values that may have to be erased (个人信息保护法第四十七条) enter the trail as digests, not as themselves.

When the value is erased from its record the trail still verifies, and to whoever knows the value still proves it.
"""

import hmac
from typing import Any

from .canonical import to_json
from .digest import current_algorithm
from .keys import erasure_key


def sealed(value: Any) -> str:
    """
    A keyed digest to write in place of the value: `sealed:sm3:9f86d0…`. Equal values give equal digests.
    """
    return _sealed(value, current_algorithm())


def is_sealed(value: Any, digest: str) -> bool:
    """Whether this value is the one that was sealed."""
    algorithm = digest.split(":")[1]
    return hmac.compare_digest(_sealed(value, algorithm), digest)


def _sealed(value: Any, algorithm: str) -> str:
    return f"sealed:{algorithm}:{hmac.new(erasure_key(), to_json(value).encode(), algorithm).hexdigest()}"
