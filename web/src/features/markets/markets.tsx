import { useEffect, useRef, useState } from "preact/hooks";
import { favourites } from "../../app/prefs";
import { go, symbolPath } from "../../app/router";
import type { Market, Ticker } from "../../api/types";
import { folded, texts } from "../../i18n/texts";
import { failure, loadMarkets, markets, rulesOf, tickers } from "../../live/markets";
import { mode } from "../../live/mode";
import { amount, compact, percent } from "../../money/format";
import { Copy, FailureText, Tabs } from "../../ui/parts";
import { isLocal } from "../auth/layout";
import { Sparkline } from "./sparkline";

type Tab = "TRY" | "USDT" | "fav" | "all";

export function direction(text: string | null | undefined): string {
  return !text || Number(text) === 0 ? "flat" : text.startsWith("-") ? "down" : "up";
}

export function Change({ value }: { value: string | null | undefined }) {
  const way = direction(value);
  return <span class={`change ${way}`}>{way === "up" ? "▲ " : way === "down" ? "▼ " : ""}{percent(value)}</span>;
}

export function AssetIcon({ asset }: { asset: string }) {
  return <span class={`asset-icon asset-${asset.toLowerCase()}`} aria-hidden="true">{asset === "TRY" ? "₺" : asset.slice(0, 1)}</span>;
}

function Star({ symbol }: { symbol: string }) {
  const t = texts.value.markets;
  const on = favourites.value.includes(symbol);
  return (
    <button type="button" class={on ? "star on" : "star"} aria-pressed={on} aria-label={`${on ? t.unfavourite : t.favourite}: ${symbol}`} onClick={(event) => { event.stopPropagation(); favourites.value = on ? favourites.value.filter((each) => each !== symbol) : [...favourites.value, symbol]; }}>
      {on ? "★" : "☆"}
    </button>
  );
}

function Row({ market, ticker }: { market: Market; ticker: Ticker | undefined }) {
  const t = texts.value;
  const rules = rulesOf(market);
  const to = symbolPath(market.symbol);
  const price = (text: string | null | undefined) => amount(text, rules.priceDigits);
  return (
    <tr onClick={() => go(to)}>
      <td><span class="pair">
        <Star symbol={market.symbol} />
        <AssetIcon asset={market.base_asset} />
        <a href={to} onClick={(event) => event.stopPropagation() as unknown as void}><strong>{market.base_asset}</strong><span class="muted">/{market.quote_asset}</span></a>
        {market.status !== "ACTIVE" && <span class="badge warn" title={market.status_reason ?? ""}>{t.status[market.status]}</span>}
      </span></td>
      <td class="num strong">{ticker?.last_price ? price(ticker.last_price) : <span class="muted">{t.markets.noTrades}</span>}</td>
      <td class="num"><Change value={ticker?.price_change_percent_24h} /></td>
      <td class="num wide-only">{price(ticker?.high_24h)}</td>
      <td class="num wide-only">{price(ticker?.low_24h)}</td>
      <td class="num mid-only">{ticker ? `${compact(ticker.quote_volume_24h)} ${market.quote_asset}` : "—"}</td>
      <td class="spark mid-only"><Sparkline symbol={market.symbol} way={direction(ticker?.price_change_percent_24h)} /></td>
      <td class="end wide-only"><a class="button small" href={to}>{t.markets.trade}</a></td>
    </tr>
  );
}

