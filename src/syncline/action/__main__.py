"""The container's entry point."""

import os

from syncline.entry import process


def _step() -> int:
    from syncline.action import act

    return act(dict(os.environ))


if __name__ == "__main__":
    process(_step)
