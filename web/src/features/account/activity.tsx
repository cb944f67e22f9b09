// What happened to the account, and the devices that log in without a code.
import { useState } from "preact/hooks";
import { ask, get } from "../../api/client";
import { useResource } from "../../api/load";
import type { Activity, Listed, TrustedDevice } from "../../api/types";
import { texts } from "../../i18n/texts";
import { useSending } from "../../ui/form";
import { Card, FailureText, Moment, Shown } from "../../ui/parts";

interface Page {
  data: Activity[];
  pagination: { next_cursor: string | null };
}

/** "Firefox · Windows" out of what a browser says about itself. */
export function deviceOf(agent: string): string {
  const browser = /Edg\//.test(agent) ? "Edge" : /Firefox\//.test(agent) ? "Firefox" : /Chrome\//.test(agent) ? "Chrome" : /Safari\//.test(agent) ? "Safari" : agent.split(/[ /]/)[0] || "?";
  const system = ["Windows", "Android", "iPhone", "iPad", "Mac OS X", "Linux"].find((name) => agent.includes(name));
  return system ? `${browser} · ${system}` : browser;
}

export function TrustedDevices() {
  const t = texts.value;
  const found = useResource(() => get<Listed<TrustedDevice>>("/api/auth/trusted-devices"));
  const sending = useSending();
  return (
    <Card class="flush" title={t.account.trusted}>
      <p class="card-text">{t.account.trustedText}</p>
      <FailureText failure={sending.failure} />
      <Shown state={found.state.value} onRetry={found.reload} empty={t.account.noTrusted} isEmpty={(list) => !list.data.length} rows={1}>
        {(list) => (
          <div class="scroll-x" tabIndex={0}><table class="table rows">
            <thead><tr><th>{t.account.device}</th><th>IP</th><th>{t.account.lastSeen}</th><th>{t.account.trustedUntil}</th><th><span class="hidden-visually">{t.common.delete}</span></th></tr></thead>
            <tbody>{list.data.map((each) => <tr key={each.id}><td title={each.user_agent}>{deviceOf(each.user_agent)}</td><td><code>{each.ip_address}</code></td><td><Moment at={each.last_used_at} /></td><td><Moment at={each.expires_at} /></td><td class="end"><button type="button" class="button small" onClick={() => void sending.run(async () => { await ask("DELETE", `/api/auth/trusted-devices/${each.id}`); await found.reload(); })}>{t.common.delete}</button></td></tr>)}</tbody>
          </table></div>
        )}
      </Shown>
    </Card>
  );
}

export function ActivityList() {
  const t = texts.value;
  const [older, setOlder] = useState<Page[]>([]);
  const first = useResource(() => get<Page>("/api/auth/activity?limit=20"));
  const sending = useSending();
  async function more(cursor: string) {
    await sending.run(async () => setOlder([...older, await get<Page>(`/api/auth/activity?limit=20&cursor=${encodeURIComponent(cursor)}`)]));
  }
  return (
    <Card class="flush" title={t.account.activity}>
      <Shown state={first.state.value} onRetry={first.reload} empty={t.account.noActivity} isEmpty={(page) => !page.data.length}>
        {(page) => {
          const pages = [page, ...older];
          const next = pages[pages.length - 1]!.pagination.next_cursor;
          return (
            <>
              <div class="scroll-x" tabIndex={0}><table class="table rows">
                <thead><tr><th>{t.common.date}</th><th>{t.account.event}</th><th>IP</th><th>{t.account.device}</th></tr></thead>
                <tbody>{pages.flatMap((each) => each.data).map((each) => (
                  <tr key={each.id}>
                    <td><Moment at={each.timestamp} /></td>
                    <td>{t.account.events[each.action] ?? each.action} {each.result !== "SUCCESS" && <span class="badge warn">{t.account.failed}</span>} {each.by_staff && <span class="badge">{t.account.byStaff}</span>}</td>
                    <td><code>{each.ip_address ?? "—"}</code></td><td title={each.user_agent}>{each.user_agent ? deviceOf(each.user_agent) : "—"}</td>
                  </tr>
                ))}</tbody>
              </table></div>
              <FailureText failure={sending.failure} />
              {next && <p class="card-text"><button type="button" class="button small" disabled={sending.busy} onClick={() => void more(next)}>{t.account.older}</button></p>}
            </>
          );
        }}
      </Shown>
    </Card>
  );
}
