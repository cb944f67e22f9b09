// Which page shows which address. Pages beyond the first screen come in chunks of their own.
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { Markets } from "../features/markets/markets";
import { texts } from "../i18n/texts";
import { known, signedIn } from "../session/session";
import { Boundary } from "../ui/boundary";
import { documentOf, path, segments } from "./router";
import { Shell } from "./shell";

type Page = ComponentType;
type Loader = () => Promise<Page>;

const LAZY: Record<string, Loader> = {
  islem: () => import("../features/trade/page").then((found) => found.Trade),
  "al-sat": () => import("../features/trade/convert").then((found) => found.Convert),
  cuzdan: () => import("../features/wallet/page").then((found) => found.Wallet),
  emirler: () => import("../features/trade/orders-page").then((found) => found.OrdersPage),
  alarmlar: () => import("../features/info/alerts").then((found) => found.Alerts),
  bildirimler: () => import("../features/notices/page").then((found) => found.Notices),
  hesap: () => import("../features/account/page").then((found) => found.Account),
  giris: () => import("../features/auth/login").then((found) => found.Login),
  kayit: () => import("../features/auth/register").then((found) => found.Register),
  "verify-email": () => import("../features/auth/mail-links").then((found) => found.VerifyEmail),
  "confirm-email-change": () => import("../features/auth/mail-links").then((found) => found.ConfirmEmailChange),
  "confirm-address": () => import("../features/auth/mail-links").then((found) => found.ConfirmAddress),
  "reset-password": () => import("../features/auth/mail-links").then((found) => found.ResetPassword),
  durum: () => import("../features/info/status").then((found) => found.Status),
  yukumlulukler: () => import("../features/info/liabilities").then((found) => found.Liabilities),
  hakkinda: () => import("../features/info/about").then((found) => found.About),
};
const PRIVATE = new Set(["cuzdan", "emirler", "alarmlar", "bildirimler", "hesap"]);
const shown = signal<Record<string, Page | "failed">>({});

async function load(name: string, loader: Loader): Promise<void> {
  try {
    shown.value = { ...shown.value, [name]: await loader() };
  } catch {
    shown.value = { ...shown.value, [name]: "failed" };
  }
}

function Broken() {
  const t = texts.value;
  return (
    <div class="notice">
      <p>{t.live.newVersion}</p>
      <button type="button" class="button" onClick={() => location.reload()}>{t.common.reload}</button>
    </div>
  );
}

function Lazy({ name }: { name: string }) {
  const found = shown.value[name];
  useEffect(() => {
    if (!found) void load(name, LAZY[name]!);
  }, [name]);
  if (!found) return <div class="skeleton page" aria-busy="true"><span /><span /><span /></div>;
  if (found === "failed") return <Broken />;
  const Found = found;
  return <Found />;
}

function NeedsLogin() {
  const t = texts.value.common;
  const next = encodeURIComponent(path.value);
  return (
    <div class="empty-page">
      <p>{t.needLogin}</p>
      <a class="button primary" href={`/giris?next=${next}`}>{t.login}</a> <a class="button" href="/kayit">{t.register}</a>
    </div>
  );
}

function Current() {
  const name = segments.value[0] ?? "";
  if (!name) return <Markets />;
  if (!LAZY[name]) {
    return (
      <div class="empty-page">
        <h1>404</h1>
        <p>{texts.value.common.notFound}</p>
        <a class="button primary" href="/">{texts.value.common.home}</a>
      </div>
    );
  }
  if (name === "kayit" && documentOf(path.value) !== "registration") {
    location.replace(`/kayit${location.search}`); // another spelling of the address came with the policy of the other pages
    return null;
  }
  if (PRIVATE.has(name) && known.value && !signedIn.value) return <NeedsLogin />;
  if (PRIVATE.has(name) && !known.value) return <div class="skeleton page" aria-busy="true"><span /><span /><span /></div>;
  return <Lazy name={name} />;
}

export function Pages() {
  return (
    <Shell>
      <Boundary key={segments.value[0] ?? ""}><Current /></Boundary>
    </Shell>
  );
}
