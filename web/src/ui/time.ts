// Times in the user's zone (Europe/Istanbul unless chosen otherwise), UTC in the title.
import { locale } from "../money/format";

export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "Europe/Istanbul";

export function clock(iso: string): string {
  return new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: zone }).format(new Date(iso));
}

export function moment(iso: string | null | undefined): string {
  if (!iso) return "—";
  return new Intl.DateTimeFormat(locale(), { dateStyle: "short", timeStyle: "medium", timeZone: zone }).format(new Date(iso));
}

export function utc(iso: string): string {
  return new Date(iso).toISOString().replace("T", " ").replace(/\.\d+Z$/, " UTC");
}
