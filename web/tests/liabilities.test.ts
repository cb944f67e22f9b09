// Proofs that the platform's own code has made (tests/unit/web/test_pages_liabilities.py writes them), honest and forged: the page tells them apart.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { LiabilityProof } from "../src/api/types";
import { Forged, verified } from "../src/money/liabilities";

interface Case {
  name: string;
  proof: LiabilityProof;
  balances: Record<string, string> | null;
}

const path = process.env.PROOFS;

test.skipIf(!path)("the page believes what holds, and nothing else", async () => {
  const cases = JSON.parse(readFileSync(path!, "utf8")) as Case[];
  const published = cases[0]!.proof.publication;
  for (const { name, proof, balances } of cases) {
    const outcome = verified(proof, [published], cases[0]!.proof.user_id);
    if (balances === null) await expect(outcome, name).rejects.toThrow(Forged);
    else expect(Object.fromEntries([...(await outcome)].map(([code, units]) => [code, String(units)])), name).toEqual(balances);
  }
});
