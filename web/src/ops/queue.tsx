// A queue of cases for staff: the list, and one case open in a dialog. The list is loaded again when the dialog closes.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useResource } from "../api/load";
import type { Listed } from "../api/types";
import { Card, Shown } from "../ui/parts";
import { words } from "./texts";

interface Props<T> {
  list(): Promise<Listed<T>>;
  /** The cells of the table's head, and of a row. */
  head: ComponentChildren;
  cells(row: T): ComponentChildren;
  open(id: string, onClose: () => void): ComponentChildren;
  /** Beside the title; `see` opens a case. */
  actions?(see: (id: string) => void, reload: () => void): ComponentChildren;
}

export function Queue<T extends { id: string }>({ list: listed, head, cells, open, actions }: Props<T>) {
  const w = words.value;
  const found = useResource(listed);
  const [seen, see] = useState("");
  return (
    <Card class="flush" actions={actions?.(see, () => void found.reload())}>
      <Shown state={found.state.value} onRetry={found.reload} empty={w.none} isEmpty={(list) => !list.data.length}>
        {(list) => (
          <div class="scroll-x" tabIndex={0}><table class="table rows">
            <thead><tr>{head}<th><span class="hidden-visually">{w.view}</span></th></tr></thead>
            <tbody>{list.data.map((row) => <tr key={row.id}>{cells(row)}<td class="end"><button type="button" class="button small primary" onClick={() => see(row.id)}>{w.view}</button></td></tr>)}</tbody>
          </table></div>
        )}
      </Shown>
      {seen && open(seen, () => { see(""); void found.reload(); })}
    </Card>
  );
}
