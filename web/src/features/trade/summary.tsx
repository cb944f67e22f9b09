import { texts } from "../../i18n/texts";
import type { MarketRules } from "../../live/markets";
import { isPaper } from "../../live/mode";
import { amount, money, rate } from "../../money/format";
import type { Units } from "../../money/units";
import { Fact } from "../../ui/parts";
import { hasLimit, type Draft, type Estimate } from "./estimate";

/** The figures of the order before it is sent: they are the engine's own. */
export function Summary({ rules, draft, found, last, best }: { rules: MarketRules; draft: Draft; found: Estimate; last: Units; best: Units }) {
  const t = texts.value.trade;
  const low = (last * (10_000n - rules.bandBps)) / 10_000n;
  const high = (last * (10_000n + rules.bandBps)) / 10_000n;
  return (
    <dl class="summary">
      <Fact name={t.cost}>{money(found.value, rules.quote)}</Fact>
      {found.walk && found.walk.quantity > 0n && <Fact name={t.averageFill}>{amount(found.average, rules.priceDigits)}</Fact>}
      {found.walk && best > 0n && <Fact name={draft.side === "BUY" ? t.bestAsk : t.last}>{amount(best, rules.priceDigits)}</Fact>}
      <Fact name={<>{t.fee} <small class="muted">{rate(rules.makerPpm)} / {rate(rules.takerPpm)}</small></>}>≤ {money(found.fee, rules.quote)}</Fact>
      {!isPaper.value && <Fact name={t.lock}>{money(found.lock, found.lockIn)}</Fact>}
      <Fact strong name={<>{t.receive} {hasLimit(draft.kind) && draft.side === "SELL" && <small class="muted">{draft.kind === "OCO" ? t.atLimit : t.atLeast}</small>}</>}>{money(found.receive, found.receiveIn)}</Fact>
      {hasLimit(draft.kind) && rules.bandBps > 0n && last > 0n && <Fact name={t.band}>{amount(low, rules.priceDigits)} – {amount(high, rules.priceDigits)}</Fact>}
    </dl>
  );
}
