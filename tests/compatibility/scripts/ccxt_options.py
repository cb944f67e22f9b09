"""How ccxt is pointed at this exchange."""

import os

# docs: ccxt
URL = os.environ["SPOT_URL"]
WS = URL.replace("http", "ws", 1)
OPTIONS = {
    "apiKey": os.environ["SPOT_KEY"],
    "secret": os.environ["SPOT_SECRET"],
    "enableRateLimit": False,
    "urls": {
        "api": {
            **dict.fromkeys(("public", "private"), f"{URL}/api/v3"),
            "v1": f"{URL}/api/v1",
            **{name: f"{URL}/sapi/v{name[5:] or 1}" for name in ("sapi", "sapiV2", "sapiV3", "sapiV4")},
            **dict.fromkeys(
                ("fapiPublic", "fapiPublicV2", "fapiPublicV3", "fapiPrivate", "fapiPrivateV2", "fapiPrivateV3"), f"{URL}/fapi/v1"
            ),
            **dict.fromkeys(("dapiPublic", "dapiPrivate", "dapiPrivateV2"), f"{URL}/dapi/v1"),
            "ws": {"spot": f"{WS}/ws", "margin": f"{WS}/ws", "ws-api": {"spot": f"{WS}/ws-api/v3"}},
        }
    },
    "options": {"fetchMarkets": {"types": ["spot"]}, "fetchMargins": False, "defaultType": "spot"},
}
# docs end
