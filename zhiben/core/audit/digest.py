"""Digests and the Merkle tree. SM3 (GB/T 32905-2016) or SHA-256, by `settings.ZHIBEN_DIGEST`."""

import hashlib
from collections.abc import Collection, Iterable

from django.conf import settings

ALGORITHMS = ("sm3", "sha256")

LEAF, NODE = b"\x00", b"\x01"
"""Prefixes of RFC 6962 §2.1: without them the root of a sub-tree could be passed off as a leaf."""


def current_algorithm() -> str:
    return settings.ZHIBEN_DIGEST


def new_hash(algorithm: str) -> "hashlib._Hash":
    """An empty hash. Copying it is far cheaper than looking the algorithm up anew for each line."""
    if algorithm not in ALGORITHMS:
        raise ValueError(f"unknown digest {algorithm!r}")
    return hashlib.new(algorithm)


def digest_text(algorithm: str, text: str) -> str:
    hasher = new_hash(algorithm)
    hasher.update(text.encode())
    return hasher.hexdigest()


class MerkleTree:
    """
    The root over leaves given one by one, keeping only log2(n) nodes.
    The tree is that of RFC 6962: n leaves split at the largest power of two below n.
    """

    def __init__(self, algorithm: str) -> None:
        self._empty = new_hash(algorithm)
        self._leaf = self._empty.copy()
        self._leaf.update(LEAF)
        self._node = self._empty.copy()
        self._node.update(NODE)
        self._peaks: list[bytes] = []
        self.size = 0

    def leaf_hash(self, leaf: bytes) -> bytes:
        hasher = self._leaf.copy()
        hasher.update(leaf)
        return hasher.digest()

    def node_hash(self, left: bytes, right: bytes) -> bytes:
        hasher = self._node.copy()
        hasher.update(left + right)
        return hasher.digest()

    def add(self, leaf: bytes) -> None:
        node = self.leaf_hash(leaf)
        size = self.size
        while size & 1:
            node = self.node_hash(self._peaks.pop(), node)
            size >>= 1
        self._peaks.append(node)
        self.size += 1

    def root(self) -> str:
        """Hex. The root of no leaves is the digest of nothing."""
        if not self._peaks:
            return self._empty.hexdigest()
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = self.node_hash(peak, node)
        return node.hex()


def merkle_root(algorithm: str, leaves: Iterable[bytes]) -> str:
    tree = MerkleTree(algorithm)
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


Path = tuple[tuple[str, str], ...]
"""From a leaf to the root: ("left" | "right", hex) is the side on which the other node stands."""


def inclusion_paths(algorithm: str, leaves: Iterable[bytes], wanted: Collection[bytes]) -> dict[bytes, Path]:
    """For each wanted leaf that is there its path to the root. One pass over the leaves, which are all different."""
    tree = MerkleTree(algorithm)
    paths: dict[bytes, list[tuple[str, str]]] = {}
    peaks: list[tuple[int, bytes, list[bytes]]] = []  # how many leaves, the node over them, the wanted among them

    def join_last_two() -> None:
        right_size, right, in_right = peaks.pop()
        left_size, left, in_left = peaks.pop()
        for leaf in in_left:
            paths[leaf].append(("right", right.hex()))
        for leaf in in_right:
            paths[leaf].append(("left", left.hex()))
        peaks.append((left_size + right_size, tree.node_hash(left, right), in_left + in_right))

    for leaf in leaves:
        if leaf in wanted:
            paths[leaf] = []
        peaks.append((1, tree.leaf_hash(leaf), [leaf] if leaf in wanted else []))
        while len(peaks) > 1 and peaks[-1][0] == peaks[-2][0]:
            join_last_two()
    while len(peaks) > 1:
        join_last_two()
    return {leaf: tuple(path) for leaf, path in paths.items()}


def root_by_path(algorithm: str, leaf: bytes, path: Path) -> str:
    tree = MerkleTree(algorithm)
    node = tree.leaf_hash(leaf)
    for side, other in path:
        node = (
            tree.node_hash(bytes.fromhex(other), node) if side == "left" else tree.node_hash(node, bytes.fromhex(other))
        )
    return node.hex()
