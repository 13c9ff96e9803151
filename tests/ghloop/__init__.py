"""A GitHub on loopback that keeps state, and that GitHub's own description of its API watches over."""
