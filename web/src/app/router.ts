// Addresses of the app: Turkish first, English names lead to the same pages.
import { computed, signal } from "@preact/signals";

export const path = signal(location.pathname);
export const search = signal(location.search);

const ALIASES: Record<string, string> = {
  "/markets": "/", "/trade": "/islem", "/convert": "/al-sat", "/wallet": "/cuzdan", "/orders": "/emirler", "/alerts": "/alarmlar", "/notices": "/bildirimler", "/account": "/hesap", "/login": "/giris", "/register": "/kayit", "/status": "/durum", "/about": "/hakkinda", "/liabilities": "/yukumlulukler",
};

export const segments = computed(() => {
  let found = path.value.replace(/\/+$/, "") || "/";
  const first = `/${found.split("/")[1] ?? ""}`;
  if (ALIASES[first]) found = ALIASES[first] + found.slice(first.length);
  return found.split("/").filter(Boolean);
});

export function go(to: string, replace = false): void {
  if (documentOf(new URL(to, location.href).pathname) !== documentOf(location.pathname)) {
    location[replace ? "replace" : "assign"](to);
    return;
  }
  if (to !== location.pathname + location.search) history[replace ? "replaceState" : "pushState"](null, "", to);
  settle();
  window.scrollTo(0, 0);
  queueMicrotask(() => document.getElementById("main")?.focus({ preventScroll: true }));
}

function settle(): void {
  path.value = location.pathname;
  search.value = location.search;
}

/** Which of the three HTML pages shows an address: what scripts may do differs between them. */
export function documentOf(address: string): "office" | "registration" | "app" {
  if (/^\/ops(\/|$)/.test(address)) return "office";
  return /^\/(kayit|register)$/.test(address) ? "registration" : "app"; // REGISTRATION_PATHS of page_policy.py
}

window.addEventListener("popstate", settle);
document.addEventListener("click", (event) => {
  const link = (event.target as Element).closest?.("a");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || link.target || link.origin !== location.origin) return;
  if (documentOf(link.pathname) !== documentOf(location.pathname)) return; // the browser loads it, with its own policy
  if (/^\/(api|local|health|ready|metrics)(\/|$)/.test(link.pathname)) return;
  event.preventDefault();
  go(link.pathname + link.search);
});

export const symbolPath = (symbol: string): string => `/islem/${symbol.replace("/", "-")}`;
