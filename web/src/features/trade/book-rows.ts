// One side of the book, written into fixed cells: no element is made or removed while it moves.
import { amount } from "../../money/format";
import { SCALE, product, wire, type Units } from "../../money/units";
import type { BookLevel } from "../../live/book";

export interface Line {
  price: Units;
  size: Units;
  sum: Units;
  value: Units;
  mine: boolean;
}

/** Levels added up by a step of the price (down for bids, up for asks), with running sums, best first. */
export function grouped(levels: readonly BookLevel[], step: Units, side: "BUY" | "SELL", most: number, mine: ReadonlySet<Units>): Line[] {
  const lines: Line[] = [];
  for (const { price, size } of levels) {
    const rest = price % step;
    const at = rest === 0n ? price : side === "BUY" ? price - rest : price - rest + step;
    const last = lines[lines.length - 1];
    if (last && last.price === at) {
      last.size += size;
      last.value += product(price, size);
      last.mine ||= mine.has(price);
    } else {
      if (lines.length === most) break;
      lines.push({ price: at, size, sum: 0n, value: product(price, size), mine: mine.has(price) });
    }
  }
  let sum = 0n;
  for (const line of lines) line.sum = sum += line.size;
  return lines;
}

export class Rows {
  private readonly rows: HTMLTableRowElement[] = [];
  private readonly shown: string[] = [];
  lines: Line[] = [];
  private hovered = -1;
  private priceDigits = 0;
  private sizeDigits = 0;

  constructor(body: HTMLTableSectionElement, count: number, onPrice: (price: string) => void) {
    body.textContent = "";
    for (let at = 0; at < count; at += 1) {
      const row = body.insertRow();
      row.className = "level";
      for (const kind of ["price", "size", "sum"]) {
        const cell = row.insertCell();
        cell.className = kind;
        cell.append(document.createTextNode(""));
      }
      const bar = document.createElement("i");
      bar.className = "bar";
      row.cells[0]!.append(bar); // the first cell is as wide as the row
      row.addEventListener("click", () => {
        const line = this.lines[at];
        if (line) onPrice(wire(line.price));
      });
      row.addEventListener("pointerenter", () => {
        this.hovered = at;
        this.tell(at);
      });
      this.rows.push(row);
      this.shown.push("");
    }
  }

  /** Sum and average price down to a level, as the title of its row: only the row under the pointer has one. */
  private tell(at: number): void {
    const line = this.lines[at];
    this.rows[at]!.title = line ? `Σ ${amount(line.sum, this.sizeDigits)} · ø ${amount(line.sum ? (valueUpTo(this.lines, at) * SCALE) / line.sum : 0n, this.priceDigits)}` : "";
  }

  write(lines: Line[], priceDigits: number, sizeDigits: number, deepest: Units): void {
    this.lines = lines;
    this.priceDigits = priceDigits;
    this.sizeDigits = sizeDigits;
    this.rows.forEach((row, at) => {
      const line = lines[at];
      const text = line ? `${line.price}|${line.size}|${line.sum}|${deepest}|${line.mine}|${priceDigits}` : "";
      if (this.shown[at] === text) return;
      this.shown[at] = text;
      row.classList.toggle("blank", !line);
      row.classList.toggle("mine", !!line?.mine);
      // the data of a text that is there already: a new text would be a new box
      (row.cells[0]!.firstChild as Text).data = line ? amount(line.price, priceDigits) : "";
      (row.cells[1]!.firstChild as Text).data = line ? amount(line.size, sizeDigits) : "";
      (row.cells[2]!.firstChild as Text).data = line ? amount(line.sum, sizeDigits) : "";
      const part = line && deepest > 0n ? Number((line.sum * 1000n) / deepest) / 1000 : 0;
      (row.cells[0]!.lastChild as HTMLElement).style.transform = `scaleX(${part})`;
      if (at === this.hovered) this.tell(at);
    });
  }

  /** After the language has changed. */
  forget(): void {
    this.shown.fill("");
  }
}

function valueUpTo(lines: readonly Line[], last: number): Units {
  let value = 0n;
  for (let at = 0; at <= last; at += 1) value += lines[at]!.value;
  return value;
}
