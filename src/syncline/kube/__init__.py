"""The Kubernetes API, as plain dicts."""
