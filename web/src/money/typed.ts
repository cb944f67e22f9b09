// What a person types or pastes as an amount. The field keeps the text; this only reads it.
import { parse, type Units } from "./units";

export interface Typed {
  units: Units | null;
  /** One separator before three digits: a decimal sign when typed, but perhaps a grouping when pasted; the page shows how it was read. */
  ambiguous: boolean;
}

export function readAmount(text: string): Typed {
  const bare = text.replace(/[\s  ₺$]/g, "");
  if (bare === "") return { units: null, ambiguous: false };
  if (!/^[\d.,]+$/.test(bare)) return { units: null, ambiguous: false };
  const points = bare.split(".").length - 1;
  const commas = bare.split(",").length - 1;
  let plain = bare;
  if (points && commas) {
    const decimal = bare.lastIndexOf(".") > bare.lastIndexOf(",") ? "." : ",";
    const grouping = decimal === "." ? "," : ".";
    if (bare.split(decimal).length > 2) return { units: null, ambiguous: false };
    plain = bare.split(grouping).join("").replace(decimal, ".");
  } else if (points > 1 || commas > 1) {
    plain = bare.replace(/[.,]/g, "");
  } else {
    plain = bare.replace(",", ".");
  }
  plain = plain.replace(/^\./, "0.").replace(/\.$/, "");
  return { units: parse(plain), ambiguous: points + commas === 1 && /^[1-9]\d{0,2}[.,]\d{3}$/.test(bare) };
}

/** A value to put into a field: plain digits and the decimal sign of the language. */
export function fieldText(wireText: string, language: string): string {
  return language === "tr" ? wireText.replace(".", ",") : wireText;
}