export function Markets() {
  const t = texts.value;
  const [tab, setTab] = useState<Tab>("TRY");
  const [wanted, setWanted] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = t.brand;
    const focus = (event: KeyboardEvent) => {
      if (event.key === "/" && !(event.target as HTMLElement).closest("input, textarea, select")) {
        event.preventDefault();
        field.current?.focus();
      }
    };
    window.addEventListener("keydown", focus);
    return () => window.removeEventListener("keydown", focus);
  }, []);
  const kept = markets.value.filter((market) => market.status !== "DELISTED" && (tab === "all" || (tab === "fav" ? favourites.value.includes(market.symbol) : market.quote_asset === tab)));
  const rows = kept.filter((market) => folded(market.symbol).includes(folded(wanted)));
  const tabs = [["TRY", "TRY"], ["USDT", "USDT"], ["fav", `★ ${t.markets.favourites}`], ["all", t.common.all]] as const;
  return (
    <div class="page markets">
      <header class="hero">
        <div><h1>{t.markets.title}</h1><p>{t.markets.lead}</p></div>
        <Highlights />
      </header>
      <section class="card flush">
        <header class="card-head">
          <Tabs label={t.markets.title} tabs={tabs} value={tab} onValue={setTab} />
          <input ref={field} class="search" type="search" placeholder={t.common.search} aria-label={t.common.search} value={wanted} onInput={(event) => setWanted(event.currentTarget.value)} />
        </header>
        {failure.value && markets.value.length === 0 ? (
          <div class="notice bad"><FailureText failure={failure.value} /><button type="button" class="button small" onClick={() => void loadMarkets()}>{t.common.retry}</button></div>
        ) : (
          <div class="scroll-x" tabIndex={0}>
            <table class="table rows">
              <thead>
                <tr><th>{t.markets.symbol}</th><th class="num">{t.markets.last}</th><th class="num">{t.markets.change}</th><th class="num wide-only">{t.markets.high}</th><th class="num wide-only">{t.markets.low}</th><th class="num mid-only">{t.markets.volume}</th><th class="mid-only">{t.markets.trend}</th><th class="wide-only"><span class="hidden-visually">{t.markets.trade}</span></th></tr>
              </thead>
              <tbody>
                {rows.map((market) => <Row key={market.symbol} market={market} ticker={tickers.value[market.symbol]} />)}
                {markets.value.length === 0 && [1, 2, 3].map((each) => <tr key={each} class="skeleton-row"><td colSpan={8}><span /></td></tr>)}
              </tbody>
            </table>
            {markets.value.length > 0 && rows.length === 0 && <p class="empty">{tab === "fav" && !wanted ? t.markets.noFavourites : t.markets.none}</p>}
          </div>
        )}
      </section>
      {isLocal && markets.value.length > 0 && <Hint />}
    </div>
  );
}

function Highlights() {
  const shown = markets.value.filter((market) => market.quote_asset === "TRY" && market.status !== "DELISTED").slice(0, 3);
  return (
    <ul class="highlights">
      {markets.value.length === 0 && [1, 2, 3].map((each) => <li key={each} aria-hidden="true"><a><span class="line"><AssetIcon asset=" " />—<span class="change flat">—</span></span><strong>—</strong></a></li>)}
      {shown.map((market) => {
        const ticker = tickers.value[market.symbol];
        return (
          <li key={market.symbol}>
            <a href={symbolPath(market.symbol)}>
              <span class="line"><AssetIcon asset={market.base_asset} />{market.symbol}<Change value={ticker?.price_change_percent_24h} /></span>
              <strong>{ticker?.last_price ? `₺${amount(ticker.last_price, rulesOf(market).priceDigits)}` : "—"}</strong>
            </a>
          </li>
        );
      })}
    </ul>
  );
}

/** What a newcomer on this machine can do; not shown on any other host. */
function Hint() {
  const t = texts.value.markets;
  const transfer = ".venv/bin/mycrypto simulate bank-transfer --reference R --amount 1000.00";
  const traffic = ".venv/bin/mycrypto traffic --users 20 --rate 20 --seconds 600";
  return (
    <aside class="card hint">
      <h2>{t.hintTitle}</h2>
      <p>{t.hintText}</p>
      <p class="line"><code>{transfer}</code><Copy text={transfer} /></p>
      <p>{t.hintTraffic}</p>
      <p class="line"><code>{traffic}</code><Copy text={traffic} /></p>
      <p class="line">
        <button type="button" class="button primary small" onClick={() => { mode.value = "paper"; go("/islem/BTC-TRY"); }}>{t.hintPaper}</button>
        <a class="button small" href="/local/mailbox">{t.hintMail}</a>
        <a class="button small" href="/local/dashboard">{t.hintBoard}</a>
        <a class="button small" href="/api/v1/docs">{t.hintApi}</a>
      </p>
    </aside>
  );
}
