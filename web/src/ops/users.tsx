import { useState } from "preact/hooks";
import { get } from "../api/client";
import { useResource } from "../api/load";
import type { ClosedIdentity, Listed, Order, Profile } from "../api/types";
import { go, segments } from "../app/router";
import { OrderTable } from "../features/trade/order-rows";
import { texts } from "../i18n/texts";
import { isAdmin } from "../session/session";
import { useSending } from "../ui/form";
import { Card, Copy, Fact, FailureText, Field, Moment, Select, Shown } from "../ui/parts";
import { AuditTable } from "./audit";
import { closedIdentity, findUsers, setRoles, setStatus, setTier, userOf } from "./calls";
import { Limits } from "./limits";
import { Reasoned } from "./reason";
import { words } from "./texts";

const BY = ["email", "phone", "name", "id"] as const;

export function Users() {
  const id = segments.value[2];
  return id ? <One key={id} id={id} /> : <Search />;
}

function Search() {
  const t = texts.value;
  const w = words.value;
  const [by, setBy] = useState<(typeof BY)[number]>("email");
  const [text, setText] = useState("");
  const [asked, setAsked] = useState<Record<string, string>>({});
  const [status, setStatus] = useState("");
  const [level, setLevel] = useState("");
  const [role, setRole] = useState("");
  const found = useResource(() => findUsers({ ...asked, status, kyc_level: level, role, limit: 50 }), [asked, status, level, role]);
  const names = { email: w.email, phone: w.phone, name: w.name, id: "id" };
  return (
    <Card class="flush">
      <form class="card-head" onSubmit={(event) => { event.preventDefault(); setAsked(text.trim() ? { [by]: text.trim() } : {}); }}>
        <Select hideLabel label={w.searchBy} value={by} options={BY.map((each) => [each, names[each]] as const)} onValue={(next) => setBy(next as typeof by)} />
        <input class="search" type="search" aria-label={names[by]} placeholder={names[by]} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        <Select hideLabel label={w.status} value={status} options={[["", w.all], ...["ACTIVE", "SUSPENDED", "LOCKED", "CLOSED"].map((each) => [each, w.statuses[each]!] as const)]} onValue={setStatus} />
        <Select hideLabel label={w.level} value={level} options={[["", `${w.level}: ${w.all}`], ...["0", "1", "2", "3"].map((each) => [each, `${w.level} ${each}`] as const)]} onValue={setLevel} />
        <Select hideLabel label={w.roles} value={role} options={[["", `${w.roles}: ${w.all}`], ...["USER", "SUPPORT", "ADMIN"].map((each) => [each, each] as const)]} onValue={setRole} />
        <button class="button small">{t.common.search}</button>
      </form>
      <Shown state={found.state.value} onRetry={found.reload} empty={w.none} isEmpty={(list) => !list.data.length}>
        {(list) => (
          <div class="scroll-x" tabIndex={0}><table class="table rows">
            <thead><tr><th>{w.email}</th><th>{w.status}</th><th>{w.level}</th><th>{w.roles}</th><th>{w.tier}</th><th>{w.created}</th></tr></thead>
            <tbody>{list.data.map((user) => <tr key={user.id}><td><a href={`/ops/users/${user.id}`}>{user.email}</a></td><td><span class={user.status === "ACTIVE" ? "badge good" : "badge warn"}>{w.statuses[user.status] ?? user.status}</span></td><td>{user.kyc.level} · {t.account.kycStatus[user.kyc.status] ?? user.kyc.status}</td><td>{user.roles.join(", ")}</td><td>{user.rate_limit_tier}</td><td><Moment at={user.created_at} /></td></tr>)}</tbody>
          </table></div>
        )}
      </Shown>
    </Card>
  );
}

