import { useState } from "preact/hooks";
import { get } from "../api/client";
import { useResource } from "../api/load";
import type { Listed, Market } from "../api/types";
import { texts } from "../i18n/texts";
import { isAdmin } from "../session/session";
import { Card, Field, Select, Shown } from "../ui/parts";
import { breaker, haltAll, resumeAll, setSymbol, setSymbolStatus } from "./calls";
import { Reasoned } from "./reason";
import { words } from "./texts";

const NUMBERS = ["price_band_bps", "breaker_bps", "maker_fee_ppm", "taker_fee_ppm"] as const;
const DECIMALS = ["tick_size", "lot_size", "quantity_min", "quantity_max", "notional_min"] as const;
const STATES = ["ACTIVE", "HALTED", "MAINTENANCE", "AUCTION", "DELISTED"] as const;
type What = "status" | "rules" | "breaker";

export function OfficeMarkets() {
  const t = texts.value;
  const w = words.value;
  const found = useResource(() => get<Listed<Market>>("/api/v1/markets"), [], 30);
  const [changing, change] = useState<{ market: Market; what: What } | null>(null);
  const [all, setAll] = useState<"halt" | "resume" | null>(null);
  const [listing, list_] = useState(false);
  const close = () => { change(null); setAll(null); list_(false); void found.reload(); };
  return (
    <Card class="flush" actions={isAdmin.value && <span class="line"><button type="button" class="button small" onClick={() => list_(true)}>{w.listNew}</button><button type="button" class="button small danger" onClick={() => setAll("halt")}>{w.haltAll}</button><button type="button" class="button small" onClick={() => setAll("resume")}>{w.resumeAll}</button></span>}>
      <Shown state={found.state.value} onRetry={found.reload}>
        {(list) => (
          <div class="scroll-x" tabIndex={0}><table class="table rows">
            <thead><tr><th>{w.symbol}</th><th>{w.status}</th><th>{w.action}</th>{[...DECIMALS, ...NUMBERS].map((name) => <th key={name} class="num">{w.fieldNames[name]}</th>)}</tr></thead>
            <tbody>{list.data.map((market) => (
              <tr key={market.symbol}>
                <td class="strong">{market.symbol}</td><td><span class={market.status === "ACTIVE" ? "badge good" : "badge warn"} title={market.status_reason ?? ""}>{t.status[market.status]}</span></td>
                <td><span class="line tight">{isAdmin.value && (["status", "rules", "breaker"] as const).map((what) => <button key={what} type="button" class="button small" onClick={() => change({ market, what })}>{what === "status" ? w.setStatus : w[what]}</button>)}</span></td>
                {[...DECIMALS, ...NUMBERS].map((name) => <td key={name} class="num">{market[name] ?? "—"}</td>)}
              </tr>
            ))}</tbody>
          </table></div>
        )}
      </Shown>
      {changing?.what === "status" && <Status market={changing.market} onClose={close} />}
      {changing?.what === "rules" && <Rules market={changing.market} onClose={close} />}
      {changing?.what === "breaker" && <Breaker market={changing.market} onClose={close} />}
      {listing && <NewMarket onClose={close} />}
      {all && <Reasoned danger={all === "halt"} word={all === "halt" ? "HALT" : "RESUME"} title={all === "halt" ? w.haltAll : w.resumeAll} onClose={close} send={(reason) => (all === "halt" ? haltAll(reason) : resumeAll(reason))} />}
    </Card>
  );
}

const pathOf = (symbol: string) => symbol.replace("/", "-");

function Status({ market, onClose }: { market: Market; onClose(): void }) {
  const w = words.value;
  const [next, setNext] = useState<string>(market.status);
  return (
    <Reasoned title={`${market.symbol} · ${w.setStatus}`} danger={next !== "ACTIVE"} word={next !== "ACTIVE" && next !== market.status ? market.symbol : ""} onClose={onClose} send={(reason) => setSymbolStatus(pathOf(market.symbol), { status: next, reason })}>
      <Select label={`${w.old}: ${market.status} → ${w.next}`} value={next} options={STATES.map((each) => [each, each] as const)} onValue={setNext} />
    </Reasoned>
  );
}

function Breaker({ market, onClose }: { market: Market; onClose(): void }) {
  const w = words.value;
  const [action, setAction] = useState("TRIGGER");
  return (
    <Reasoned title={`${market.symbol} · ${w.breaker}`} danger={action === "TRIGGER"} onClose={onClose} send={(reason) => breaker(pathOf(market.symbol), { action, reason })}>
      <Select label={w.action} value={action} options={[["TRIGGER", w.trip], ["RESET", w.reset]]} onValue={setAction} />
    </Reasoned>
  );
}

/** The body of a change of rules: counts as numbers, amounts as decimal strings. */
function bodyOf(given: [string, string][]): Record<string, string | number> {
  return Object.fromEntries(given.map(([name, text]) => [name, (NUMBERS as readonly string[]).includes(name) ? Number(text) : text.trim().replace(",", ".")]));
}

function NewMarket({ onClose }: { onClose(): void }) {
  const w = words.value;
  const [symbol, setSymbol_] = useState("");
  const [rules, setRules] = useState<Record<string, string>>({});
  const filled = Object.entries(rules).filter(([, text]) => text.trim());
  const whole = ["tick_size", "lot_size", "quantity_min", "quantity_max"].every((name) => rules[name]?.trim());
  return (
    <Reasoned title={w.listNew} reasonless word={symbol.trim()} unready={!/^[A-Z0-9]+\/[A-Z0-9]+$/.test(symbol.trim()) || !whole} onClose={onClose} send={() => setSymbol(pathOf(symbol.trim()), bodyOf(filled))}>
      <Field label={w.symbol} hint="BTC/TRY" input={{ value: symbol, maxLength: 21, autocomplete: "off", onInput: (event) => setSymbol_(event.currentTarget.value.toUpperCase()) }} />
      {[...DECIMALS, ...NUMBERS].map((name) => <Field key={name} label={w.fieldNames[name]!} input={{ value: rules[name] ?? "", inputMode: "decimal", onInput: (event) => setRules({ ...rules, [name]: event.currentTarget.value }) }} />)}
    </Reasoned>
  );
}

function Rules({ market, onClose }: { market: Market; onClose(): void }) {
  const w = words.value;
  const [next, setNext] = useState<Record<string, string>>({});
  const changed = Object.entries(next).filter(([name, text]) => text !== String(market[name as keyof Market] ?? ""));
  const body = bodyOf(changed);
  return (
    <Reasoned title={`${market.symbol} · ${w.rules}`} reasonless unready={!changed.length} onClose={onClose} send={() => setSymbol(pathOf(market.symbol), body)}>
      {[...DECIMALS, ...NUMBERS].map((name) => <Field key={name} label={w.fieldNames[name]!} input={{ value: next[name] ?? String(market[name] ?? ""), inputMode: "decimal", onInput: (event) => setNext({ ...next, [name]: event.currentTarget.value }) }} />)}
      {changed.length > 0 && <p class="notice">{w.diff}: {changed.map(([name, text]) => `${w.fieldNames[name]} ${market[name as keyof Market] ?? "—"} → ${text}`).join(" · ")}</p>}
    </Reasoned>
  );
}
