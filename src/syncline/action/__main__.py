"""The container's entry point."""

import os
import sys

from syncline.action import act

if __name__ == "__main__":
    sys.exit(act(dict(os.environ)))
