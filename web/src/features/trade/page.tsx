import { useEffect, useState } from "preact/hooks";
import { symbolPath, go, segments } from "../../app/router";
import { shortcuts } from "../../app/prefs";
import { texts } from "../../i18n/texts";
import { failure, loadMarkets, marketOf, markets, rulesOf, tickers } from "../../live/markets";
import { amount, compact } from "../../money/format";
import { moment } from "../../ui/time";
import { Boundary } from "../../ui/boundary";
import { Dialog } from "../../ui/dialog";
import { FailureText, Tabs } from "../../ui/parts";
import { AssetIcon, Change } from "../markets/markets";
import { BookPanel } from "./book-panel";
import { Chart } from "./chart";
import { Divider } from "./columns";
import { Depth } from "./depth";
import { Ticket } from "./ticket";
import { preset } from "./draft";
import { MyTabs } from "./my-tabs";
import { TradesPanel } from "./trades-panel";
import { isLive } from "../../live/feeds";
import { isPaper, mode } from "../../live/mode";
import type { Market } from "../../api/types";

type Side = "BUY" | "SELL";
type Middle = "book" | "trades" | "depth";
type Part = "chart" | "book" | "trades" | "mine";

export function Trade() {
  const t = texts.value;
  const market = marketOf(segments.value[1] ?? "BTC-TRY");
  if (!market) {
    if (failure.value && !markets.value.length) return <div class="page"><div class="notice bad"><FailureText failure={failure.value} /><button type="button" class="button" onClick={() => void loadMarkets()}>{t.common.retry}</button></div></div>;
    if (!markets.value.length) return <div class="skeleton page" aria-busy="true"><span /><span /><span /></div>;
    return <div class="empty-page"><p>{t.markets.none}</p><a class="button primary" href="/">{t.common.home}</a></div>;
  }
  return <Screen key={market.symbol} market={market} />;
}

function Strip({ market }: { market: Market }) {
  const t = texts.value;
  const ticker = tickers.value[market.symbol];
  const rules = rulesOf(market);
  const options = markets.value.filter((each) => each.status !== "DELISTED");
  return (
    <header class="strip">
      <h1 class="hidden-visually">{market.symbol}</h1>
      <span class="strip-pair">
        <AssetIcon asset={market.base_asset} />
        <select id="pair" class="pair-select" aria-label={t.markets.symbol} value={market.symbol} onChange={(event) => go(symbolPath(event.currentTarget.value))}>
          {options.map((each) => <option key={each.symbol} value={each.symbol}>{each.symbol}</option>)}
        </select>
      </span>
      <span class="strip-price"><strong>{amount(ticker?.last_price, rules.priceDigits)}</strong><Change value={ticker?.price_change_percent_24h} /></span>
      <dl class="strip-facts">
        <div><dt>{t.markets.high}</dt><dd>{amount(ticker?.high_24h, rules.priceDigits)}</dd></div>
        <div><dt>{t.markets.low}</dt><dd>{amount(ticker?.low_24h, rules.priceDigits)}</dd></div>
        <div><dt>{t.markets.volume} ({market.base_asset})</dt><dd>{ticker ? compact(ticker.volume_24h) : "—"}</dd></div>
        <div><dt>{t.markets.volume} ({market.quote_asset})</dt><dd>{ticker ? compact(ticker.quote_volume_24h) : "—"}</dd></div>
      </dl>
      <span class="grow" />
      <Tabs small label={t.trade.mode} tabs={[["live", t.trade.live], ["paper", t.trade.paper]] as const} value={mode.value} onValue={(next) => (mode.value = next)} />
    </header>
  );
}

