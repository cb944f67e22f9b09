// What a user draws on a chart. Prices and times of drawings are never traded on: numbers are enough.
export const KINDS = ["level", "trend", "box", "fib"] as const;
export type MarkKind = (typeof KINDS)[number];

export interface Point {
  /** Seconds since 1970. */
  time: number;
  price: number;
}

export interface Mark {
  kind: MarkKind;
  points: Point[];
}

/** How many places a drawing needs. */
export const POINTS: Record<MarkKind, number> = { level: 1, trend: 2, box: 2, fib: 2 };
export const MOST = 50;

function isMark(given: unknown): given is Mark {
  const { kind, points } = (given ?? {}) as Partial<Mark>;
  return KINDS.includes(kind as MarkKind) && Array.isArray(points) && points.length === POINTS[kind as MarkKind] && points.every((point) => Number.isFinite(point?.time) && Number.isFinite(point?.price));
}

/** What storage holds; anything else that may stand there is left out. */
export function readMarks(text: string | null): Mark[] {
  try {
    const found: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(found) ? found.filter(isMark).slice(-MOST) : [];
  } catch {
    return [];
  }
}
