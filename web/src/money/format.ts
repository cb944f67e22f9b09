// Amounts for people. Intl formats decimal strings exactly; nothing is turned into a Number first.
import { lang } from "../i18n/texts";
import { wire, type Units } from "./units";

const locales = { tr: "tr-TR", en: "en-GB" } as const;
const formatters = new Map<string, Intl.NumberFormat>();

export function locale(): string {
  return locales[lang.value];
}

function formatter(least: number, most: number): Intl.NumberFormat {
  const key = `${lang.value}:${least}:${most}`;
  let found = formatters.get(key);
  if (!found) {
    found = new Intl.NumberFormat(locale(), { minimumFractionDigits: least, maximumFractionDigits: most });
    formatters.set(key, found);
  }
  return found;
}

/** With exactly `digits` behind the sign, or with what it has, at least `least`. */
export function amount(value: Units | string | null | undefined, digits?: number, least = 0): string {
  if (value === null || value === undefined || value === "") return "—";
  const text = typeof value === "bigint" ? wire(value) : value;
  const format = digits === undefined ? formatter(least, 8) : formatter(digits, digits);
  return format.format(text as unknown as number);
}

export function money(value: Units | string | null | undefined, asset: string): string {
  const text = amount(value, asset === "TRY" ? 2 : undefined, 2);
  return asset === "TRY" && text !== "—" ? `₺${text}` : `${text} ${asset}`;
}

export function assetDigits(asset: string): number {
  return asset === "TRY" || asset === "USDT" ? 2 : 8;
}

/** A percentage that is a decimal string, with a sign; Turkish puts % first. */
export function percent(text: string | null | undefined): string {
  if (!text) return "—";
  const negative = text.startsWith("-");
  const size = formatter(2, 2).format(text.replace("-", "") as unknown as number);
  const sign = negative ? "−" : Number(text) === 0 ? "" : "+";
  return lang.value === "tr" ? `${sign}%${size}` : `${sign}${size}%`;
}

/** A rate in parts per million as a percentage. */
export function rate(ppm: number | bigint): string {
  const text = formatter(0, 4).format(wire(BigInt(ppm) * 10_000n) as unknown as number);
  return lang.value === "tr" ? `%${text}` : `${text}%`;
}

/** Shortened for narrow columns: 12.3 M. The figure is rounded for display only. */
export function compact(text: string): string {
  return new Intl.NumberFormat(locale(), { notation: "compact", maximumSignificantDigits: 4 }).format(text as unknown as number);
}
