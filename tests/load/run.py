"""A run: users, the steps of each kind up to its knee, and the rate that is held."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from typing import Any, Final

import msgspec

from mycrypto.security.tokens import Tier
from mycrypto_local import local_secrets
from mycrypto_local.actors import Exchange
from mycrypto_local.client import PATIENCE_SECONDS, Api, Trader
from mycrypto_local.platform import Platform
from mycrypto_local.running import Running
from mycrypto_local.staff import new_operator
from mycrypto_local.traffic.replay import NO_LIMITS
from tests.load import generator, settling
from tests.load.generator import Measured, Wanted
from tests.load.kinds import KINDS, Kind, Target
from tests.load.rules import HELD, RUNGS_MAX, Ladder, Rung
from tests.load.watch import Followers, Processes, Series, Shares, Watch, seconds_behind
from tests.waking import wake_functions

FUNDS: Final = {"BTC": "2000", "USDT": "50000000"}
SETTLEMENT: Final = "settlement"
DRAINED_SECONDS_MAX: Final = 60.0
"""Between two steps, for the followers to come near again."""
NEAR: Final = 50
"""What still waits then."""
SAMPLE_SECONDS: Final = 2.0
WARM_SECONDS: Final = 3.0
"""At the first rate, and not counted: caches, pools, new processes of functions."""


class LoadError(RuntimeError):
    """The generator failed; the message has its words."""


@dataclass(frozen=True)
class Plan:
    """``held``: the kinds whose rate is held for ``hold_seconds``."""

    kinds: Sequence[str]
    held: Sequence[str]
    step_seconds: float
    hold_seconds: float
    users: int
    rungs_max: int = RUNGS_MAX


@dataclass
class Found:
    """Of one kind."""

    kind: Kind
    ladder: Ladder
    hold: Rung | None = None
    series: Series | None = None


@dataclass
class Crowd:
    """Users of the highest tier without limits of their own: what is looked for is the limit of the platform, not of a user."""

    running: Running
    traders: list[Trader] = field(default_factory=list)
    visitors: list[Trader] = field(default_factory=list)
    """Those who log in: each log-in adds a session, so that they are not those who trade."""

    async def gather(self, count: int) -> None:
        await wake_functions(self.running)
        async with Api(self.running.base_url, patience_seconds=PATIENCE_SECONDS, waits_for_limits=True) as api:
            exchange = Exchange(api, self.running.webhooks)
            operator = await new_operator(exchange, self.running.accounts_dsn)
            self.traders = await exchange.funded_traders("load", count, FUNDS, print)
            for trader in self.traders:
                await operator.call("PUT", f"/api/v1/admin/users/{trader.user_id}/limits", NO_LIMITS)
                change = {"tier": Tier.VIP.value, "reason": "load"}
                await operator.call("PUT", f"/api/auth/admin/users/{trader.user_id}/tier", change)
            self.visitors = [await exchange.new_trader("visitor") for _ in range(count)]

    async def sign_in(self) -> Target:
        """Tokens live for a quarter of an hour."""
        async with Api(self.running.base_url, patience_seconds=PATIENCE_SECONDS) as api:
            for trader in self.traders:
                trader.api = api
                await trader.login()
        log_ins = [msgspec.json.encode({"email": each.email, "password": each.password}) for each in self.visitors]
        return Target(self.running.ports["gateway"], [trader.access_token for trader in self.traders], log_ins)


def _answer(pipe: Pipe) -> Any:
    answer = pipe.recv()
    if isinstance(answer, str):
        raise LoadError(answer)
    return answer


@contextmanager
def _process(serve: Any, *arguments: object) -> Iterator[tuple[Pipe, int]]:
    """A process that answers over a pipe; it ends with us."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, *arguments), daemon=True)
    process.start()
    try:
        yield ours, process.pid or 0
    finally:
        process.kill()
        process.join()


