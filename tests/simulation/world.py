"""What the processes share: broker, network, Redis, snapshots, database, bank and functions."""

from __future__ import annotations

from random import Random

from tests.simulation.bank import Bank
from tests.simulation.broker import Broker
from tests.simulation.bucket import Bucket
from tests.simulation.cache import Redis
from tests.simulation.database import Server
from tests.simulation.functions import Functions
from tests.simulation.loop import VirtualLoop
from tests.simulation.network import Network


class World:
    def __init__(self, loop: VirtualLoop, seed: int) -> None:
        loop.world = self
        self.broker = Broker(loop, Random(seed ^ 0xB20CE2))
        self.network = Network(loop, self.broker, Random(seed ^ 0x2E7))
        self.redis = Redis(loop)
        self.bucket = Bucket(loop, Random(seed ^ 0xB0C7))
        self.server = Server(Random(seed ^ 0xD8))
        self.bank = Bank(loop, Random(seed ^ 0xBA2C), self.server)
        self.functions = Functions(loop, Random(seed ^ 0xF02C), self.broker, self.server, self.bank)

    def heal(self) -> None:
        """Everything works from now on."""
        broker, server, functions = self.broker, self.server, self.functions
        broker.away = broker.full = broker.events_full = self.redis.away = self.bucket.full = self.bucket.away = False
        broker.lost_answers = broker.late = broker.refused = 0.0
        self.network.go_on()
        self.network.announcements_late = False
        server.away = server.full = False
        server.deaths = server.lost_commits = 0.0
        functions.away = self.bank.away = False
        functions.late = functions.lost_answers = functions.queue.losing = self.bank.lies = 0.0
