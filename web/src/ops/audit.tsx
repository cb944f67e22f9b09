import { useState } from "preact/hooks";
import { useResource } from "../api/load";
import { texts } from "../i18n/texts";
import { useSending } from "../ui/form";
import { Card, FailureText, Moment, Select, Shown } from "../ui/parts";
import { save } from "../ui/save";
import { auditFile, auditLogs } from "./calls";
import { words } from "./texts";

const ROWS = 50;
const NOTHING = { action: "", actor_id: "", request_id: "", result: "", since: "", until: "" };
type Wanted = typeof NOTHING & { user_id?: string };

/** What a field of local time says, as the API takes it. */
function instant(local: string): string {
  return local ? new Date(local).toISOString() : "";
}

export function Audit() {
  const t = texts.value;
  const w = words.value;
  const [typed, type] = useState(NOTHING);
  const [asked, setAsked] = useState<Wanted>(NOTHING);
  const sending = useSending();
  const field = (name: keyof typeof NOTHING, label: string) => (
    <input class="search" type="search" aria-label={label} placeholder={label} value={typed[name]} onInput={(event) => type({ ...typed, [name]: event.currentTarget.value.trim() })} />
  );
  const moment = (name: "since" | "until", label: string) => (
    <input class="search" type="datetime-local" aria-label={label} title={label} value={typed[name]} onInput={(event) => type({ ...typed, [name]: event.currentTarget.value })} />
  );
  async function file() {
    await sending.run(async () => save("audit.csv", await auditFile(asked)));
  }
  return (
    <Card class="flush">
      <form class="card-head" onSubmit={(event) => { event.preventDefault(); setAsked({ ...typed, since: instant(typed.since), until: instant(typed.until) }); }}>
        {field("action", `${w.what}: login.`)}{field("actor_id", `${w.actor}: id`)}{field("request_id", "X-Request-ID")}
        <Select hideLabel label={w.result} value={typed.result} options={[["", w.all], ["SUCCESS", "SUCCESS"], ["FAILURE", "FAILURE"], ["UNKNOWN", "UNKNOWN"]]} onValue={(result) => type({ ...typed, result })} />
        {moment("since", w.since)}{moment("until", w.until)}
        <button class="button small">{t.common.search}</button>
        <button type="button" class="button small" disabled={sending.busy} onClick={() => void file()}>CSV</button>
      </form>
      <FailureText failure={sending.failure} />
      <AuditTable wanted={asked} />
    </Card>
  );
}

function shown(value: unknown): string {
  return value === null || value === undefined ? "" : JSON.stringify(value);
}

/** A new search begins at its first page. */
export function AuditTable({ wanted }: { wanted: Partial<Wanted> }) {
  return <Pages key={JSON.stringify(wanted)} wanted={wanted} />;
}

function Pages({ wanted }: { wanted: Partial<Wanted> }) {
  const [cursors, setCursors] = useState<string[]>([]);
  return <Rows key={cursors.length} wanted={wanted} cursors={cursors} onCursors={setCursors} />;
}

function Rows({ wanted, cursors, onCursors }: { wanted: Partial<Wanted>; cursors: string[]; onCursors(next: string[]): void }) {
  const t = texts.value;
  const w = words.value;
  const cursor = cursors[cursors.length - 1] ?? "";
  const found = useResource(() => auditLogs({ ...wanted, limit: ROWS, cursor }));
  return (
    <Shown state={found.state.value} onRetry={found.reload} empty={w.none} isEmpty={(list) => !list.data.length && !cursor}>
      {(list) => (
        <>
          <div class="scroll-x" tabIndex={0}><table class="table">
            <thead><tr><th>{w.time}</th><th>{w.what}</th><th>{w.result}</th><th>{w.actor}</th><th>{w.resource}</th><th>{w.diff}</th></tr></thead>
            <tbody>{list.data.map((row) => <tr key={row.id}><td><Moment at={row.timestamp} /></td><td><code>{row.action}</code></td><td><span class={row.result === "SUCCESS" ? "badge good" : "badge bad"}>{row.result}</span></td><td>{row.actor_type}{row.actor_id && <> · <a href={`/ops/users/${row.actor_id}`}><code>{row.actor_id.slice(-8)}</code></a></>}</td><td><span class="ellipsis" title={row.resource}>{row.resource}</span></td><td><span class="ellipsis" title={`${shown(row.old_value)} → ${shown(row.new_value)} ${row.reason}`}>{shown(row.old_value)}{row.new_value && ` → ${shown(row.new_value)}`} {row.reason}</span></td></tr>)}</tbody>
          </table></div>
          <p class="card-foot line"><button type="button" class="button small" disabled={!cursor} onClick={() => onCursors(cursors.slice(0, -1))}>{t.common.back}</button><button type="button" class="button small" disabled={!list.pagination.next_cursor} onClick={() => onCursors([...cursors, list.pagination.next_cursor!])}>{t.common.next}</button></p>
        </>
      )}
    </Shown>
  );
}
