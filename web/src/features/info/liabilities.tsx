// What the platform owes its users, as it was published, and the check of one's own part: in this browser, with nothing believed but SHA-256.
import { useEffect, useState } from "preact/hooks";
import { get } from "../../api/client";
import { failureOf } from "../../api/failure";
import { useResource } from "../../api/load";
import type { LiabilityProof, LiabilityPublication, Listed } from "../../api/types";
import { texts } from "../../i18n/texts";
import { money } from "../../money/format";
import { Forged, verified } from "../../money/liabilities";
import type { Units } from "../../money/units";
import { profile, signedIn } from "../../session/session";
import { Card, Shown } from "../../ui/parts";
import { save } from "../../ui/save";

type Outcome = { kind: "held"; balances: Map<string, Units>; proof: LiabilityProof } | { kind: "forged" | "failed"; why: string };

async function check(published: readonly LiabilityPublication[], number: number, user: string): Promise<Outcome> {
  try {
    const proof = await get<LiabilityProof>("/api/wallet/liabilities/proof", { number });
    return { kind: "held", balances: await verified(proof, published, user), proof };
  } catch (error) {
    return error instanceof Forged ? { kind: "forged", why: error.message } : { kind: "failed", why: failureOf(error).message };
  }
}

function keep(proof: LiabilityProof): void {
  save(`liabilities-${proof.publication.number}.json`, new Blob([JSON.stringify(proof)], { type: "application/json" }));
}

function Own({ published, newest }: { published: readonly LiabilityPublication[]; newest: LiabilityPublication }) {
  const t = texts.value;
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [busy, setBusy] = useState(false);
  const user = profile.value?.id;
  if (!signedIn.value || !user) return <Card title={t.liabilities.own}><p class="muted">{t.liabilities.needLogin}</p></Card>;
  const run = async () => {
    setBusy(true);
    setOutcome(await check(published, newest.number, user));
    setBusy(false);
  };
  return (
    <Card title={t.liabilities.own}>
      <p><button type="button" class="button primary" disabled={busy} aria-busy={busy} onClick={() => void run()}>{t.liabilities.check}</button></p>
      <div role="status">
        {outcome?.kind === "held" && <p class="notice good" data-proof="held">{t.liabilities.held}</p>}
        {outcome?.kind === "forged" && <p class="notice bad" data-proof="forged">{t.liabilities.forged} ({outcome.why})</p>}
        {outcome?.kind === "failed" && <p class="notice bad">{outcome.why}</p>}
      </div>
      {outcome?.kind === "held" && (
        <>
          <table class="table rows"><tbody>{[...outcome.balances].map(([currency, units]) => <tr key={currency}><th scope="row">{currency}</th><td>{money(units, currency)}</td></tr>)}</tbody></table>
          <p><button type="button" class="button small" onClick={() => keep(outcome.proof)}>{t.liabilities.save}</button> <a class="button small" href="/verify_liabilities.py" download>{t.liabilities.script}</a></p>
        </>
      )}
    </Card>
  );
}

export function Liabilities() {
  const t = texts.value;
  const found = useResource(() => get<Listed<LiabilityPublication>>("/api/wallet/liabilities"));
  useEffect(() => void (document.title = `${t.liabilities.title} · ${t.brand}`), [t]);
  return (
    <div class="page narrow">
      <h1>{t.liabilities.title}</h1>
      <p class="muted">{t.liabilities.what}</p>
      <Shown state={found.state.value} onRetry={found.reload} empty={t.liabilities.none} isEmpty={(list) => !list.data.length}>
        {(list) => {
          const newest = list.data[0]!;
          return (
            <>
              <Card title={`${t.liabilities.publication} ${newest.number}`}>
                <p>{new Date(newest.taken_at).toLocaleString()} · {t.liabilities.event} {newest.event_number}</p>
                <p class="muted scroll-x" tabIndex={0}><code>{newest.hash}</code></p>
                <table class="table rows"><tbody>{newest.currencies.map((each) => <tr key={each.currency}><th scope="row">{each.currency}</th><td>{money(each.total, each.currency)}</td></tr>)}</tbody></table>
              </Card>
              <Own published={list.data} newest={newest} />
            </>
          );
        }}
      </Shown>
    </div>
  );
}
