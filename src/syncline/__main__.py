"""The command `syncline`, also as `python -m syncline`."""

from syncline.entry import process


def main() -> None:
    """Be the command line. Loads it here, when the process is set up."""
    process(_command_line)


def _command_line() -> None:
    from syncline.cli import main

    main(prog_name="syncline")


if __name__ == "__main__":
    main()
