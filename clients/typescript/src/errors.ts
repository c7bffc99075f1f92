import type { ErrorCode, RefusalFragment } from "./operations.js";

/** Why something was refused: the whole set, which is small and stable. */
export type Code = ErrorCode;

/** A refusal of a mutation: `__typename` says which details it has. */
export type Refusal = RefusalFragment;

export interface TopLevelError {
  message: string;
  path?: (string | number)[];
  extensions?: { code?: Code; requestId?: string; retryAfter?: number; stepUpUrl?: string };
}

export interface Answer<Result> {
  data?: Result | null;
  errors?: TopLevelError[];
}

/** There is no answer: nobody has signed in, the exchange is away, the query is wrong. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  /** UNAVAILABLE when nothing of the exchange was reached. */
  readonly code: Code;
  /** What to tell those who run the exchange. */
  readonly requestId: string | undefined;
  /** With STEP_UP_REQUIRED: where to prove a second factor, at the exchange; add `return_to`. */
  readonly stepUpUrl: string | undefined;

  constructor(
    /** HTTP status; 0 when there was no answer at all. */
    readonly status: number,
    readonly errors: TopLevelError[],
    /** Seconds to wait before trying again, when that would help. */
    readonly retryAfter?: number,
    cause?: unknown,
  ) {
    super(errors[0]?.message ?? (status ? `the exchange answers with status ${status}` : "the exchange cannot be reached"), { cause });
    this.code = errors[0]?.extensions?.code ?? "UNAVAILABLE";
    this.requestId = errors[0]?.extensions?.requestId;
    this.stepUpUrl = errors[0]?.extensions?.stepUpUrl;
  }
}

/** A rule of the exchange speaks against a mutation. Nothing was changed. */
export class Refused extends Error {
  override readonly name = "Refused";

  constructor(
    /** All that speaks against it, at least one. */
    readonly refusals: Refusal[],
  ) {
    super(refusals.map((r) => r.message).join("; "));
  }

  /** The kind of the first refusal. */
  get code(): Code {
    return this.refusals[0]?.code as Code;
  }

  /** What speaks against one field of the input, for a form. */
  of(field: string): Refusal[] {
    return this.refusals.filter((r) => r.field.at(-1) === field);
  }
}
