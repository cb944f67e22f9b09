// Whatever goes wrong with a request, as one kind of error that pages can show.
import { lang } from "../i18n/texts";

export interface Problem {
  code: string;
  title: string;
  message: string;
  detail?: string;
  status: number;
  trace_id?: string;
  errors?: { field: string; message: string }[];
  [figure: string]: unknown;
}

export class Failure extends Error {
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
}

export function offline(): Failure {
  return new Failure({
    code: "OFFLINE",
    status: 0,
    title: "The server cannot be reached. Check your connection.",
    message: "Sunucuya ulaşılamıyor. Bağlantınızı kontrol edin.",
  });
}

export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  return new Failure({ code: "PAGE_ERROR", status: -1, title: "Something went wrong in this page.", message: "Sayfada bir hata oluştu.", detail: String(error) });
}
