"""GitOps without an operator: Argo CD's Application model, run by your CI."""

__version__ = "0.1.0"
