"""Argo CD's own configuration, decoded into frozen values, with complaints that name file and line."""
