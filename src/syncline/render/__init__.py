"""Manifests from sources, by the real programs."""
