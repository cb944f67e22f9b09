// What a user may do in the market, and the change of it.
import { useState } from "preact/hooks";
import { useResource } from "../api/load";
import type { UserLimits } from "../api/types";
import { texts } from "../i18n/texts";
import { isAdmin } from "../session/session";
import { Card, Check, Fact, Field, Select, Shown } from "../ui/parts";
import { limitsOf, setLimits } from "./calls";
import { Reasoned } from "./reason";
import { words } from "./texts";

const COUNTS = ["open_orders_max", "open_orders_per_symbol_max", "maker_fee_ppm", "taker_fee_ppm"] as const;
const FIGURES = [...COUNTS, "daily_notional_max"] as const;
const PREVENTIONS = ["ALLOW", "CANCEL_BOTH", "CANCEL_MAKER", "CANCEL_TAKER", "DECREMENT"] as const;

export function Limits({ user }: { user: string }) {
  const w = words.value;
  const t = texts.value;
  const found = useResource(() => limitsOf(user), [user]);
  const [changing, change] = useState(false);
  return (
    <Card title={w.limits} actions={isAdmin.value && found.state.value.data && <button type="button" class="button small" onClick={() => change(true)}>{w.changeLimits}</button>}>
      <Shown state={found.state.value} onRetry={found.reload} rows={2}>
        {(rows) => (
          <dl class="facts">
            {FIGURES.map((name) => <Fact key={name} name={w.limitNames[name]}>{rows[name] ?? w.byDefault}</Fact>)}
            <Fact name={w.limitNames.self_trade_prevention}>{rows.self_trade_prevention}</Fact>
            <Fact name={w.limitNames.market_maker}>{rows.market_maker ? t.common.yes : t.common.no}</Fact>
          </dl>
        )}
      </Shown>
      {changing && <ChangeLimits user={user} now={found.state.value.data!} onClose={() => { change(false); void found.reload(); }} />}
    </Card>
  );
}

/** An empty field is the platform's default; only what differs is sent. */
function ChangeLimits({ user, now, onClose }: { user: string; now: UserLimits; onClose(): void }) {
  const w = words.value;
  const before = Object.fromEntries(FIGURES.map((name) => [name, String(now[name] ?? "")]));
  const [next, setNext] = useState<Record<string, string>>(before);
  const [prevention, setPrevention] = useState(now.self_trade_prevention);
  const [maker, setMaker] = useState(now.market_maker);
  const figure = (name: (typeof FIGURES)[number]) => {
    const text = next[name]!.trim().replace(",", ".");
    return text === "" ? null : (COUNTS as readonly string[]).includes(name) ? Number(text) : text;
  };
  const body = {
    ...Object.fromEntries(FIGURES.filter((name) => next[name] !== before[name]).map((name) => [name, figure(name)])),
    ...(prevention !== now.self_trade_prevention && { self_trade_prevention: prevention }),
    ...(maker !== now.market_maker && { market_maker: maker }),
  };
  return (
    <Reasoned title={w.changeLimits} reasonless unready={!Object.keys(body).length} onClose={onClose} send={() => setLimits(user, body)}>
      {FIGURES.map((name) => <Field key={name} label={w.limitNames[name]!} hint={w.emptyIsDefault} input={{ value: next[name]!, inputMode: "decimal", maxLength: 32, onInput: (event) => setNext({ ...next, [name]: event.currentTarget.value }) }} />)}
      <Select label={w.limitNames.self_trade_prevention!} value={prevention} options={PREVENTIONS.map((each) => [each, each] as const)} onValue={setPrevention} />
      <Check label={w.limitNames.market_maker} checked={maker} onValue={setMaker} />
    </Reasoned>
  );
}
