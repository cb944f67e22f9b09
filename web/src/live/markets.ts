// Markets with their rules, and tickers that follow the stream.
import { computed, effect, signal } from "@preact/signals";
import { get } from "../api/client";
import { failureOf, type Failure } from "../api/failure";
import type { Listed, Market, Ticker } from "../api/types";
import type { Rules } from "../money/cost";
import { digitsOf, units, type Units } from "../money/units";
import { open } from "./feeds";
import type { Message } from "./socket";

export interface MarketRules extends Rules {
  symbol: string;
  base: string;
  quote: string;
  quantityMin: Units;
  quantityMax: Units;
  notionalMin: Units;
  priceDigits: number;
  sizeDigits: number;
}

export const markets = signal<Market[]>([]);
export const tickers = signal<Record<string, Ticker>>({});
export const failure = signal<Failure | null>(null);
export const loaded = computed(() => markets.value.length > 0);

export function rulesOf(market: Market): MarketRules {
  const tick = units(market.tick_size);
  const lot = units(market.lot_size);
  return {
    symbol: market.symbol, base: market.base_asset, quote: market.quote_asset, tick, lot,
    bandBps: BigInt(market.price_band_bps ?? 0), makerPpm: BigInt(market.maker_fee_ppm), takerPpm: BigInt(market.taker_fee_ppm),
    quantityMin: units(market.quantity_min), quantityMax: units(market.quantity_max), notionalMin: units(market.notional_min),
    priceDigits: digitsOf(tick), sizeDigits: digitsOf(lot),
  };
}

function hear(message: Message): void {
  if (message.type === "tickers") {
    tickers.value = { ...tickers.value, ...bySymbol(message.data as Ticker[]) };
  } else if (message.type === "symbol_status" && message.symbol) {
    const news = message.data as { status: Market["status"]; reason: string | null; estimated_resume: string | null };
    markets.value = markets.value.map((market) =>
      market.symbol === message.symbol ? { ...market, status: news.status, status_reason: news.reason, estimated_resume: news.estimated_resume } : market,
    );
  }
}

const bySymbol = (rows: Ticker[]): Record<string, Ticker> => Object.fromEntries(rows.map((ticker) => [ticker.symbol, ticker]));
let following = false;

export async function loadMarkets(): Promise<void> {
  try {
    const [rows, prices] = await Promise.all([get<Listed<Market>>("/api/v1/markets"), get<Listed<Ticker>>("/api/v1/markets/tickers")]);
    markets.value = rows.data;
    tickers.value = bySymbol(prices.data);
    failure.value = null;
    if (!following) open.subscribe("tickers", "", hear);
    following = true;
  } catch (error) {
    failure.value = failureOf(error);
  }
}

open.opened.add(() => void loadMarkets());
effect(() => {
  if (open.state.value === "lost" && !loaded.value) void loadMarkets();
});

export function marketOf(path: string): Market | undefined {
  const wanted = path.replace("-", "/").toUpperCase();
  return markets.value.find((market) => market.symbol === wanted || market.symbol.replace("/", "") === wanted);
}
