"""The pure middle: what to do, decided from values alone."""
