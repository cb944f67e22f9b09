import { useComputed } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { lang, speak, texts } from "../i18n/texts";
import { isPaper, mode } from "../live/mode";
import { isLive, open, own } from "../live/feeds";
import { isStaff, known, logout, profile, signedIn } from "../session/session";
import { waiting } from "../session/stepup";
import { StepUp } from "../features/auth/stepup-dialog";
import { Bell } from "../features/notices/bell";
import { clock } from "../ui/time";
import { Toasts } from "../ui/toast";
import { theme } from "./prefs";
import { segments } from "./router";

const LINKS = [["/", "markets", ""], ["/islem/BTC-TRY", "trade", "islem"], ["/al-sat", "convert", "al-sat"], ["/cuzdan", "wallet", "cuzdan"], ["/emirler", "orders", "emirler"], ["/alarmlar", "alerts", "alarmlar"]] as const;

function Links() {
  const t = texts.value.nav;
  const here = segments.value[0] ?? "";
  return (
    <>
      {LINKS.map(([to, name, first]) => (
        <a key={to} href={to} aria-current={here === first ? "page" : undefined}>{t[name]}</a>
      ))}
      {isStaff.value && <a href="/ops">{t.ops}</a>}
    </>
  );
}

export function LiveDot() {
  const t = texts.value.live;
  const state = useComputed(() => {
    const both = [open.state.value, ...(signedIn.value ? [own.state.value] : [])];
    return (["lost", "stale", "connecting", "live"] as const).find((each) => both.includes(each)) ?? "live";
  });
  return <span class={`live-dot ${state.value}`} role="status">{t[state.value]}</span>;
}

function UserMenu() {
  const t = texts.value;
  if (!known.value) return <span class="who" />;
  if (!signedIn.value) {
    return (
      <span class="who">
        <a class="button small ghost" href="/giris">{t.common.login}</a>
        <a class="button small primary" href="/kayit">{t.common.register}</a>
      </span>
    );
  }
  return (
    <span class="who">
      <Bell />
      <a class="account-link" href="/hesap/profil" aria-current={segments.value[0] === "hesap" ? "page" : undefined} title={profile.value?.email}>{t.nav.account}</a>
      <button type="button" class="button small ghost" onClick={() => void logout().catch(() => undefined)}>{t.common.logout}</button>
    </span>
  );
}

function Switches() {
  const t = texts.value.common;
  const dark = theme.value === "dark";
  return (
    <span class="switches">
      <button type="button" class="icon-button" aria-label={dark ? t.lightTheme : t.darkTheme} title={dark ? t.lightTheme : t.darkTheme} onClick={() => (theme.value = dark ? "light" : "dark")}>{dark ? "☀" : "☾"}</button>
      <button type="button" class="icon-button wide" lang={lang.value === "tr" ? "en" : "tr"} aria-label={`${lang.value === "tr" ? "EN" : "TR"}: ${t.otherLang}`} onClick={() => void speak(lang.value === "tr" ? "en" : "tr")}>{lang.value === "tr" ? "EN" : "TR"}</button>
    </span>
  );
}

export function PaperBar() {
  if (!isPaper.value) return null;
  const t = texts.value.trade;
  return (
    <div class="paper-bar" role="status">
      <strong>{t.practice}</strong> <span>{t.paperOn}</span>
      <button type="button" class="button small" onClick={() => (mode.value = "live")}>{t.paperOff}</button>
    </div>
  );
}

/** Until the socket is there again: what is known, since when, and how to try at once. */
function OfflineBar() {
  const state = open.state.value;
  if (state === "live" || (state === "connecting" && !open.heardAt)) return null;
  const t = texts.value;
  return (
    <div class="offline-bar" role="alert">
      {t.live.offline} {open.heardAt > 0 && t.live.since(clock(new Date(open.heardAt).toISOString()))}{" "}
      <button type="button" class="button small" onClick={() => { open.retry(); own.retry(); }}>{t.live.reconnect}</button>
    </div>
  );
}

const CLOCK_OFF_MS = 30_000;
const MINUTE_MS = 60_000;

/** A clock that is wrong spoils six-digit codes and times that a person types. */
function ClockBar() {
  const off = Math.abs(open.offsetMs.value);
  if (off < CLOCK_OFF_MS) return null;
  const t = texts.value.live;
  return <div class="clock-bar" role="status">{t.clock(off < 2 * MINUTE_MS ? t.seconds(Math.round(off / 1_000)) : t.minutes(Math.round(off / MINUTE_MS)))}</div>;
}

export function Shell({ children }: { children: ComponentChildren }) {
  const t = texts.value;
  const [menu, setMenu] = useState(false);
  return (
    <div class={`shell ${isPaper.value ? "paper" : ""} ${isLive.value || !open.heardAt ? "" : "away"}`}>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), document.getElementById("main")?.focus())}>{t.nav.skip}</a>
      <header class="top">
        <a class="brand" href="/"><img src="/icon.svg" alt="" width="26" height="26" /> {t.brand}</a>
        <nav class="links" aria-label={t.nav.main}><Links /></nav>
        <span class="grow" />
        <LiveDot />
        <Switches />
        <UserMenu />
        <button type="button" class="icon-button burger" aria-label={t.nav.menu} aria-expanded={menu} onClick={() => setMenu(!menu)}>☰</button>
      </header>
      {menu && <nav class="drawer" aria-label={t.nav.menu} onClick={() => setMenu(false)}><Links />{signedIn.value && <><a href="/bildirimler">{t.notices.title}</a><a href="/hesap/profil">{t.nav.account}</a></>}<a href="/yukumlulukler">{t.liabilities.title}</a><a href="/durum">{t.info.statusTitle}</a></nav>}
      <PaperBar />
      <OfflineBar />
      <ClockBar />
      <main id="main" tabIndex={-1}>{children}</main>
      <Toasts />
      {waiting.value && <StepUp />}
    </div>
  );
}
