"""Diff, sync, drift and rollback: short sentences made of prepare and carry_out."""
