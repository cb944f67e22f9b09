import { useState } from "preact/hooks";
import { ask, get, post } from "../api/client";
import { useResource } from "../api/load";
import type { Listed, Market } from "../api/types";
import { texts } from "../i18n/texts";
import { isAdmin } from "../session/session";
import { Card, Field, Select, Shown } from "../ui/parts";
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
  const close = () => { change(null); setAll(null); void found.reload(); };
  return (
    <Card class="flush" actions={isAdmin.value && <span class="line"><button type="button" class="button small danger" onClick={() => setAll("halt")}>{w.haltAll}</button><button type="button" class="button small" onClick={() => setAll("resume")}>{w.resumeAll}</button></span>}>
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
      {all && <Reasoned danger={all === "halt"} word={all === "halt" ? "HALT" : "RESUME"} title={all === "halt" ? w.haltAll : w.resumeAll} onClose={close} send={(reason) => post(`/api/v1/admin/emergency/${all}-all`, { reason })} />}
    </Card>
  );
}

const pathOf = (market: Market) => market.symbol.replace("/", "");

function Status({ market, onClose }: { market: Market; onClose(): void }) {
  const w = words.value;
  const [next, setNext] = useState<string>(market.status);
  return (
    <Reasoned title={`${market.symbol} · ${w.setStatus}`} danger={next !== "ACTIVE"} word={next !== "ACTIVE" && next !== market.status ? market.symbol : ""} onClose={onClose} send={(reason) => ask("PUT", `/api/v1/admin/symbols/${pathOf(market)}/status`, { body: { status: next, reason } })}>
      <Select label={`${w.old}: ${market.status} → ${w.next}`} value={next} options={STATES.map((each) => [each, each] as const)} onValue={setNext} />
    </Reasoned>
  );
}

function Breaker({ market, onClose }: { market: Market; onClose(): void }) {
  const w = words.value;
  const [action, setAction] = useState("TRIGGER");
  return (
    <Reasoned title={`${market.symbol} · ${w.breaker}`} danger={action === "TRIGGER"} onClose={onClose} send={(reason) => post(`/api/v1/admin/circuit-breaker/${pathOf(market)}`, { action, reason })}>
      <Select label={w.action} value={action} options={[["TRIGGER", w.trip], ["RESET", w.reset]]} onValue={setAction} />
    </Reasoned>
  );
}

function Rules({ market, onClose }: { market: Market; onClose(): void }) {
  const w = words.value;
  const [next, setNext] = useState<Record<string, string>>({});
  const changed = Object.entries(next).filter(([name, text]) => text !== String(market[name as keyof Market] ?? ""));
  const body = Object.fromEntries(changed.map(([name, text]) => [name, (NUMBERS as readonly string[]).includes(name) ? Number(text) : text.replace(",", ".")]));
  return (
    <Reasoned title={`${market.symbol} · ${w.rules}`} reasonless={false} onClose={onClose} send={() => ask("PUT", `/api/v1/admin/symbols/${pathOf(market)}`, { body })}>
      {[...DECIMALS, ...NUMBERS].map((name) => <Field key={name} label={w.fieldNames[name]!} input={{ value: next[name] ?? String(market[name] ?? ""), inputMode: "decimal", onInput: (event) => setNext({ ...next, [name]: event.currentTarget.value }) }} />)}
      {changed.length > 0 && <p class="notice">{w.diff}: {changed.map(([name, text]) => `${w.fieldNames[name]} ${market[name as keyof Market] ?? "—"} → ${text}`).join(" · ")}</p>}
    </Reasoned>
  );
}
