import { theme } from "../app/prefs";
import { segments } from "../app/router";
import { StepUp } from "../features/auth/stepup-dialog";
import { lang, speak, texts } from "../i18n/texts";
import { isAdmin, isStaff, known, logout, profile, signedIn } from "../session/session";
import { waiting } from "../session/stepup";
import { Boundary } from "../ui/boundary";
import { Toasts } from "../ui/toast";
import { Adjustments } from "./adjustments";
import { Audit } from "./audit";
import { Books } from "./books";
import { Engine } from "./engine";
import { Kyc } from "./kyc";
import { OfficeMarkets } from "./markets";
import { Reconciliation } from "./reconciliation";
import { speakOffice, words } from "./texts";
import { Users } from "./users";
import { OfficeWithdrawals } from "./withdrawals";

const TABS = ["users", "kyc", "withdrawals", "reconciliation", "adjustments", "books", "markets", "engine", "audit"] as const;
const SCREENS = { users: Users, kyc: Kyc, withdrawals: OfficeWithdrawals, reconciliation: Reconciliation, adjustments: Adjustments, books: Books, markets: OfficeMarkets, engine: Engine, audit: Audit };

function Inside() {
  const w = words.value;
  const t = texts.value;
  if (!known.value) return <div class="skeleton page" aria-busy="true"><span /><span /></div>;
  if (!signedIn.value) return <div class="empty-page"><p>{t.common.needLogin}</p><a class="button primary" href={`/giris?next=${encodeURIComponent(location.pathname)}`}>{t.common.login}</a></div>;
  if (!profile.value) return <div class="skeleton page" aria-busy="true"><span /><span /></div>;
  if (!isStaff.value) return <div class="empty-page"><p>{w.notStaff}</p><a class="button primary" href="/">{w.backToSite}</a></div>;
  const tab = TABS.find((each) => each === segments.value[1]) ?? "users";
  const Screen = SCREENS[tab];
  return (
    <div class="page">
      <div class="account-grid">
        <nav class="side-nav" aria-label={w.title}>{TABS.map((each) => <a key={each} href={`/ops/${each}`} aria-current={each === tab ? "page" : undefined}>{w.tabs[each]}</a>)}</nav>
        <div>
          <h1>{w.tabs[tab]}</h1>
          <p class="muted">{isAdmin.value ? w.secondFactorNote : w.readOnly}</p>
          <Boundary key={tab}><Screen /></Boundary>
        </div>
      </div>
    </div>
  );
}

async function turn(): Promise<void> {
  const next = lang.value === "tr" ? "en" : "tr";
  await speak(next);
  speakOffice(next);
}

export function Office() {
  const t = texts.value;
  const w = words.value;
  const dark = theme.value === "dark";
  return (
    <div class="shell office">
      <a class="skip" href="#main">{t.nav.skip}</a>
      <header class="top">
        <a class="brand" href="/ops"><img src="/icon.svg" alt="" width="26" height="26" /> {t.brand} · {w.title}</a>
        <span class="grow" />
        <button type="button" class="icon-button" aria-label={dark ? t.common.lightTheme : t.common.darkTheme} onClick={() => (theme.value = dark ? "light" : "dark")}>{dark ? "☀" : "☾"}</button>
        <button type="button" class="icon-button wide" aria-label={`${lang.value === "tr" ? "EN" : "TR"}: ${t.common.otherLang}`} onClick={() => void turn()}>{lang.value === "tr" ? "EN" : "TR"}</button>
        <a class="button small ghost" href="/">{w.backToSite}</a>
        {signedIn.value && <button type="button" class="button small ghost" onClick={() => void logout().catch(() => undefined)}>{t.common.logout}</button>}
      </header>
      <main id="main" tabIndex={-1}><Inside /></main>
      <Toasts />
      {waiting.value && <StepUp />}
    </div>
  );
}
