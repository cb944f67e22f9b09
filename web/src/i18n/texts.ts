// The language of the page: one chunk each, equal keys by type.
import { signal } from "@preact/signals";
import { remember } from "../app/prefs";
import type { Texts } from "./tr";

export type Lang = "tr" | "en";

export const lang = signal<Lang>("tr");
export const texts = signal<Texts>(null as unknown as Texts);

export async function speak(next: Lang): Promise<void> {
  const loaded = next === "tr" ? await import("./tr") : await import("./en");
  texts.value = loaded.default;
  lang.value = next;
  document.documentElement.lang = next;
  remember("lang", next);
}

export function preferredLang(): Lang {
  try {
    const kept = localStorage.getItem("mycrypto.lang");
    if (kept === "tr" || kept === "en") return kept;
  } catch {
    // storage is off
  }
  return navigator.language.toLowerCase().startsWith("en") ? "en" : "tr";
}

/** Search does not tell ı, İ, I and i apart. */
export function folded(text: string): string {
  return text.toUpperCase().replace(/[İı]/g, "I").normalize("NFD").replace(/[\u0300-\u036f]/g, "");
}
