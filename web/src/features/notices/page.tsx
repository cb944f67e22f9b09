// What happened while no page was open, and since.
import { useEffect } from "preact/hooks";
import type { Notice } from "../../api/types";
import { texts } from "../../i18n/texts";
import { failure, loadNotices, loadOlder, markAllRead, markRead, notices, older, unread } from "../../live/notices";
import { useSending } from "../../ui/form";
import { FailureText, Moment, Shown } from "../../ui/parts";
import { placeOf, wordsOf } from "./words";

function Row({ notice, onRead, busy }: { notice: Notice; onRead(): void; busy: boolean }) {
  const t = texts.value.notices;
  const [title, sentence] = wordsOf(notice);
  return (
    <li class={notice.read_at ? "notice-row" : "notice-row unread"}>
      <div class="notice-text">
        <h2><a href={placeOf(notice)} onClick={() => !notice.read_at && onRead()}>{title}</a>{!notice.read_at && <span class="badge">{t.unread}</span>}</h2>
        <p>{sentence}</p>
        <small class="muted"><Moment at={notice.happened_at} /></small>
      </div>
      {!notice.read_at && <button type="button" class="button small" disabled={busy} aria-label={`${t.read}: ${title}`} onClick={onRead}>{t.read}</button>}
    </li>
  );
}

export function Notices() {
  const t = texts.value;
  const sending = useSending();
  useEffect(() => void (document.title = `${unread.value ? `(${unread.value}) ` : ""}${t.notices.title} · ${t.brand}`), [t, unread.value]);
  const state = { data: notices.value, failure: failure.value, busy: false, at: 0 };
  return (
    <div class="page narrow">
      <header class="page-head">
        <h1>{t.notices.title}</h1>
        <button type="button" class="button small" disabled={sending.busy || !unread.value} onClick={() => void sending.run(markAllRead)}>{t.notices.readAll}</button>
      </header>
      <p class="lead">{t.notices.lead}</p>
      <FailureText failure={sending.failure} />
      <section class="card flush">
        <Shown state={state} onRetry={() => void loadNotices()} empty={t.notices.none} isEmpty={(rows) => !rows.length}>
          {(rows) => <ul class="notice-list">{rows.map((each) => <Row key={each.id} notice={each} busy={sending.busy} onRead={() => void sending.run(() => markRead(each.id))} />)}</ul>}
        </Shown>
        {older.value && <p class="card-text"><button type="button" class="button small" disabled={sending.busy} onClick={() => void sending.run(loadOlder)}>{t.account.older}</button></p>}
      </section>
    </div>
  );
}
