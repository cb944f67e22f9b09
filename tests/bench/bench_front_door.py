"""Single orders through the front door beside orders to a gateway without it: ``python -m tests.bench.bench_front_door [--rounds N]``.

Both gateways are up all the time and take turns, so that whatever else the machine does meets both alike. Processor time for an order tells the same
of a machine that others keep busy.
"""

from __future__ import annotations

import argparse
import asyncio
from statistics import median

import uvloop

from tests.bench import stack as order_path
from tests.bench.bench_gateway import CONNECTIONS, closed_loop, one_order
from tests.bench.client import Http
from tests.bench.stack import Stack

ROUND_SECONDS = 3


async def measure(stack: Stack, rounds: int) -> None:
    ways = {
        name: [await Http.open(port, stack.tokens[number % len(stack.tokens)]) for number in range(CONNECTIONS)]
        for name, port in (("gateway", stack.port), ("front door", stack.door_port))
    }
    for connections in ways.values():
        await closed_loop(connections, ROUND_SECONDS, one_order)  # caches, and the broker's compiler
    rates: dict[str, list[float]] = {name: [] for name in ways}
    costs: dict[str, list[float]] = {name: [] for name in ways}
    spent = stack.spent()
    for number in range(rounds):
        for name in list(ways)[:: 1 if number % 2 else -1]:
            spent.restart()
            orders, rate = await closed_loop(ways[name], ROUND_SECONDS, one_order)
            rates[name].append(rate)
            costs[name].append(spent.per(orders)[name])
    for name in ways:
        print(
            f"{name}: {median(rates[name]):,.0f} orders/s ({min(rates[name]):,.0f} to {max(rates[name]):,.0f}), {median(costs[name])} us each"
        )
    paired = [door / plain for door, plain in zip(rates["front door"], rates["gateway"], strict=True)]
    print(f"front door / gateway, median of {rounds} pairs: {median(paired):.3f} ({min(paired):.3f} to {max(paired):.3f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=8)
    rounds = parser.parse_args().rounds
    with order_path.running({"RATE_LIMITS": "off"}, with_door=True) as stack, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure(stack, rounds))


if __name__ == "__main__":
    main()
