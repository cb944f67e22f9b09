"""freqtrade's configuration for this exchange, printed as JSON; FREQTRADE_DRY_RUN decides whether it trades."""

import json
import os

from ccxt_options import OPTIONS

# docs: freqtrade
CONFIG = {
    "exchange": {
        "name": "binance",
        "key": os.environ["SPOT_KEY"],
        "secret": os.environ["SPOT_SECRET"],
        "ccxt_config": {"urls": OPTIONS["urls"], "options": OPTIONS["options"]},  # as for ccxt, above
        "only_from_ccxt": True,
        "pair_whitelist": ["BTC/USDT"],
        "pair_blacklist": [],
    },
    "pairlists": [{"method": "StaticPairList"}],
    "order_types": {"entry": "limit", "exit": "limit", "stoploss": "limit", "stoploss_on_exchange": True},
    "stake_currency": "USDT",
}
# docs end
CONFIG |= {
    "dry_run": os.environ["FREQTRADE_DRY_RUN"] == "yes",
    "max_open_trades": 1,
    "stake_amount": 300,
    "tradable_balance_ratio": 0.5,
    "timeframe": "1m",
    "cancel_open_orders_on_exit": True,
    "unfilledtimeout": {"entry": 5, "exit": 5, "unit": "minutes"},
    "entry_pricing": {"price_side": "other", "use_order_book": True, "order_book_top": 1},
    "exit_pricing": {"price_side": "other", "use_order_book": True, "order_book_top": 1},
    "initial_state": "running",
    "internals": {"process_throttle_secs": 2},
    "dry_run_wallet": 10_000,
}
print(json.dumps(CONFIG))
