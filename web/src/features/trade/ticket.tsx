import { useEffect, useRef, useState } from "preact/hooks";
import type { Market, Order, PlaceOco, PlaceOrder } from "../../api/types";
import { lang, texts } from "../../i18n/texts";
import { follow, type Feed } from "../../live/book-feed";
import { open, serverNow } from "../../live/feeds";
import { rulesOf, tickers } from "../../live/markets";
import { isPaper, mode } from "../../live/mode";
import { availableOf, balances } from "../../live/own";
import { signedIn } from "../../session/session";
import { amount, money, percent } from "../../money/format";
import type { Level } from "../../money/cost";
import { fieldText, readAmount } from "../../money/typed";
import { SCALE, units, wire } from "../../money/units";
import { Confirm } from "../../ui/dialog";
import { useSending } from "../../ui/form";
import { Check, FailureText, Field, Select, Tabs } from "../../ui/parts";
import { toast } from "../../ui/toast";
import { preset } from "./draft";
import { KINDS, estimate, faults, hasLimit, hasTrigger, quantityOf, type Draft, type Fault, type Kind } from "./estimate";
import { freshId, place, placeOco } from "./send";
import { Summary } from "./summary";

const PAPER_KINDS = new Set<Kind>(["LIMIT", "MARKET", "STOP", "STOP_LIMIT"]);
const TIFS = ["GTC", "IOC", "FOK", "DAY", "GTD"] as const;
const FAR_PERCENT = 5n;
const SLIPPAGE_PERMILLE = 10n;

interface Fields {
  price: string;
  trigger: string;
  stopLimit: string;
  trail: string;
  activation: string;
  quantity: string;
  value: string;
  shown: string;
  expires: string;
}

const BLANK: Fields = { price: "", trigger: "", stopLimit: "", trail: "", activation: "", quantity: "", value: "", shown: "", expires: "" };

