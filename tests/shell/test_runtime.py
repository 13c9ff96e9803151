"""Requests to stop: `syncline.runtime`."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from functools import partial

import pytest

from syncline.runtime import all_of, beside

DEAF = """
import os, signal, threading
from syncline.runtime import Cancellation
cancellation = Cancellation()
ready = threading.Event()

def work():
    ready.set()
    cancellation.wait(20)
    print("stopped" if cancellation.requested else "never heard of it", flush=True)

with cancellation.on_signals():
    worker = threading.Thread(target=work)
    worker.start()
    ready.wait()
    # As when a signal comes just before the main thread begins to wait: nothing wakes it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    print("waiting", flush=True)
    worker.join()
print(int(cancellation.exit_code))
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, "130"), (signal.SIGTERM, "143")])
def test_a_request_to_stop_is_heard_while_the_main_thread_waits_for_others(
    number: signal.Signals, code: str
) -> None:
    with subprocess.Popen([sys.executable, "-c", DEAF], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "waiting\n"
        child.send_signal(number)
        said, _ = child.communicate(timeout=10)
    assert said.split() == ["stopped", code]


def test_the_second_interrupt_ends_the_program_and_the_first_alone_does_not() -> None:
    script = (
        "import os, signal\nfrom syncline.runtime import Cancellation\n"
        "cancellation = Cancellation()\nwith cancellation.on_signals():\n"
        "    for turn in (1, 2):\n        os.kill(os.getpid(), signal.SIGINT)\n"
        "        print(turn, flush=True)"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (found.stdout, found.stderr.strip().splitlines()[-1]) == ("1\n", "KeyboardInterrupt")


def test_what_heard_signals_before_hears_them_after() -> None:
    script = (
        "import os, signal\nfrom syncline.runtime import Cancellation\n"
        "one = Cancellation()\nfiles = os.listdir('/proc/self/fd')\n"
        # A shell that starts something in the background has it ignore SIGINT.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "with one.on_signals(), Cancellation().on_signals():\n    pass\n"
        "assert signal.set_wakeup_fd(-1) == -1\nassert os.listdir('/proc/self/fd') == files\n"
        "assert signal.getsignal(signal.SIGINT) is signal.default_int_handler"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize("workers", [1, 2, 9])
def test_all_is_done_at_the_end_whatever_fails_and_the_first_failure_is_told(workers: int) -> None:
    done = list[int]()

    def work(number: int) -> None:
        done.append(number)
        if number in {1, 4}:
            raise LookupError(number)

    with pytest.raises(LookupError) as failed:
        all_of([partial(work, number) for number in range(6)], workers=workers)

    assert sorted(done) == [0, 1, 2, 3, 4, 5]
    assert failed.value.args[0] in {1, 4}
    all_of([partial(work, 0)], workers=workers)


def failing(*_: object) -> int:
    raise ValueError("asked")


def test_what_is_asked_and_what_is_made_meanwhile_come_together() -> None:
    made = threading.Event()

    def ask() -> str:
        assert made.wait(10)  # comes only when the work goes on meanwhile
        return "answer"

    def work() -> int:
        made.set()
        return 7

    assert beside(ask, work) == ("answer", 7)


def test_of_two_failures_the_one_of_the_asking_is_told_and_both_have_ended() -> None:
    def work() -> int:
        raise KeyError("made")

    with pytest.raises(ValueError, match="asked"):
        beside(failing, work)
    with pytest.raises(KeyError, match="made"):
        beside(lambda: 1, work)
    with pytest.raises(ValueError, match="asked"):
        beside(failing, lambda: 1)


def test_an_interrupt_is_not_hidden_by_what_went_wrong_beside_it() -> None:
    def interrupted() -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        beside(failing, interrupted)
