// What can be drawn on the chart, and what has been: by clicks, and a level by its price too.
import { useState } from "preact/hooks";
import { lang, texts } from "../../i18n/texts";
import { amount } from "../../money/format";
import { readAmount } from "../../money/typed";
import { wire } from "../../money/units";
import { Field } from "../../ui/parts";
import { KINDS, POINTS, type MarkKind } from "./chart-marks";
import { marksOf, setMarks } from "./chart-marks-kept";

export function MarkTools({ symbol, chosen, choose, digits }: { symbol: string; chosen: MarkKind | null; choose(kind: MarkKind | null): void; digits: number }) {
  const t = texts.value.trade;
  const [text, setText] = useState("");
  const marks = marksOf(symbol).value;
  const shown = (price: number) => amount(price.toFixed(digits), digits);
  function addLevel(event: Event) {
    event.preventDefault();
    const price = readAmount(text).units;
    if (!price) return;
    setMarks(symbol, [...marks, { kind: "level", points: [{ time: 0, price: Number(wire(price)) }] }]);
    setText("");
  }
  return (
    <details class="menu" lang={lang.value}>
      <summary class="button small ghost">✎ {t.draw}{marks.length > 0 && ` (${marks.length})`}</summary>
      <div class="menu-body">
        <div class="mark-kinds">{KINDS.map((kind) => <button key={kind} type="button" class="button small" aria-pressed={chosen === kind} onClick={() => choose(chosen === kind ? null : kind)}>{t.marks[kind]}</button>)}</div>
        {chosen && <p class="muted" role="status">{t.drawHow(POINTS[chosen])}</p>}
        <form class="mark-level" onSubmit={addLevel}>
          <Field label={t.levelAt} input={{ value: text, inputMode: "decimal", autocomplete: "off", maxLength: 32, onInput: (event) => setText(event.currentTarget.value) }} />
          <button class="button small">{t.addLevel}</button>
        </form>
        <ul class="mark-list">
          {marks.map((mark, at) => {
            const name = `${t.marks[mark.kind]} ${mark.points.map((point) => shown(point.price)).join(" – ")}`;
            return <li key={at}><span>{name}</span><button type="button" class="icon-button" aria-label={`${texts.value.common.delete}: ${name}`} onClick={() => setMarks(symbol, marks.filter((_, other) => other !== at))}>✕</button></li>;
          })}
        </ul>
      </div>
    </details>
  );
}
