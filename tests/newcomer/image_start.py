"""Runs inside the image: its processes start, answer the image's own health command without any server beside them, and end on SIGTERM.

python image_start.py MODULE...
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time

START_SECONDS_MAX = 120
HEALTH = "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health', timeout=2)"
"""As the Dockerfile has it; tests/infra/test_containers.py compares them."""
NOWHERE = "127.0.0.1:9"
ENVIRONMENT = {
    "STAGE": "local",
    "SERVICE_NAME": "image",
    "HOST": "127.0.0.1",
    "SHARD": "0",
    "KAFKA_BOOTSTRAP_SERVERS": NOWHERE,
    "KAFKA_AUTH": "none",
    "REDIS_URL": f"redis://{NOWHERE}/0",
    "TRADE_DATABASE_URL": f"postgresql://none@{NOWHERE}/none",
    "JWKS_URL": f"http://{NOWHERE}/jwks.json",
    "AWS_ENDPOINT_URL": f"http://{NOWHERE}",
    "REST_API_PATH": "/none",
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def check(module: str) -> None:
    environment = {**os.environ, **ENVIRONMENT, "PORT": str(free_port()), "BINANCE_PORT": str(free_port())}
    process = subprocess.Popen([sys.executable, "-m", module], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + START_SECONDS_MAX
    while subprocess.run([sys.executable, "-c", HEALTH], env=environment, capture_output=True, check=False).returncode:
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            sys.exit(f"{module} is not healthy: {process.communicate()[0][-2_000:].decode()}")
    process.send_signal(signal.SIGTERM)
    printed, _ = process.communicate(timeout=START_SECONDS_MAX)
    if process.returncode not in {0, -signal.SIGTERM}:  # uvicorn ends by the signal that it was sent
        sys.exit(f"{module} ended with {process.returncode}: {printed[-2_000:].decode()}")
    print(f"{module} started, was healthy, and ended on SIGTERM")


for each in sys.argv[1:]:
    check(each)
