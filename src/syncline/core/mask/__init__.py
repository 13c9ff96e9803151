"""Secrets out, equality kept: what a run knows as secret, and objects that may be shown to anybody."""

from __future__ import annotations

from syncline.core.mask.bodies import MaskedBody, mask_pair, masked_again, masked_change, masked_paths
from syncline.core.mask.encodings import SHORTEST
from syncline.core.mask.fields import is_secret
from syncline.core.mask.known import secrets_of
from syncline.core.mask.masker import Masker
from syncline.core.mask.shapes import is_sensitive

__all__ = [
    "SHORTEST",
    "MaskedBody",
    "Masker",
    "is_secret",
    "is_sensitive",
    "mask_pair",
    "masked_again",
    "masked_change",
    "masked_paths",
    "secrets_of",
]
