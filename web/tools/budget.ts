// What the pages may weigh, held by the build: it fails above a limit, and says what each page loads. Kilobytes (1,000 bytes) of script after gzip.
import { gzipSync } from "node:zlib";
import type { Plugin, Rollup } from "vite";

interface Page {
  name: string;
  /** Parts that the page cannot do without: entry files, then what it imports when it is shown. */
  parts: string[];
  most: number;
}

const WORDS = "src/i18n/tr.ts"; // the longer language
const FIRST = ["src/app/main.tsx", WORDS];
const PAGES: Page[] = [
  { name: "first page", parts: FIRST, most: 90 },
  { name: "trade page", parts: [...FIRST, "src/features/trade/page.tsx", "src/features/trade/chart-drawing.ts"], most: 150 },
  { name: "registration", parts: [...FIRST, "src/features/auth/register.tsx"], most: 90 },
  { name: "back office", parts: ["src/ops/main.tsx", WORDS], most: 170 },
];

/** The files that are loaded with a part: itself and what it imports statically. */
function loaded(chunks: Rollup.OutputChunk[], part: string): Set<Rollup.OutputChunk> {
  const first = chunks.find((chunk) => chunk.facadeModuleId?.endsWith(`/${part}`) || chunk.moduleIds.some((id) => id.endsWith(`/${part}`)));
  if (!first) throw new Error(`the budget names ${part}, which no chunk holds`);
  const found = new Set([first]);
  for (const chunk of found) for (const name of chunk.imports) found.add(chunks.find((each) => each.fileName === name)!);
  return found;
}

export function budget(): Plugin {
  return {
    name: "budget",
    apply: "build",
    writeBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((each) => each.type === "chunk");
      const over: string[] = [];
      for (const { name, parts, most } of PAGES) {
        const files = new Set(parts.flatMap((part) => [...loaded(chunks, part)]));
        const bytes = [...files].reduce((sum, chunk) => sum + gzipSync(chunk.code, { level: 9 }).length, 0);
        const text = `${name}: ${(bytes / 1_000).toFixed(1)} of ${most} kB`;
        console.log(text);
        if (bytes > most * 1_000) over.push(text);
      }
      if (over.length) throw new Error(`over budget: ${over.join("; ")}`);
    },
  };
}
