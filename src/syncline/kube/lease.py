"""Holding the Lease of an application while it is written.

The law: between `take` and `release` nobody else writes the application, or `check` says so before the next
write; whatever ends the run, the Lease is given back, or runs out by itself.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from syncline.core.lease import SECONDS, Tenure, released, renewed, taken, tenure_of
from syncline.core.verdict import Waiting
from syncline.errors import ApiError, ClusterError, TurnError
from syncline.kube.status import lacks_right
from syncline.ports import ApiResource, Clock, Cluster

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline.core.applyset import Owner
    from syncline.core.resource import Body

LEASES: Final = ApiResource("coordination.k8s.io", "v1", "Lease", "leases", namespaced=True)
_CONFLICT: Final = 409
_TRIES: Final = 5
"""Writes that may meet another one before taking it is given up."""
_RENEWALS: Final = 3
"""Renewals in the time a Lease is good for."""


class Terms(Struct, frozen=True):
    """How a Lease is held: by whom, how long without renewal, and how often a waiting run looks at it.

    `holder` is made for one run; what stands behind a `#` in it is not shown.
    """

    holder: str
    seconds: float = SECONDS
    pause: float = 1.0


class Lease:
    """One application's Lease in the hands of one run."""

    def __init__(
        self, cluster: Cluster, owner: Owner, terms: Terms, clock: Clock, tell: Callable[[Waiting], None]
    ) -> None:
        self._cluster = cluster
        self._owner = owner
        self._terms = terms
        self._clock = clock
        self._tell = tell
        self._told = ""
        self._conflicts = 0
        self._held: Body | None = None
        self._renewed_at = 0.0
        self._lost: Tenure | None = None
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._renewing: threading.Thread | None = None

    def take(self, check: Callable[[], None], *, seconds: float) -> str:
        """Take it, waiting at most so long for another run; empty, or why this identity may not.

        `check` raises to end the wait.  Raises TurnError with the holder's name when the time is over.
        """
        until = self._clock.monotonic() + seconds
        vigil = _Vigil(self._terms.seconds, self._clock)
        try:
            while self._held is None:
                check()
                lease = self._cluster.get(LEASES, self._owner.namespace, self._owner.parent)
                tenure = tenure_of(lease)
                if tenure is not None and tenure.holder == self._terms.holder:
                    self._held = lease  # the answer to our write was lost; `_grasp` noted when it was sent
                elif tenure is None or vigil.is_dead(tenure, lease):
                    self._grasp(lease, until)
                else:
                    self._await(tenure, until)
        except ApiError as error:
            if lacks_right(error):
                return error.message
            raise
        self._renewing = threading.Thread(target=self._keep, name="lease", daemon=True)
        self._renewing.start()
        return ""

    def check(self) -> None:
        """Raises TurnError when the Lease is no longer ours, or may not be for all we know."""
        if self._held is None:
            return
        if self._lost is None and self._age() > self._terms.seconds:
            self._renew()
        if self._lost is not None:
            raise TurnError(
                f"{self._lost.name} took the Lease of {self._owner.app} over at {self._lost.since}, because "
                "this run had not renewed it.",
                remedy="Let that run finish, then run this one again.",
            )
        if self._age() > self._terms.seconds:
            raise TurnError(
                f"The Lease of {self._owner.app} could not be renewed for {self._age():.0f} s; "
                "another run may write it now.",
                remedy="See whether the API server is well, and run it again.",
            )

    def release(self) -> None:
        """Give it back. What cannot be given back runs out by itself."""
        self._over.set()
        if self._renewing is not None:
            self._renewing.join()
        if self._held is None or self._lost is not None:
            return
        try:
            self._cluster.update(LEASES, released(self._held))
        except ClusterError:
            return
        finally:
            self._held = None

    def _grasp(self, lease: Body | None, until: float) -> None:
        now, seconds = self._clock.now(), max(1, round(self._terms.seconds))
        wanted = taken(lease, self._owner, self._terms.holder, now, seconds)
        write = self._cluster.create if lease is None else self._cluster.update
        began = self._clock.monotonic()
        try:
            self._held = write(LEASES, wanted)
        except ApiError as error:
            if error.code != _CONFLICT:
                raise
            # Another run was quicker, or our own answer was lost: the next look tells which. Of many runs
            # that come together one is the last, so it is time that ends this, and not the number of tries.
            self._conflicts += 1
            if self._conflicts >= _TRIES:
                if self._clock.monotonic() >= until:
                    raise
                self._over.wait(self._terms.pause / _TRIES)
        self._renewed_at = began

    def _await(self, tenure: Tenure, until: float) -> None:
        since = f" since {tenure.since}" if tenure.since else ""
        words = f"{tenure.name} is writing {self._owner.app}{since}"
        left = until - self._clock.monotonic()
        if left <= 0:
            raise TurnError(
                f"{words}, and did not finish in time.",
                remedy="Wait for that run, or end it: its Lease "
                f"{self._owner.namespace}/{self._owner.parent} runs out {tenure.seconds} s later.",
            )
        if words != self._told:
            self._told = words
            self._tell(Waiting(f"{words}; waiting for it.", self._clock.now()))
        self._over.wait(min(self._terms.pause, left))

    def _keep(self) -> None:
        while not self._over.wait(self._terms.seconds / _RENEWALS):
            self._renew()

    def _renew(self) -> None:
        with self._lock:
            if self._held is None or self._lost is not None:
                return
            began = self._clock.monotonic()
            try:
                self._held = self._cluster.update(LEASES, renewed(self._held, self._clock.now()))
                self._renewed_at = began
            except ApiError as error:
                if error.code in {_CONFLICT, 404}:
                    self._look_who_holds_it(began)
            except ClusterError:
                # The server is away: nobody can write through it either, and `check` counts the seconds.
                return

    def _look_who_holds_it(self, began: float) -> None:
        try:
            lease = self._cluster.get(LEASES, self._owner.namespace, self._owner.parent)
        except ClusterError:
            return
        tenure = tenure_of(lease)
        if lease is not None and tenure is not None and tenure.holder == self._terms.holder:
            # Nobody else writes under our name: the renewal was carried out, and its answer was lost.
            self._held, self._renewed_at = lease, began
        else:
            self._lost = tenure or Tenure("somebody", self._clock.now())

    def _age(self) -> float:
        return self._clock.monotonic() - self._renewed_at


class _Vigil:
    """Watches another's Lease.

    It is dead when it did not change for as long as it is good for.  Where the clocks say that it is over
    already, the time of one renewal is enough: it only has to be ruled out that a clock is wrong.
    """

    def __init__(self, seconds: float, clock: Clock) -> None:
        self._seconds = seconds
        self._clock = clock
        self._version = ""
        self._since = 0.0

    def is_dead(self, tenure: Tenure, lease: Body | None) -> bool:
        version = str(((lease or {}).get("metadata") or {}).get("resourceVersion") or "")
        now = self._clock.monotonic()
        if version != self._version:
            self._version, self._since = version, now
            return False
        is_over = tenure.is_over(self._clock.now())
        good_for = min(self._seconds, tenure.seconds) / _RENEWALS if is_over else tenure.seconds
        return now - self._since > good_for