function Screen({ market }: { market: Market }) {
  const t = texts.value;
  const [middle, setMiddle] = useState<Middle>("book");
  const [part, setPart] = useState<Part>("chart");
  const [sheet, setSheet] = useState<Side | null>(null);
  const [keys, showKeys] = useState(false);
  const ticker = tickers.value[market.symbol];
  useEffect(() => {
    const price = ticker?.last_price && isLive.value ? `${amount(ticker.last_price, rulesOf(market).priceDigits)} ` : "";
    document.title = `${price}${market.symbol} · ${t.brand}`;
  }, [ticker?.last_price, market.symbol, isLive.value, t]);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (shortcuts.value === "off" || event.ctrlKey || event.metaKey || event.altKey || target.closest("input, textarea, select, dialog, [contenteditable]")) return;
      const focus = (id: string) => { event.preventDefault(); document.getElementById(id)?.focus(); };
      if (event.key === "/") focus("pair");
      else if (event.key === "?") showKeys(true);
      else if (event.key === "b" || event.key === "B") preset.value = { ...preset.value, side: "BUY", turn: preset.value.turn + 1 };
      else if (event.key === "s" || event.key === "S") preset.value = { ...preset.value, side: "SELL", turn: preset.value.turn + 1 };
      else if (event.key === "p" || event.key === "P") focus("ticket-price");
      else if (event.key === "q" || event.key === "Q") focus("ticket-quantity");
      else if (["1", "2", "3", "4"].includes(event.key)) document.querySelector<HTMLElement>(`[data-percent="${Number(event.key) * 25}"]`)?.click();
      else if (event.key === "g" || event.key === "G") document.getElementById("grouping")?.focus();
      else if (event.key === "X" && event.shiftKey) document.getElementById("cancel-all")?.click();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
  const middles = [["book", t.trade.book], ["trades", t.trade.trades], ["depth", t.trade.depth]] as const;
  const parts = [["chart", t.trade.chart], ["book", t.trade.book], ["trades", t.trade.trades], ["mine", t.trade.open]] as const;
  return (
    <div class="trade" data-part={part} data-middle={middle}>
      <Strip market={market} />
      {market.status !== "ACTIVE" && <div class="halt-bar" role="alert"><strong>{t.status[market.status]}</strong> {market.status === "AUCTION" ? "" : t.halted(market.status_reason ?? "", market.estimated_resume ? moment(market.estimated_resume) : "")}</div>}
      <div class="phone-tabs"><Tabs label={market.symbol} tabs={parts} value={part} onValue={setPart} /></div>
      <section class="panel area-chart" aria-label={t.trade.chart}><Boundary><Chart market={market} /></Boundary></section>
      <Divider column="book" name={t.trade.book} />
      <section class="panel area-book" aria-label={t.trade.book}>
        <div class="desk-only"><Tabs small label={t.trade.book} tabs={middles} value={middle} onValue={setMiddle} /></div>
        <Boundary>
          {(middle === "book" || part === "book") && <BookPanel key={market.symbol} market={market} />}
          {middle === "depth" && part !== "book" && <Depth market={market} />}
          {middle === "trades" && part !== "book" && <TradesPanel market={market} />}
        </Boundary>
      </section>
      <Divider column="trades" name={t.trade.trades} />
      <section class="panel area-trades" aria-label={t.trade.trades}><h2 class="panel-title">{t.trade.trades}</h2><Boundary><TradesPanel market={market} /></Boundary></section>
      <Divider column="form" name={t.trade.form} />
      <section class="panel area-form" aria-label={t.trade.form}><Boundary><Ticket market={market} /></Boundary></section>
      <section class="panel area-mine" aria-label={t.trade.open}><Boundary><MyTabs market={market} /></Boundary></section>
      <div class="action-bar">
        <button type="button" class="button buy" onClick={() => setSheet("BUY")}>{isPaper.value && `${t.trade.practice} · `}{t.trade.buy}</button>
        <button type="button" class="button sell" onClick={() => setSheet("SELL")}>{isPaper.value && `${t.trade.practice} · `}{t.trade.sell}</button>
      </div>
      {sheet && <Dialog sheet title={market.symbol} onClose={() => setSheet(null)}><Ticket market={market} side={sheet} /></Dialog>}
      {keys && (
        <Dialog title={t.trade.keys} onClose={() => showKeys(false)}>
          <dl class="keys">{t.trade.keyList.map(([key, text]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{text}</dd></div>)}</dl>
        </Dialog>
      )}
    </div>
  );
}
