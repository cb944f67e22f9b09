// Whatever goes wrong with a request, as one kind of error that pages can show.
import { faultText, type Figures } from "../i18n/faults";
import { lang, texts } from "../i18n/texts";

export interface FieldError {
  field: string;
  message: string;
  code: string;
  params: Figures;
}

export interface Problem {
  code: string;
  title: string;
  message: string;
  detail?: string;
  status: number;
  trace_id?: string;
  errors?: FieldError[];
  [figure: string]: unknown;
}

export class Failure extends Error {
  /** Fields that have shown what is said of them: the list below the form leaves them out. */
  private readonly placed = new Set<string>();

  constructor(
    readonly problem: Problem,
    readonly retryAfter = 0,
  ) {
    super(problem.code);
  }

  get code(): string {
    return this.problem.code;
  }

  get status(): number {
    return this.problem.status;
  }

  /** The outcome is unknown: the request may have been carried out. */
  get unknown(): boolean {
    return this.status === 0 || this.status === 503 || this.status === 504;
  }

  text(): string {
    return lang.value === "tr" ? this.problem.message : this.problem.title;
  }

  /** What is said of a field that the page shows: at the field, in its language. */
  at(field: string): string | null {
    const said = (this.problem.errors ?? []).filter((each) => each.field === field).map((each) => this.words(each)).filter(Boolean);
    if (said.length) this.placed.add(field);
    return said.join(" ") || null;
  }

  /** What is said of fields that the page does not show. */
  elsewhere(): { field: string; text: string }[] {
    return (this.problem.errors ?? []).map((each) => ({ field: each.field, text: this.placed.has(each.field) ? "" : this.words(each) })).filter((each) => each.text);
  }

  /** "" where the field says no more than the problem; the platform's own words for a code that is newer than this page. */
  private words({ code, params, message }: FieldError): string {
    return faultText(texts.value.fault, code, params) || (code === this.code && code !== "VALIDATION_ERROR" ? "" : message);
  }
}

export function offline(): Failure {
  return new Failure({
    code: "OFFLINE",
    status: 0,
    title: "The server cannot be reached. Check your connection.",
    message: "Sunucuya ulaşılamıyor. Bağlantınızı kontrol edin.",
  });
}

/** What browsers say when a part of the page does not come. */
const PART = /dynamically imported module|module script|preload/i;

export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (PART.test(String(error))) return new Failure({ code: "PART_MISSING", status: -1, title: texts.value.live.newVersion, message: texts.value.live.newVersion });
  return new Failure({ code: "PAGE_ERROR", status: -1, title: "Something went wrong in this page.", message: "Sayfada bir hata oluştu.", detail: String(error) });
}
