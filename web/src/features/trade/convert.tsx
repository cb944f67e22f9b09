import { useEffect, useRef, useState } from "preact/hooks";
import type { Order, PlaceOrder } from "../../api/types";
import { texts } from "../../i18n/texts";
import { follow, type Feed } from "../../live/book-feed";
import { markets, rulesOf } from "../../live/markets";
import { isPaper } from "../../live/mode";
import { availableOf } from "../../live/own";
import { signedIn } from "../../session/session";
import { affordable, fee, walk, type Level } from "../../money/cost";
import { amount, money } from "../../money/format";
import { readAmount } from "../../money/typed";
import { SCALE, wire } from "../../money/units";
import { Confirm } from "../../ui/dialog";
import { useSending } from "../../ui/form";
import { FailureText, Fact, Field, Select, Tabs } from "../../ui/parts";
import { AssetIcon } from "../markets/markets";
import { freshId, place } from "./send";

const ROOM_BPS = 50n;
const BPS = 10_000n;

/** A purchase without a book: an all-in price, sent as a LIMIT that cannot slip by more than half a per cent. */
export function Convert() {
  const t = texts.value;
  const options = markets.value.filter((market) => market.status === "ACTIVE");
  const [symbol, setSymbol] = useState("");
  const market = options.find((each) => each.symbol === symbol) ?? options.find((each) => each.symbol === "BTC/TRY") ?? options[0];
  useEffect(() => void (document.title = `${t.convert.title} · ${t.brand}`), [t]);
  return (
    <div class="page narrow">
      <h1>{t.convert.title}</h1>
      <p class="lead">{t.convert.lead}</p>
      {isPaper.value && <p class="notice">{t.trade.unsupported}</p>}
      {market && !isPaper.value && <Quote key={market.symbol} rules={rulesOf(market)} choose={setSymbol} symbols={options.map((each) => each.symbol)} />}
    </div>
  );
}

function Quote({ rules, symbols, choose }: { rules: ReturnType<typeof rulesOf>; symbols: string[]; choose(symbol: string): void }) {
  const t = texts.value;
  const [side, setSide] = useState<"BUY" | "SELL">("BUY");
  const [text, setText] = useState("");
  const [sure, setSure] = useState(false);
  const [done, setDone] = useState<Order | null>(null);
  const [, repaint] = useState(0);
  const feed = useRef<Feed | null>(null);
  const sending = useSending();
  useEffect(() => {
    const [mine, leave] = follow(rules.symbol);
    feed.current = mine;
    const timer = setInterval(() => repaint((turn) => turn + 1), 500);
    return () => { leave(); clearInterval(timer); };
  }, [rules.symbol]);
  const buys = side === "BUY";
  const paid = readAmount(text).units ?? 0n;
  const book = feed.current?.book;
  const levels: Level[] = ((buys ? book?.asks : book?.bids) ?? []).map((level) => [level.price, level.size] as const);
  // of what is paid, the value without the fee; of a sale the lots
  let found = walk(rules, levels, buys ? { value: (paid * 1_000_000n) / (1_000_000n + rules.takerPpm) } : { quantity: paid - (paid % rules.lot) });
  const raw = found.worst && (buys ? (found.worst * (BPS + ROOM_BPS)) / BPS : (found.worst * (BPS - ROOM_BPS)) / BPS);
  const limit = raw - (raw % rules.tick);
  const have = availableOf(buys ? rules.quote : rules.base);
  // the engine locks what the worst price would cost: with the whole balance a little less is bought
  const most = buys && signedIn.value && limit > 0n && found.cost <= have ? affordable(rules, limit, have) : found.quantity;
  const quantity = most < found.quantity ? most : found.quantity;
  if (quantity !== found.quantity) found = walk(rules, levels, { quantity });
  const net = buys ? quantity : found.value - fee(found.value, rules.takerPpm);
  const cost = buys ? found.cost : quantity;
  const price = quantity > 0n ? ((buys ? found.cost : net) * SCALE) / quantity : 0n;
  const fresh = feed.current?.fresh.value ?? false;
  const short = signedIn.value && paid > have;
  const ready = fresh && quantity > 0n && !short && found.value >= rules.notionalMin;
  async function send() {
    setSure(false);
    const order = { symbol: rules.symbol, side, type: "LIMIT", time_in_force: "IOC", price: wire(limit), quantity: wire(quantity), client_order_id: freshId(), mode: "live", post_only: false } as PlaceOrder;
    if (await sending.run(async () => setDone(await place(order, () => undefined)))) setText("");
  }
  const asset = buys ? rules.quote : rules.base;
  return (
    <section class="card convert">
      <Tabs label={t.trade.side} tabs={[["BUY", t.trade.buy], ["SELL", t.trade.sell]] as const} value={side} onValue={(next) => { setSide(next); setText(""); setDone(null); }} />
      <form class="form" onSubmit={(event) => { event.preventDefault(); if (ready) setSure(true); }}>
        <Select label={t.markets.symbol} value={rules.symbol} options={symbols.map((each) => [each, each] as const)} onValue={choose} />
        <Field label={t.convert.pay} suffix={asset} error={short ? t.trade.errFunds : null} hint={signedIn.value ? `${t.trade.available}: ${money(have, asset)}` : undefined} input={{ value: text, inputMode: "decimal", autocomplete: "off", onInput: (event) => { setText(event.currentTarget.value); setDone(null); } }} />
        <div class="convert-get"><span class="muted">{t.convert.get}</span><strong><AssetIcon asset={buys ? rules.base : rules.quote} />{quantity > 0n ? money(net, buys ? rules.base : rules.quote) : "—"}</strong></div>
        <dl class="summary">
          <Fact name={t.convert.price}>{price > 0n ? `${amount(price, rules.priceDigits)} ${rules.quote}` : "—"}</Fact>
          <Fact name={t.convert.pay}>{quantity > 0n ? money(cost, asset) : "—"}</Fact>
          <Fact name={t.convert.limit}>{limit > 0n ? amount(limit, rules.priceDigits) : "—"}</Fact>
        </dl>
        {paid > 0n && fresh && quantity === 0n && <p class="notice">{levels.length ? t.trade.errNotional(money(rules.notionalMin, rules.quote)) : t.convert.noBook}</p>}
        {!fresh && <p class="stale-note" role="status">{t.convert.stale}</p>}
        <FailureText failure={sending.failure} asset={asset} />
        {done && <p class="notice good" role="status">{done.status === "FILLED" ? t.convert.done : done.filled_quantity === "0" ? t.convert.nothing : t.convert.partly}: {amount(done.filled_quantity)} {rules.base}</p>}
        {signedIn.value ? <button class={`button big ${buys ? "buy" : "sell"}`} disabled={!ready || sending.busy}>{buys ? t.trade.buyAsset(rules.base) : t.trade.sellAsset(rules.base)}</button> : <a class="button primary big" href="/giris?next=/al-sat">{t.trade.loginToTrade}</a>}
        <p class="muted small">{t.convert.note}</p>
      </form>
      {sure && <Confirm title={t.trade.confirmTitle} action={t.common.confirm} onNo={() => setSure(false)} onYes={() => void send()} busy={!ready}><p class="big-line">{money(cost, asset)} → {money(net, buys ? rules.base : rules.quote)}</p><p class="muted">{t.convert.limit}: {amount(limit, rules.priceDigits)}</p></Confirm>}
    </section>
  );
}
