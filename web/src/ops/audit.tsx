import { useState } from "preact/hooks";
import { get } from "../api/client";
import { useResource } from "../api/load";
import type { AuditEntry, Listed } from "../api/types";
import { texts } from "../i18n/texts";
import { Card, Moment, Shown } from "../ui/parts";
import { words } from "./texts";

const ROWS = 50;

export function Audit() {
  const t = texts.value;
  const w = words.value;
  const [action, setAction] = useState("");
  const [asked, setAsked] = useState("");
  return (
    <Card class="flush">
      <form class="card-head" onSubmit={(event) => { event.preventDefault(); setAsked(action.trim()); }}>
        <input class="search" type="search" aria-label={w.what} placeholder={`${w.what}: login.failed`} value={action} onInput={(event) => setAction(event.currentTarget.value)} />
        <button class="button small">{t.common.search}</button>
      </form>
      <AuditTable action={asked} />
    </Card>
  );
}

function shown(value: unknown): string {
  return value === null || value === undefined ? "" : JSON.stringify(value);
}

export function AuditTable({ user = "", action = "" }: { user?: string; action?: string }) {
  const t = texts.value;
  const w = words.value;
  const [page, setPage] = useState(0);
  const found = useResource(() => get<Listed<AuditEntry> & { pagination: { total: number } }>("/api/auth/admin/audit-logs", { user_id: user, action, limit: ROWS, offset: page * ROWS }), [user, action, page]);
  return (
    <Shown state={found.state.value} onRetry={found.reload} empty={w.none} isEmpty={(list) => !list.data.length && !page}>
      {(list) => (
        <>
          <div class="scroll-x" tabIndex={0}><table class="table">
            <thead><tr><th>{w.time}</th><th>{w.what}</th><th>{w.result}</th><th>{w.actor}</th><th>{w.resource}</th><th>{w.diff}</th></tr></thead>
            <tbody>{list.data.map((row) => <tr key={row.id}><td><Moment at={row.timestamp} /></td><td><code>{row.action}</code></td><td><span class={row.result === "SUCCESS" ? "badge good" : "badge bad"}>{row.result}</span></td><td>{row.actor_type}{row.actor_id && <> · <a href={`/ops/users/${row.actor_id}`}><code>{row.actor_id.slice(-8)}</code></a></>}</td><td><span class="ellipsis" title={row.resource}>{row.resource}</span></td><td><span class="ellipsis" title={`${shown(row.old_value)} → ${shown(row.new_value)} ${row.reason}`}>{shown(row.old_value)}{row.new_value && ` → ${shown(row.new_value)}`} {row.reason}</span></td></tr>)}</tbody>
          </table></div>
          <p class="card-foot line"><button type="button" class="button small" disabled={page === 0} onClick={() => setPage(page - 1)}>{t.common.back}</button><button type="button" class="button small" disabled={(page + 1) * ROWS >= list.pagination.total} onClick={() => setPage(page + 1)}>{t.common.next}</button><span class="muted">{list.pagination.total}</span></p>
        </>
      )}
    </Shown>
  );
}
