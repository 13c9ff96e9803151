"""Argo CD's own configuration, decoded into frozen values, with complaints that name file and line."""

from __future__ import annotations

from syncline.config.complaint import Complaint
from syncline.config.load import BrokenApplication, Configuration, load

__all__ = ["BrokenApplication", "Complaint", "Configuration", "load"]
