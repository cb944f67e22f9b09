import { useEffect } from "preact/hooks";
import { useResource } from "../../api/load";
import { texts } from "../../i18n/texts";
import { Shown } from "../../ui/parts";
import { clock } from "../../ui/time";

interface Part {
  name: "trading" | "auth" | "wallet";
  up: boolean;
  missing: string[];
}

const PATHS = { trading: "/api/v1/markets", auth: "/api/auth/health/ready", wallet: "/api/wallet/health/ready" } as const;

/** A part that is not ready answers 503 and says what is missing: that is an answer too. */
async function look(name: Part["name"]): Promise<Part> {
  try {
    const answer = await fetch(PATHS[name], { headers: { accept: "application/json" }, cache: "no-store" });
    const said = (await answer.json()) as { status?: string; missing?: string[] };
    return { name, up: answer.ok && (said.status ?? "ready") === "ready", missing: said.missing ?? [] };
  } catch {
    return { name, up: false, missing: [] };
  }
}

export function Status() {
  const t = texts.value;
  const found = useResource(() => Promise.all((Object.keys(PATHS) as Part["name"][]).map(look)), [], 30);
  const state = found.state.value;
  useEffect(() => void (document.title = `${t.info.statusTitle} · ${t.brand}`), [t]);
  return (
    <div class="page narrow">
      <h1>{t.info.statusTitle}</h1>
      <section class="card flush">
        <Shown state={state} rows={3}>
          {(parts) => (
            <table class="table rows">
              <thead><tr><th>{t.info.part}</th><th>{t.common.status}</th></tr></thead>
              <tbody>{parts.map((part) => <tr key={part.name}><td>{t.info[part.name]}</td><td><span class={part.up ? "badge good" : "badge bad"}>{part.up ? t.info.up : t.info.down}</span> {part.missing.join(", ")}</td></tr>)}</tbody>
            </table>
          )}
        </Shown>
      </section>
      {state.at > 0 && <p class="muted">{t.info.checkedAt}: {clock(new Date(state.at).toISOString())}</p>}
    </div>
  );
}

