/** The Turkish month of a moment and those before it, newest first, as the API names them. */
export function monthsBefore(now: Date, count: number): string[] {
  const parts = new Intl.DateTimeFormat("en-US", { timeZone: "Europe/Istanbul", year: "numeric", month: "numeric" }).formatToParts(now);
  const of = (name: string) => Number(parts.find((each) => each.type === name)!.value);
  const newest = of("year") * 12 + of("month") - 1;
  return Array.from({ length: count }, (_, back) => {
    const month = newest - back;
    return `${Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, "0")}`;
  });
}
