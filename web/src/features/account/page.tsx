import { useEffect } from "preact/hooks";
import { ask } from "../../api/client";
import type { Profile } from "../../api/types";
import { palette, shortcuts, storageRefused, theme } from "../../app/prefs";
import { segments } from "../../app/router";
import { lang, speak, texts, type Lang } from "../../i18n/texts";
import { profile } from "../../session/session";
import { useSending } from "../../ui/form";
import { Card, Check, FailureText, Select } from "../../ui/parts";
import { zone } from "../../ui/time";
import { resetColumns, widths } from "../trade/columns";
import { ApiKeys } from "./api-keys";
import { Identity } from "./identity";
import { EmailChange, MailWord } from "./mail";
import { Privacy } from "./privacy";
import { ProfileCard } from "./profile";
import { Security } from "./security";

const TABS = ["profil", "guvenlik", "kimlik", "api", "tercihler"] as const;

export function Account() {
  const t = texts.value;
  const tab = TABS.find((each) => each === segments.value[1]) ?? "profil";
  useEffect(() => void (document.title = `${t.account.tabs[tab]} · ${t.brand}`), [t, tab]);
  return (
    <div class="page account">
      <h1>{t.nav.account}</h1>
      <div class="account-grid">
        <nav class="side-nav" aria-label={t.nav.account}>
          {TABS.map((each) => <a key={each} href={`/hesap/${each}`} aria-current={each === tab ? "page" : undefined}>{t.account.tabs[each]}</a>)}
        </nav>
        <div>
          {tab === "profil" && <><ProfileCard /><EmailChange /><MailWord /></>}
          {tab === "guvenlik" && <Security />}
          {tab === "kimlik" && <Identity />}
          {tab === "api" && <ApiKeys />}
          {tab === "tercihler" && <><Preferences /><Privacy /></>}
        </div>
      </div>
    </div>
  );
}

const ZONES = Intl.supportedValuesOf("timeZone").map((each) => [each, each.replaceAll("_", " ")] as const);

/** Language and time zone are kept with the account too: its mails follow them. */
function Preferences() {
  const t = texts.value;
  const sending = useSending();
  const keep = (change: { locale?: Lang; time_zone?: string }) => void sending.run(async () => {
    profile.value = await ask<Profile>("PATCH", "/api/auth/profile/preferences", { body: change });
  });
  return (
    <Card title={t.account.prefsTitle}>
      <div class="form">
        <Select label={t.account.languageTitle} value={lang.value} options={[["tr", "Türkçe"], ["en", "English"]]} onValue={(next) => { void speak(next as Lang); keep({ locale: next as Lang }); }} />
        <Select label={t.account.mailZone} value={profile.value?.time_zone ?? zone} options={ZONES} onValue={(next) => keep({ time_zone: next })} />
        <FailureText failure={sending.failure} />
        <Select label={t.account.themeTitle} value={theme.value} options={[["dark", t.common.darkTheme], ["light", t.common.lightTheme]]} onValue={(next) => (theme.value = next as "dark" | "light")} />
        <Select label={t.account.paletteTitle} value={palette.value} options={[["usual", t.account.usual], ["safe", t.account.safe]]} onValue={(next) => (palette.value = next as "usual" | "safe")} />
        <Check label={t.trade.keysOn} checked={shortcuts.value === "on"} onValue={(on) => (shortcuts.value = on ? "on" : "off")} />
        <p><button type="button" class="button small" disabled={!Object.keys(widths.value).length} onClick={resetColumns}>{t.trade.columnsReset}</button></p>
        <p class="muted">{t.common.zone(zone)}</p>
        {storageRefused.value && <p class="notice" role="status">{t.account.storageRefused}</p>}
      </div>
    </Card>
  );
}