export function Ticket({ market, side: first = "BUY" }: { market: Market; side?: "BUY" | "SELL" }) {
  const t = texts.value;
  const rules = rulesOf(market);
  const [side, setSide] = useState(first);
  const [kind, setKind] = useState<Kind>("LIMIT");
  const [fields, setFields] = useState<Fields>(BLANK);
  const [byValue, setByValue] = useState(false);
  const [tif, setTif] = useState<(typeof TIFS)[number]>("GTC");
  const [postOnly, setPostOnly] = useState(false);
  const [touched, touch] = useState(false);
  const [asking, ask] = useState<string[] | null>(null);
  const [unsure, setUnsure] = useState(false);
  const sending = useSending();
  const id = useRef(freshId());
  const feed = useRef<Feed | null>(null);
  const [, repaint] = useState(0);
  const set = (name: keyof Fields) => (text: string) => { setFields((before) => ({ ...before, [name]: text })); sending.clear(); };
  useEffect(() => {
    const [mine, leave] = follow(market.symbol);
    feed.current = mine;
    const timer = setInterval(() => repaint((turn) => turn + 1), 500);
    return () => { leave(); clearInterval(timer); };
  }, [market.symbol]);
  useEffect(() => {
    const { price, side: wanted, turn } = preset.value;
    if (!turn) return;
    if (wanted) setSide(wanted);
    if (price) setFields((before) => (hasTrigger(kind) && !hasLimit(kind) ? { ...before, trigger: fieldText(price, lang.value) } : { ...before, price: fieldText(price, lang.value) }));
  }, [preset.value]);
  useEffect(() => {
    if (isPaper.value && !PAPER_KINDS.has(kind)) setKind("LIMIT");
  }, [mode.value]);
  const last = units(tickers.value[market.symbol]?.last_price);
  const read = (text: string) => readAmount(text).units;
  const trail = read(fields.trail);
  const draft: Draft = {
    side, kind, byValue: kind === "MARKET" && byValue,
    price: read(fields.price), trigger: read(fields.trigger), stopLimit: fields.stopLimit ? (read(fields.stopLimit) ?? 0n) : null, activation: fields.activation ? read(fields.activation) : null,
    trailBps: trail === null || trail % 1_000_000n ? null : trail / 1_000_000n,
    quantity: read(fields.quantity), value: read(fields.value),
  };
  const book = feed.current?.book;
  const levels: Level[] = ((side === "BUY" ? book?.asks : book?.bids) ?? []).map((level) => [level.price, level.size] as const);
  const found = estimate(rules, draft, last, levels);
  const have = availableOf(side === "BUY" ? rules.quote : rules.base);
  const wrong = faults(rules, draft, found, signedIn.value && balances.value.size ? have : null);
  const timed = hasLimit(kind) && kind !== "OCO";
  const expires = tif === "GTD" && timed && !(Date.parse(fields.expires) > serverNow());
  const said = (...names: Fault[]) => (touched || sending.failure ? wrong.find((each) => names.includes(each)) : wrong.find((each) => names.includes(each) && ["tick", "triggerTick", "stopLimit", "sides", "activationTick", "lot", "max", "funds"].includes(each)));
  const words: Record<Fault, string> = {
    price: t.trade.errPrice, trigger: t.trade.errPrice, trail: t.trade.errTrail, quantity: t.trade.errQuantity, tick: t.trade.errTick(amount(rules.tick)), triggerTick: t.trade.errTick(amount(rules.tick)), activationTick: t.trade.errTick(amount(rules.tick)), stopLimit: t.trade.errTick(amount(rules.tick)), sides: side === "BUY" ? t.trade.errOcoBuy : t.trade.errOcoSell, lot: t.trade.errLot(amount(rules.lot)),
    min: t.trade.errMin(`${amount(rules.quantityMin)} ${rules.base}`), max: t.trade.errMax(`${amount(rules.quantityMax)} ${rules.base}`), notional: t.trade.errNotional(money(rules.notionalMin, rules.quote)), funds: t.trade.errFunds, dry: t.trade.errDry,
  };
  const error = (...names: Fault[]) => { const fault = said(...names); return fault ? words[fault] : null; };
  const echo = (text: string) => { const { units: value, ambiguous } = readAmount(text); return value !== null && (ambiguous || /[.,].*[.,]/.test(text)) ? t.trade.read(amount(value)) : undefined; };

  function chooseKind(next: Kind) {
    setKind(next);
    touch(false);
    if (hasLimit(next) && !fields.price && last) set("price")(fieldText(wire(last), lang.value));
  }
  function part(percentage: number) {
    const quantity = quantityOf(rules, draft, BigInt(percentage), have, last, levels);
    setByValue(false);
    set("quantity")(fieldText(wire(quantity), lang.value));
  }
  function body(): PlaceOrder {
    const wireOf = (value: bigint | null) => (value === null ? null : wire(value));
    return {
      symbol: market.symbol, side, type: kind, mode: mode.value, client_order_id: id.current, post_only: kind === "LIMIT" && postOnly, self_trade_prevention: "ACCOUNT",
      quantity: draft.byValue ? null : wireOf(draft.quantity), quote_quantity: draft.byValue ? wireOf(draft.value) : null,
      price: hasLimit(kind) ? wireOf(draft.price) : null, stop_price: hasTrigger(kind) ? wireOf(draft.trigger) : null,
      trail_bps: kind === "TRAILING_STOP" ? Number(draft.trailBps) : null, activation_price: kind === "TRAILING_STOP" ? wireOf(draft.activation) : null,
      display_quantity: kind === "LIMIT" && fields.shown ? wireOf(read(fields.shown)) : null,
      time_in_force: hasLimit(kind) ? tif : null, expires_at: hasLimit(kind) && tif === "GTD" ? new Date(fields.expires).toISOString() : null,
    } as PlaceOrder;
  }
  function pair(): PlaceOco {
    const stopLimit = draft.stopLimit ? wire(draft.stopLimit) : null;
    return {
      symbol: market.symbol, side, quantity: wire(draft.quantity!), list_client_order_id: id.current, self_trade_prevention: "ACCOUNT",
      orders: [{ type: "LIMIT", price: wire(draft.price!) }, { type: stopLimit ? "STOP_LIMIT" : "STOP", stop_price: wire(draft.trigger!), price: stopLimit }],
    } as PlaceOco;
  }
  /** What a person should look at twice before the order goes. */
  function doubts(): string[] {
    const found_: string[] = [];
    if (open.state.value !== "live" || !feed.current?.fresh.value) found_.push(t.live.staleConfirm);
    const base = hasTrigger(kind) && kind !== "OCO" ? (draft.trigger ?? 0n) : last;
    if (draft.price && hasLimit(kind) && base > 0n) {
      const away = ((draft.price > base ? draft.price - base : base - draft.price) * 100n) / base;
      const worse = side === "BUY" ? draft.price > base : draft.price < base;
      if (worse && away >= FAR_PERCENT) found_.push(t.trade.farPrice(percent(wire(away * SCALE))));
    }
    const best = levels[0]?.[0];
    if (found.walk && best && found.average > 0n) {
      const slipped = ((found.average > best ? found.average - best : best - found.average) * 1_000n) / best;
      if (slipped >= SLIPPAGE_PERMILLE) found_.push(t.trade.bigSlippage(percent(wire((slipped * SCALE) / 10n))));
    }
    return found_;
  }
  function submit(event: Event) {
    event.preventDefault();
    touch(true);
    if (wrong.length || expires) {
      document.querySelector<HTMLElement>(".area-form [aria-invalid=true], dialog [aria-invalid=true]")?.focus();
      return;
    }
    const found_ = doubts();
    if (found_.length) ask(found_);
    else void send();
  }
  async function send() {
    ask(null);
    setUnsure(false);
    const done = await sending.run(async () => {
      if (kind === "OCO") tellPair(await placeOco(pair(), () => setUnsure(true)));
      else tell(await place(body(), () => setUnsure(true)));
    });
    setUnsure(false);
    id.current = freshId();
    if (done) {
      setFields((before) => ({ ...before, quantity: "", value: "" }));
      touch(false);
    }
  }
  function tell(order: Order) {
    const text = order.status === "FILLED" ? t.trade.filled : order.status === "CANCELLED" || order.status === "REJECTED" ? (order.filled_quantity !== "0" ? t.trade.partly : t.trade.rejected) : order.status === "PARTIALLY_FILLED" ? t.trade.partly : t.trade.sent;
    toast(`${text} · ${order.symbol} ${t.trade[order.side === "BUY" ? "buy" : "sell"]} ${amount(order.quantity)}${order.average_price ? ` @ ${amount(order.average_price, rules.priceDigits)}` : ""}`, order.status === "REJECTED" || (order.status === "CANCELLED" && order.filled_quantity === "0") ? "bad" : "good");
  }
  function tellPair(placed: Order[]) {
    toast(`${t.trade.ocoSent} · ${market.symbol} ${t.trade[side === "BUY" ? "buy" : "sell"]} ${amount(placed[0]!.quantity)}`, "good");
  }
  const closed = market.status !== "ACTIVE" && market.status !== "AUCTION";
  const input = (name: keyof Fields, own: string) => ({ id: own, value: fields[name], inputMode: "decimal" as const, autocomplete: "off", spellcheck: false, maxLength: 32, onInput: (event: Event) => set(name)((event.currentTarget as HTMLInputElement).value) });
  const action = `${isPaper.value ? `${t.trade.practice} · ` : ""}${side === "BUY" ? t.trade.buyAsset(rules.base) : t.trade.sellAsset(rules.base)}`;
  return (
    <form class={`ticket ${side === "BUY" ? "buying" : "selling"}`} onSubmit={submit} noValidate>
      <Tabs label={t.trade.side} tabs={[["BUY", t.trade.buy], ["SELL", t.trade.sell]] as const} value={side} onValue={setSide} />
      <Select label={t.common.type} hideLabel value={kind} options={KINDS.filter((each) => !isPaper.value || PAPER_KINDS.has(each)).map((each) => [each, t.trade.types[each]!] as const)} onValue={(next) => chooseKind(next as Kind)} />
      <p class="kind-help">{isPaper.value ? t.trade.paperWait : t.trade.typeHelp[kind]}</p>
      <p class="line between available"><span class="muted">{t.trade.available}</span><span>{signedIn.value ? money(have, side === "BUY" ? rules.quote : rules.base) : "—"}{signedIn.value && !isPaper.value && <> <a href={`/cuzdan/yatir/${side === "BUY" ? rules.quote : rules.base}`} title={t.trade.deposit} aria-label={t.trade.deposit}>+</a></>}</span></p>
      {hasTrigger(kind) && <Field label={t.trade.stopPrice} error={error("trigger", "triggerTick") ?? sending.at("stop_price")} hint={echo(fields.trigger)} suffix={rules.quote} input={input("trigger", "ticket-trigger")} />}
      {hasLimit(kind) && <Field label={t.trade.limitPrice} error={error("price", "tick", "sides") ?? sending.at("price")} hint={echo(fields.price)} suffix={rules.quote} input={input("price", "ticket-price")} />}
      {kind === "OCO" && <Field label={`${t.trade.stopLimit} (${t.common.optional})`} error={error("stopLimit")} hint={echo(fields.stopLimit) ?? t.trade.stopLimitHint} suffix={rules.quote} input={input("stopLimit", "ticket-stop-limit")} />}
      {kind === "TRAILING_STOP" && <Field label={t.trade.trail} error={error("trail") ?? sending.at("trail_bps")} suffix="%" input={input("trail", "ticket-trail")} />}
      {kind === "TRAILING_STOP" && <Field label={`${t.trade.activation} (${t.common.optional})`} error={error("activationTick") ?? sending.at("activation_price")} suffix={rules.quote} input={input("activation", "ticket-activation")} />}
      {kind === "MARKET" && !isPaper.value && <Tabs small label={`${t.trade.quantity} / ${t.trade.value}`} tabs={[["base", t.trade.byBase(rules.base)], ["quote", t.trade.byQuote(rules.quote)]] as const} value={byValue ? "quote" : "base"} onValue={(next) => setByValue(next === "quote")} />}
      {draft.byValue
        ? <Field label={t.trade.value} error={error("quantity", "notional", "funds", "dry") ?? sending.at("quote_quantity")} hint={echo(fields.value)} suffix={rules.quote} input={input("value", "ticket-quantity")} />
        : <Field label={t.trade.quantity} error={error("quantity", "lot", "min", "max", "notional", "funds", "dry") ?? sending.at("quantity")} hint={echo(fields.quantity)} suffix={rules.base} input={input("quantity", "ticket-quantity")} />}
      <div class="percents" role="group" aria-label={t.trade.available}>
        {[25, 50, 75, 100].map((each) => <button key={each} type="button" class="button small" data-percent={each} aria-label={t.trade.percentOf(each)} disabled={!signedIn.value} onClick={() => part(each)}>{each}%</button>)}
      </div>
      {timed && (
        <details class="advanced">
          <summary>{t.trade.advanced}</summary>
          <Select label={t.trade.tif} value={tif} options={TIFS.filter((each) => !isPaper.value || each === "GTC").map((each) => [each, t.trade.tifs[each]!] as const)} onValue={(next) => setTif(next as typeof tif)} />
          {tif === "GTD" && <Field label={t.trade.expires} error={touched && expires ? t.trade.errExpires : sending.at("expires_at")} input={{ type: "datetime-local", value: fields.expires, onInput: (event) => set("expires")(event.currentTarget.value) }} />}
          {kind === "LIMIT" && !isPaper.value && <Field label={`${t.trade.iceberg} (${t.common.optional})`} error={sending.at("display_quantity")} suffix={rules.base} input={input("shown", "ticket-shown")} />}
          {kind === "LIMIT" && !isPaper.value && <Check label={t.trade.postOnly} checked={postOnly} onValue={setPostOnly} />}
        </details>
      )}
      <Summary rules={rules} draft={draft} found={found} last={last} best={levels[0]?.[0] ?? 0n} />
      <FailureText failure={sending.failure} asset={found.lockIn} />
      {unsure && <p class="notice" role="status">{t.error.unknown}</p>}
      {signedIn.value
        ? <button class={`button big ${side === "BUY" ? "buy" : "sell"}`} disabled={sending.busy || closed}>{sending.busy ? t.trade.sending : closed ? t.status[market.status] : action}</button>
        : <a class="button primary big" href={`/giris?next=${encodeURIComponent(location.pathname)}`}>{t.trade.loginToTrade}</a>}
      {asking && (
        <Confirm title={t.trade.confirmTitle} action={action} onYes={() => void send()} onNo={() => ask(null)} busy={sending.busy}>
          <ul class="doubts">{asking.map((each) => <li key={each}>{each}</li>)}</ul>
          <Summary rules={rules} draft={draft} found={found} last={last} best={levels[0]?.[0] ?? 0n} />
        </Confirm>
      )}
    </form>
  );
}
