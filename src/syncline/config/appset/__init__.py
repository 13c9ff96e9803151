"""Argo CD's `ApplicationSet`: from one document to many Applications, without asking anybody anything.

What a set needs to know of the world (files, pull requests, rendered Go templates) it puts down as questions;
whoever may look answers them, and the set is expanded again (`questions.py`).
"""

from __future__ import annotations

from syncline.config.appset.decode import decode
from syncline.config.appset.expand import Made, SetError, expand
from syncline.config.appset.model import ApplicationSet, ClusterFacts, RollingStep
from syncline.config.appset.questions import Ledger

__all__ = [
    "ApplicationSet",
    "ClusterFacts",
    "Ledger",
    "Made",
    "RollingStep",
    "SetError",
    "decode",
    "expand",
]
