import { useState } from "preact/hooks";
import { get, post } from "../api/client";
import { useResource } from "../api/load";
import type { KycReview, Submission } from "../api/types";
import { texts } from "../i18n/texts";
import { Dialog } from "../ui/dialog";
import { Fact, Moment, Shown } from "../ui/parts";
import { Queue } from "./queue";
import { Reasoned } from "./reason";
import { words } from "./texts";

export function Kyc() {
  const w = words.value;
  return (
    <Queue<Submission>
      path="/api/auth/admin/kyc"
      head={<><th>{w.created}</th><th>{w.applicant}</th><th>{w.level}</th><th>{w.status}</th></>}
      cells={(row) => <><td><Moment at={row.submitted_at} /></td><td>{row.first_name} {row.last_name}</td><td>{row.level}</td><td><span class="badge">{texts.value.account.kycStatus[row.status] ?? row.status}</span></td></>}
      open={(id, onClose) => <Review id={id} onClose={onClose} />}
    />
  );
}

function Review({ id, onClose }: { id: string; onClose(): void }) {
  const w = words.value;
  const found = useResource(async () => {
    await post(`/api/auth/admin/kyc/${id}/claim`);
    return get<KycReview>(`/api/auth/admin/kyc/${id}`);
  }, [id]);
  const [deciding, decide] = useState<"yes" | "no" | null>(null);
  return (
    <Dialog wide title={w.view} onClose={onClose}>
      <Shown state={found.state.value} onRetry={found.reload}>
        {(review) => (
          <>
            {review.id_of_another_account && <p class="notice bad">{w.duplicate}</p>}
            <dl class="facts">
              <Fact name={w.applicant}>{review.submission.first_name} {review.submission.last_name}</Fact>
              <Fact name={w.tc}><code>{review.tc_kimlik_no}</code></Fact>
              <Fact name={w.born}>{review.submission.date_of_birth}</Fact>
              <Fact name={w.phone}>{review.submission.phone}</Fact>
              <Fact name={w.level}>{review.submission.level}</Fact>
              <Fact name={w.user}><a href={`/ops/users/${review.submission.user_id}`}>{review.submission.user_id}</a></Fact>
            </dl>
            <div class="documents">{Object.entries(review.document_links as Record<string, string>).map(([name, link]) => <figure key={name}><a href={link} target="_blank" rel="noopener"><img src={link} alt={name} /></a><figcaption class="muted">{name}</figcaption></figure>)}</div>
            <div class="dialog-foot"><button type="button" class="button danger" onClick={() => decide("no")}>{w.reject}</button><button type="button" class="button primary" onClick={() => decide("yes")}>{w.approve}</button></div>
          </>
        )}
      </Shown>
      {deciding && <Reasoned title={deciding === "yes" ? w.approve : w.reject} danger={deciding === "no"} reasonless={deciding === "yes"} onClose={onClose} send={(reason) => post(`/api/auth/admin/kyc/${id}/decision`, { approve: deciding === "yes", ...(reason && { reason }) })}>{deciding === "yes" && <p>{w.approveAsk}</p>}</Reasoned>}
    </Dialog>
  );
}
