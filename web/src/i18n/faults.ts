// What is wrong with one field, in words: the codes are those of the API's documents, so a code without words does not compile.
import type { components } from "../../build/types/trading";

export type FieldFault = components["schemas"]["FieldFault"];
export type Figures = Readonly<Record<string, string>>;
export type Faults = Readonly<Record<FieldFault, string | ((p: Figures) => string)>>;

/** The words of a code, with its figures; "" for a code that says no more than the problem. */
export function faultText(faults: Faults, code: string, figures: Figures): string {
  const words = code in faults ? faults[code as FieldFault] : "";
  return typeof words === "string" ? words : words(figures);
}
