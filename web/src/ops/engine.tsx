// What holds for the whole engine: the version of its rules, and the time of its log.
import { useState } from "preact/hooks";
import { useResource } from "../api/load";
import { isAdmin } from "../session/session";
import { Card, Fact, Field, Moment, Shown } from "../ui/parts";
import { acceptTime, logTime, rulesVersion, setRulesVersion } from "./calls";
import { Reasoned } from "./reason";
import { words } from "./texts";

export function Engine() {
  return <><Rules /><LogClock /></>;
}

function Rules() {
  const w = words.value;
  const found = useResource(rulesVersion);
  const [next, setNext] = useState<string | null>(null);
  const now = found.state.value.data?.version ?? 0;
  return (
    <Card title={w.rulesVersion} actions={isAdmin.value && now > 0 && <button type="button" class="button small" onClick={() => setNext(String(now + 1))}>{w.change}</button>}>
      <Shown state={found.state.value} onRetry={found.reload} rows={1}>{(rules) => <dl class="facts"><Fact strong name={w.inForce}>{rules.version}</Fact></dl>}</Shown>
      {next !== null && (
        <Reasoned danger title={w.rulesVersion} reasonless word={next} unready={!(Number(next) > now)} onClose={() => { setNext(null); void found.reload(); }} send={() => setRulesVersion(Number(next))}>
          <p class="notice">{w.rulesForGood}</p>
          <Field label={`${w.old}: ${now}`} input={{ value: next, inputMode: "numeric", maxLength: 5, onInput: (event) => setNext(event.currentTarget.value) }} />
        </Reasoned>
      )}
    </Card>
  );
}

function LogClock() {
  const w = words.value;
  const found = useResource(logTime, [], 30);
  const [until, setUntil] = useState<string | null>(null);
  return (
    <Card title={w.logTime} actions={isAdmin.value && found.state.value.data && <button type="button" class="button small" onClick={() => setUntil("")}>{w.acceptTime}</button>}>
      <Shown state={found.state.value} onRetry={found.reload} rows={1}>
        {(time) => (
          <dl class="facts">
            <Fact strong name={w.logTime}><Moment at={time.log_time} /></Fact>
            <Fact name={w.doubted}>{time.doubted_time ? <span class="badge bad"><Moment at={time.doubted_time} /></span> : w.nothingDoubted}</Fact>
          </dl>
        )}
      </Shown>
      {until !== null && (
        <Reasoned danger reasonless title={w.acceptTime} unready={!(Date.parse(until) > 0)} onClose={() => { setUntil(null); void found.reload(); }} send={() => acceptTime(new Date(until).toISOString())}>
          <p class="notice">{w.timeForGood}</p>
          <Field label={w.until} input={{ type: "datetime-local", value: until, onInput: (event) => setUntil(event.currentTarget.value) }} />
        </Reasoned>
      )}
    </Card>
  );
}
