// The shape of the words of notices, by kind: a kind that the API learns is missed in a language by the compiler.
import type { Notice } from "../api/types";

export type Kind = Notice["kind"];
/** What is said of one notice, ready to be shown: `sum` is its amount with the currency, and figures are written as the reader does. */
export type Params = Record<string, string>;
/** Title and sentence. */
export type Words = Record<Kind, (p: Params) => [string, string]>;

/** Parts of a sentence with a space between them; what is missing is left out. */
export const joined = (...parts: (string | false | undefined)[]): string => parts.filter(Boolean).join(" ");