/** Whose account it was; asked for by hand, because looking is recorded. */
function ClosedFacts({ id }: { id: string }) {
  const w = words.value;
  const [found, setFound] = useState<ClosedIdentity | null>(null);
  const sending = useSending();
  if (!found) return <Fact name={w.closedIdentity}><button type="button" class="button small" disabled={sending.busy} onClick={() => void sending.run(async () => setFound(await closedIdentity(id)))}>{w.view}</button> <small class="muted">{w.recorded}</small><FailureText failure={sending.failure} /></Fact>;
  return (
    <>
      <Fact name={w.email}>{found.email}</Fact>
      <Fact name={w.phone}>{found.phone ?? "—"}</Fact>
      {found.names.map((each, at) => <Fact key={at} name={w.applicant}>{each.first_name} {each.last_name} · {each.date_of_birth} · {each.phone}</Fact>)}
      <Fact name={w.closedAt}><Moment at={found.closed_at} /></Fact>
    </>
  );
}

type Change = "roles" | "tier" | "status";

function One({ id }: { id: string }) {
  const t = texts.value;
  const w = words.value;
  const found = useResource(() => userOf(id), [id]);
  const orders = useResource(() => get<Listed<Order>>("/api/v1/orders", { user_id: id, status: "ACTIVE", limit: 50 }), [id]);
  const [changing, change] = useState<Change | null>(null);
  return (
    <>
      <p><a href="/ops/users" onClick={(event) => { event.preventDefault(); event.stopPropagation(); go("/ops/users"); }}>← {w.tabs.users}</a></p>
      <Shown state={found.state.value} onRetry={found.reload}>
        {(user) => (
          <>
            <Card title={user.email} actions={isAdmin.value && <span class="line">{(["status", "roles", "tier"] as const).map((each) => <button key={each} type="button" class="button small" onClick={() => change(each)}>{w[each]}</button>)}</span>}>
              <dl class="facts">
                <Fact name={t.account.id}><code>{user.id}</code> <Copy text={user.id} label={t.account.id} /></Fact>
                <Fact name={w.status}><span class={user.status === "ACTIVE" ? "badge good" : "badge warn"}>{w.statuses[user.status] ?? user.status}</span></Fact>
                <Fact name={w.level}>{user.kyc.level} · {t.account.kycStatus[user.kyc.status] ?? user.kyc.status}</Fact>
                <Fact name={w.roles}>{user.roles.join(", ")}</Fact>
                <Fact name={w.tier}>{user.rate_limit_tier}</Fact>
                <Fact name={t.account.twoFactor}>{user.two_factor_enabled ? t.account.on : t.account.off}</Fact>
                <Fact name={w.phone}>{user.phone ?? "—"}</Fact>
                {user.status === "CLOSED" && isAdmin.value && <ClosedFacts id={user.id} />}
                <Fact name={t.account.lastLogin}><Moment at={user.last_login_at} /></Fact>
              </dl>
            </Card>
            {changing && <ChangeUser what={changing} user={user} onClose={() => { change(null); void found.reload(); }} />}
          </>
        )}
      </Shown>
      <Limits user={id} />
      <Card class="flush" title={w.openOrders}><Shown state={orders.state.value} onRetry={orders.reload} empty={t.trade.noOpen} isEmpty={(list) => !list.data.length}>{(list) => <OrderTable orders={list.data} />}</Shown></Card>
      <Card class="flush" title={w.audit}><AuditTable wanted={{ user_id: id }} /></Card>
    </>
  );
}

const SENDERS = { roles: setRoles, status: setStatus, tier: setTier };
const CHOICES: Record<Change, readonly string[]> = { status: ["ACTIVE", "SUSPENDED", "LOCKED"], tier: ["free", "basic", "pro", "vip"], roles: ["USER", "USER,SUPPORT", "USER,ADMIN"] };

function ChangeUser({ what, user, onClose }: { what: Change; user: Profile; onClose(): void }) {
  const w = words.value;
  const now = what === "status" ? user.status : what === "tier" ? user.rate_limit_tier : user.roles.join(",");
  const [next, setNext] = useState(now);
  const body = what === "roles" ? { roles: next.split(",") } : { [what]: next };
  return (
    <Reasoned title={`${user.email} · ${w[what]}`} danger={what === "status" && next !== "ACTIVE"} onClose={onClose} send={(reason) => SENDERS[what](user.id, { ...body, reason })}>
      <Field label={w.old} input={{ value: now, readOnly: true }} />
      <Select label={w.next} value={next} options={CHOICES[what].map((each) => [each, each] as const)} onValue={setNext} />
    </Reasoned>
  );
}
