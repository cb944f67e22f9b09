"""ccxt's own tests, which come with its package, against this exchange. CCXT_ROOT is a copy of the package, with settings beside it."""

import asyncio
import os
import sys

root = os.environ["CCXT_ROOT"]
sys.path[:0] = [root, f"{root}/ccxt/test"]

from tests_helpers import IS_SYNCHRONOUS, argvExchange, argvMethod, argvSymbol  # noqa: E402 - of the copy

if IS_SYNCHRONOUS:
    from tests_sync import testMainClass
else:
    from tests_async import testMainClass

testMainClass.check_constructor = lambda self, exchange: None  # it insists on Binance's own address
running = testMainClass().init(argvExchange, argvSymbol, argvMethod)
if not IS_SYNCHRONOUS:
    asyncio.run(running)
print("THE END")
