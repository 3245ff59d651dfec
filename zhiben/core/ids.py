"""Identifiers of records that are made offline or travel between systems."""

import uuid

import uuid_utils.compat


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562): unique everywhere, and rows made one after another lie side by side in the index."""
    return uuid_utils.compat.uuid7()


def secret_id() -> uuid.UUID:
    """A UUIDv4: for records whose time of making is a secret (unannounced visits, disclosures)."""
    return uuid.uuid4()
