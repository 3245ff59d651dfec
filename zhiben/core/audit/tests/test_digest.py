"""The Merkle tree, against a slow reading of RFC 6962 §2.1."""

import hashlib

import pytest

from zhiben.core.audit.digest import MerkleTree, digest_text, inclusion_paths, merkle_root, root_by_path


def as_in_the_rfc(leaves: list[bytes], algorithm: str) -> bytes:
    def digest(data: bytes) -> bytes:
        return hashlib.new(algorithm, data).digest()

    if not leaves:
        return digest(b"")
    if len(leaves) == 1:
        return digest(b"\x00" + leaves[0])
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return digest(b"\x01" + as_in_the_rfc(leaves[:split], algorithm) + as_in_the_rfc(leaves[split:], algorithm))


@pytest.mark.parametrize("algorithm", ["sm3", "sha256"])
@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 7, 8, 13, 64, 100])
def test_the_root_is_that_of_the_rfc(algorithm, size):
    leaves = [f"{n}".encode() for n in range(size)]
    assert merkle_root(algorithm, leaves) == as_in_the_rfc(leaves, algorithm).hex()


@pytest.mark.parametrize("size", [1, 2, 3, 6, 11, 32])
def test_every_leaf_has_a_path_to_the_root(size):
    leaves = [f"{n}".encode() for n in range(size)]
    root = merkle_root("sm3", leaves)
    paths = inclusion_paths("sm3", leaves, {*leaves, b"not there"})
    assert paths.keys() == set(leaves)
    assert all(root_by_path("sm3", leaf, path) == root for leaf, path in paths.items())
    assert root_by_path("sm3", b"another", paths[leaves[0]]) != root


def test_a_leaf_cannot_be_passed_off_as_a_node():
    tree = MerkleTree("sha256")
    left, right = tree.leaf_hash(b"a"), tree.leaf_hash(b"b")
    assert merkle_root("sha256", [left + right]) != merkle_root("sha256", [b"a", b"b"])


def test_sm3_is_that_of_the_standard():
    """GB/T 32905-2016, annex A.1."""
    assert digest_text("sm3", "abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
