// Checks a proof of liabilities in the browser, as verify_liabilities.py does: every leaf of the user leads to the published root and total, no leaf
// is counted twice, and the leaves add up to the balance. Throws Forged with what does not hold.
import type { LiabilityProof, LiabilityPublication } from "../api/types";
import { SCALE, type Units } from "./units";

export class Forged extends Error {}

type Node = readonly [hash: string, units: Units];
type Leaf = LiabilityProof["balances"][number]["leaves"][number];

const UNITS_MAX = 10n ** 28n - 1n;
const DEPTH_MAX = 64;
const AMOUNT = /^(0|[1-9][0-9]{0,19})(?:\.([0-9]{1,8}))?$/;
const HASH = /^[0-9a-f]{64}$/;
const LEAF = 0;
const NODE = 1;
const PUBLICATION = 2;

function checked(units: Units): Units {
  if (units < 0n || units > UNITS_MAX) throw new Forged(`${units}`);
  return units;
}

function unitsOf(text: string): Units {
  const found = AMOUNT.exec(text);
  if (!found) throw new Forged(`amount ${text}`);
  return checked(BigInt(found[1]!) * SCALE + BigInt((found[2] ?? "").padEnd(8, "0")));
}

function digits(text: string): string {
  if (!HASH.test(text)) throw new Forged(`hash ${text}`);
  return text;
}

async function hashed(kind: number, text: string): Promise<string> {
  const bytes = new TextEncoder().encode(`\u0000${text}`);
  bytes[0] = kind;
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...found].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function joined(left: Node, right: Node): Promise<Node> {
  return [await hashed(NODE, `${left[0]}:${left[1]}:${right[0]}:${right[1]}`), checked(left[1] + right[1])];
}

async function checkPublication(publication: LiabilityPublication): Promise<void> {
  const totals = publication.currencies.map((each) => `${each.currency}:${digits(each.root)}:${unitsOf(each.total)}`).sort();
  if (new Set(publication.currencies.map((each) => each.currency)).size !== totals.length) throw new Forged("currency twice");
  const lines = [String(publication.number), String(publication.event_number), publication.taken_at, digits(publication.previous), ...totals];
  if ((await hashed(PUBLICATION, lines.join("\n"))) !== publication.hash) throw new Forged("hash of the publication");
}

async function rootOf(proof: LiabilityProof, currency: string, leaf: Leaf): Promise<Node> {
  if (leaf.path.length > DEPTH_MAX) throw new Forged("path");
  const units = unitsOf(leaf.amount);
  const start = `${proof.publication.number}:${currency}:${proof.user_id}:${units}:${digits(leaf.nonce)}`;
  let found: Node = [await hashed(LEAF, start), units];
  for (const step of leaf.path) {
    const neighbour: Node = [digits(step.hash), unitsOf(step.sum)];
    if (step.side !== "left" && step.side !== "right") throw new Forged(`side ${String(step.side)}`);
    found = await (step.side === "left" ? joined(neighbour, found) : joined(found, neighbour));
  }
  return found;
}

/** The balances that the proof proves to `user`, against what is published for all. */
export async function verified(proof: LiabilityProof, published: readonly LiabilityPublication[], user: string): Promise<Map<string, Units>> {
  if (proof.format !== 1 || proof.user_id !== user) throw new Forged("user");
  const publication = published.find((each) => each.number === proof.publication.number);
  if (!publication || publication.hash !== proof.publication.hash) throw new Forged("publication");
  await checkPublication(publication);
  const found = new Map<string, Units>();
  for (const balance of proof.balances) {
    const root = publication.currencies.find((each) => each.currency === balance.currency);
    if (!root || found.has(balance.currency)) throw new Forged(balance.currency);
    const places = new Set<string>();
    let together = 0n;
    for (const leaf of balance.leaves) {
      const [hash, total] = await rootOf(proof, balance.currency, leaf);
      if (hash !== root.root || total !== unitsOf(root.total)) throw new Forged(`${balance.currency}: root`);
      places.add(leaf.path.map((step) => step.side).join());
      together = checked(together + unitsOf(leaf.amount));
    }
    if (places.size !== balance.leaves.length) throw new Forged(`${balance.currency}: leaf twice`);
    if (together !== unitsOf(balance.balance)) throw new Forged(`${balance.currency}: balance`);
    found.set(balance.currency, together);
  }
  if (found.size !== publication.currencies.length) throw new Forged("currency missing");
  return found;
}
