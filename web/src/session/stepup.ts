// A request that needs the second factor once more: the dialog of the shell asks for it, and the request is repeated.
import { signal } from "@preact/signals";

export const waiting = signal<((done: boolean) => void) | null>(null);

export function askStepUp(): Promise<boolean> {
  waiting.value?.(false);
  return new Promise((resolve) => {
    waiting.value = (done) => {
      waiting.value = null;
      resolve(done);
    };
  });
}
