import { useState } from "preact/hooks";
import { useResource } from "../api/load";
import type { Submission } from "../api/types";
import { texts } from "../i18n/texts";
import { Dialog } from "../ui/dialog";
import { useSending } from "../ui/form";
import { Fact, FailureText, Moment, Select, Shown } from "../ui/parts";
import { application, applications, claim, claimNext, decide, giveBack } from "./calls";
import { Queue } from "./queue";
import { Reasoned } from "./reason";
import { words } from "./texts";

export function Kyc() {
  const w = words.value;
  return (
    <Queue<Submission>
      list={applications}
      actions={(see, reload) => <NextCase see={see} reload={reload} />}
      head={<><th>{w.created}</th><th>{w.applicant}</th><th>{w.level}</th><th>{w.status}</th></>}
      cells={(row) => <><td><Moment at={row.submitted_at} /></td><td>{row.first_name} {row.last_name}</td><td>{row.level}</td><td><span class="badge">{texts.value.account.kycStatus[row.status] ?? row.status}</span></td></>}
      open={(id, onClose) => <Review id={id} onClose={onClose} />}
    />
  );
}

/** Takes the most urgent application that is free. */
function NextCase({ see, reload }: { see(id: string): void; reload(): void }) {
  const sending = useSending();
  const next = async () => { if (!(await sending.run(async () => see((await claimNext()).id)))) reload(); };
  return <span class="line"><FailureText failure={sending.failure} /><button type="button" class="button small primary" disabled={sending.busy} onClick={() => void next()}>{words.value.takeNext}</button></span>;
}

function Review({ id, onClose }: { id: string; onClose(): void }) {
  const w = words.value;
  const found = useResource(async () => {
    await claim(id);
    return application(id);
  }, [id]);
  const [deciding, setDeciding] = useState<"yes" | "no" | null>(null);
  const [code, setCode] = useState("OTHER");
  const sending = useSending();
  const leave = async () => { if (await sending.run(() => giveBack(id))) onClose(); };
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
              <Fact name={w.identityCheck}>{w.identityChecks[review.submission.identity_check] ?? review.submission.identity_check}</Fact>
              <Fact name={w.user}><a href={`/ops/users/${review.submission.user_id}`}>{review.submission.user_id}</a></Fact>
            </dl>
            <div class="documents">{Object.entries(review.document_links as Record<string, string>).map(([name, link]) => <figure key={name}><a href={link} target="_blank" rel="noopener"><img src={link} alt={name} /></a><figcaption class="muted">{name}</figcaption></figure>)}</div>
            <FailureText failure={sending.failure} />
            <div class="dialog-foot"><button type="button" class="button" disabled={sending.busy} onClick={() => void leave()}>{w.giveBack}</button><button type="button" class="button danger" onClick={() => setDeciding("no")}>{w.reject}</button><button type="button" class="button primary" onClick={() => setDeciding("yes")}>{w.approve}</button></div>
          </>
        )}
      </Shown>
      {deciding && <Reasoned title={deciding === "yes" ? w.approve : w.reject} danger={deciding === "no"} reasonless={deciding === "yes"} optional={code !== "OTHER"} onClose={onClose} send={(reason) => decide(id, deciding === "yes" ? { approve: true } : { approve: false, rejection_code: code, reason })}>{deciding === "yes" ? <p>{w.approveAsk}</p> : <Select label={w.rejectionCode} value={code} options={Object.entries(w.rejections)} onValue={setCode} />}</Reasoned>}
    </Dialog>
  );
}
