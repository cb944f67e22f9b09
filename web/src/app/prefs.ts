// What the page remembers on this device. Storage may be refused: then it lasts as long as the page, and the page of preferences says so.
import { effect, signal, type Signal } from "@preact/signals";

export const storageRefused = signal(false);

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`mycrypto.${key}`);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`mycrypto.${key}`, value);
  } catch {
    storageRefused.value = true;
  }
}

export function preference<T extends string>(key: string, allowed: readonly T[], otherwise: T): Signal<T> {
  const found = recall(key) as T | null;
  const value = signal<T>(found && allowed.includes(found) ? found : otherwise);
  effect(() => remember(key, value.value));
  return value;
}

export function preferredList(key: string): Signal<string[]> {
  const value = signal<string[]>((recall(key) ?? "").split(",").filter(Boolean));
  effect(() => remember(key, value.value.join(",")));
  return value;
}

export type Theme = "dark" | "light";

function systemTheme(): Theme {
  return matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

export const theme = preference<Theme>("theme", ["dark", "light"], systemTheme());
export const palette = preference<"usual" | "safe">("palette", ["usual", "safe"], "usual");
export const shortcuts = preference<"on" | "off">("shortcuts", ["on", "off"], "on");
export const hidden = preference<"yes" | "no">("hidden", ["yes", "no"], "no");
export const favourites = preferredList("favourites");

effect(() => {
  document.documentElement.dataset.theme = theme.value;
  document.documentElement.dataset.palette = palette.value;
});
