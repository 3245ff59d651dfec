"""Digests and the Merkle tree. SM3 (GB/T 32905-2016) or SHA-256, by `settings.ZHIBEN_DIGEST`."""

import hashlib
from collections.abc import Iterable, Sequence

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


def inclusion_paths(algorithm: str, leaves: Sequence[bytes], wanted: Sequence[int]) -> dict[int, Path]:
    """For each wanted index its path to the root; the tree is made once for all of them."""
    tree = MerkleTree(algorithm)
    level = [tree.leaf_hash(leaf) for leaf in leaves]
    place = {index: index for index in wanted}
    paths: dict[int, list[tuple[str, str]]] = {index: [] for index in wanted}
    while len(level) > 1:
        for index, at in place.items():
            other = at ^ 1
            if other < len(level):
                paths[index].append(("left" if other < at else "right", level[other].hex()))
            place[index] = at >> 1
        pairs = len(level) // 2
        above = [tree.node_hash(level[2 * i], level[2 * i + 1]) for i in range(pairs)]
        # An odd node out is carried up unchanged, which gives exactly the tree of RFC 6962.
        level = above + level[2 * pairs :]
    return {index: tuple(path) for index, path in paths.items()}


def root_by_path(algorithm: str, leaf: bytes, path: Path) -> str:
    tree = MerkleTree(algorithm)
    node = tree.leaf_hash(leaf)
    for side, other in path:
        node = (
            tree.node_hash(bytes.fromhex(other), node) if side == "left" else tree.node_hash(node, bytes.fromhex(other))
        )
    return node.hex()