class Run:
    """On a platform that is up."""

    def __init__(self, platform: Platform, plan: Plan) -> None:
        self._platform = platform
        self._plan = plan
        self._running = Running.load(platform.state)
        self._crowd = Crowd(self._running)
        self._followers = Followers(self._running.ports)
        self.books: list[str] = []
        """What differs in the ledger that settlement was measured with."""

    def prepare(self) -> None:
        if set(self._plan.kinds) - {SETTLEMENT}:
            asyncio.run(self._crowd.gather(self._plan.users))

    def kinds(self) -> Iterator[Found]:
        """One after the other, each with its steps and what is held of it."""
        for name in self._plan.kinds:
            kind = KINDS[name]
            found = Found(kind, Ladder(kind.first, kind.limits, rungs_max=self._plan.rungs_max))
            with ExitStack() as stack:
                measurer = stack.enter_context(self._settler() if name == SETTLEMENT else self._generator(kind))
                measurer.measure(kind.first, min(WARM_SECONDS, self._plan.step_seconds))
                while (rate := found.ladder.next_rate) is not None:
                    found.ladder.add(measurer.measure(rate, self._plan.step_seconds))
                    print(f"  {name}: {_said(found.ladder.rungs[-1], kind)}", flush=True)
                if name in self._plan.held and found.ladder.knee:
                    measurer.refresh()
                    with Watch(measurer.processes, self._followers, min(SAMPLE_SECONDS, self._plan.hold_seconds / 10)) as watch:
                        found.hold = measurer.measure(found.ladder.knee * HELD, self._plan.hold_seconds)
                    found.series = watch.series
            yield found

    @contextmanager
    def _generator(self, kind: Kind) -> Iterator[_Measurer]:
        with _process(generator.serve) as (pipe, pid):
            measurer = _Generated(Processes(self._platform, {"generator": pid}), self._followers, pipe, kind, self._crowd)
            measurer.refresh()
            yield measurer
            pipe.send(None)

    @contextmanager
    def _settler(self) -> Iterator[_Measurer]:
        passwords = local_secrets.read(self._running.state).database_passwords
        with _process(settling.serve, self._running.admin_dsn, passwords) as (pipe, pid):
            yield _Settled(Processes(self._platform, {"settlement's own": pid}), self._followers, pipe)
            pipe.send(None)
            self.books = pipe.recv()


class _Measurer:
    """One kind's way to measure a step."""

    def __init__(self, processes: Processes, followers: Followers, pipe: Pipe) -> None:
        self.processes = processes
        self._followers = followers
        self._pipe = pipe
        self._shares = Shares(processes)

    def refresh(self) -> None:
        """Whatever would run out in a long step."""

    def _asked(self, rate: float, seconds: float) -> object:
        raise NotImplementedError

    def _behind(self, before: Any, seconds: float) -> dict[str, float]:
        raise NotImplementedError

    def measure(self, rate: float, seconds: float) -> Rung:
        before = self._drained()
        self._shares.others()
        self._pipe.send(self._asked(rate, seconds))
        time.sleep(seconds)
        behind = self._behind(before, seconds)
        measured: Measured = _answer(self._pipe)
        wrong = measured.operations - measured.good
        return Rung(rate, measured.achieved, measured.operations, wrong, measured.latencies, measured.busy, self._shares.others(), behind)

    def _drained(self) -> Any:
        """What one step has left is not to weigh on the next."""
        deadline = time.monotonic() + DRAINED_SECONDS_MAX
        while True:
            now = self._followers.look()
            if time.monotonic() > deadline or all(each.waiting <= NEAR for each in now.values()):
                return now
            time.sleep(0.5)


class _Generated(_Measurer):
    def __init__(self, processes: Processes, followers: Followers, pipe: Pipe, kind: Kind, crowd: Crowd) -> None:
        super().__init__(processes, followers, pipe)
        self._kind = kind
        self._crowd = crowd
        self._target = Target(0, [], [])

    def refresh(self) -> None:
        self._target = asyncio.run(self._crowd.sign_in())

    def _asked(self, rate: float, seconds: float) -> Wanted:
        return Wanted(self._kind, self._target, rate, seconds)

    def _behind(self, before: Any, seconds: float) -> dict[str, float]:
        return seconds_behind(before, self._followers.look(), seconds)


class _Settled(_Measurer):
    def _asked(self, rate: float, seconds: float) -> tuple[float, float]:
        return rate, seconds

    def _behind(self, before: Any, seconds: float) -> dict[str, float]:
        """Its trades are none of the platform's, whose followers have nothing to do."""
        return {}


def _said(rung: Rung, kind: Kind) -> str:
    missed = kind.limits.missed(rung)
    outcome = "beyond: " + ", ".join(missed) if missed else "held"
    latency = f"p50 {rung.latencies['p50']:.1f}, p99 {rung.latencies['p99']:.1f} ms"
    return f"{rung.offered:,.1f}/s offered, {rung.achieved:,.1f} achieved, {latency}, generator {rung.generator:.2f}, others {rung.others:.2f} cores: {outcome}"
