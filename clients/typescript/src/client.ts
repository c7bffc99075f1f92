import { Refused, RequestError, type Answer, type Refusal } from "./errors.js";

/** The text of an operation, which knows the types of its answer and its variables. */
export type Operation<Result, Variables> = string & {
  readonly __types?: (variables: Variables) => Result;
};

export interface Options {
  /** Origin of the exchange, such as `https://exchange.example`. In the browser on the same origin: leave it out. */
  url?: string;
  /**
   * Bearer mode: returns the token, or undefined while nobody has signed in.
   * Cookie mode, on the exchange's own origin: leave it out.
   */
  token?: () => string | undefined;
  /** Language of messages, BCP 47; the browser's own when it is left out. */
  language?: string;
  /** Name of your front end, told to the exchange with each GET. */
  name?: string;
  fetch?: typeof fetch;
}

/** What a mutation answers with: a payload that lists expected refusals. */
type Payload = { errors: Refusal[] };
type Mutated<Result> = Exclude<Result[keyof Result], null | undefined>;

interface Kept {
  etag: string;
  data: unknown;
}

/** How many answers to GETs are kept. */
const kept = 100;

/** A client of one exchange, on behalf of one person or of nobody. */
export class Client {
  readonly url: string;
  readonly #options: Options;
  readonly #fetch: typeof fetch;
  readonly #kept = new Map<string, Kept>();

  constructor(options: Options = {}) {
    this.url = (options.url ?? "").replace(/\/$/, "");
    this.#options = options;
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
  }

  /** Asks. Throws a RequestError when there is no answer, or only a part of it. */
  async query<Result, Variables>(operation: Operation<Result, Variables>, variables: Variables, signal?: AbortSignal): Promise<Result> {
    const response = await this.#send("/graphql", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ query: operation, variables }),
      ...(signal && { signal }),
    });
    return (await read<Result>(response)).data;
  }

  /**
   * Changes something, and returns the payload. Throws Refused when a rule of
   * the exchange speaks against it: nothing was changed then. After a
   * RequestError with code UNAVAILABLE send it again with the same idempotency key.
   */
  async mutate<Result extends object, Variables>(operation: Operation<Result, Variables>, variables: Variables, signal?: AbortSignal): Promise<Mutated<Result>> {
    const data = await this.query(operation, variables, signal);
    const payload = Object.values(data)[0] as (Payload & Mutated<Result>) | null;
    if (!payload) {
      throw new TypeError("the operation is no mutation, or has not answered");
    }
    if (payload.errors.length > 0) {
      throw new Refused(payload.errors);
    }
    return payload;
  }

  /**
   * Asks a query of public data by GET, so that caches can answer. The last
   * answers are kept, and fetched again only when they have changed.
   */
  async get<Result, Variables>(operation: Operation<Result, Variables>, variables: Variables, signal?: AbortSignal): Promise<Result> {
    const path = `/graphql?${new URLSearchParams({ query: operation, variables: JSON.stringify(variables) })}`;
    const before = this.#kept.get(path);
    const response = await this.#send(path, {
      headers: { "X-Peregrine-Client": this.#options.name ?? "typescript", ...(before && { "If-None-Match": before.etag }) },
      ...(signal && { signal }),
    });
    if (response.status === 304 && before) {
      return before.data as Result;
    }
    const { data } = await read<Result>(response);
    const etag = response.headers.get("ETag");
    this.#kept.delete(path);
    if (etag) {
      this.#kept.set(path, { etag, data });
      const oldest = this.#kept.keys().next();
      if (this.#kept.size > kept && !oldest.done) {
        this.#kept.delete(oldest.value);
      }
    }
    return data;
  }

  /**
   * Sends with a token or with the cookie, never with both: the exchange refuses
   * that, and cookies from another origin.
   */
  async #send(path: string, init: RequestInit & { headers: Record<string, string> }): Promise<Response> {
    const token = this.#options.token?.();
    const headers = { Accept: "application/json", ...init.headers };
    if (this.#options.language) {
      Object.assign(headers, { "Accept-Language": this.#options.language });
    }
    if (token) {
      Object.assign(headers, { Authorization: `Bearer ${token}` });
    }
    try {
      return await this.#fetch(this.url + path, { ...init, headers, credentials: this.#options.token ? "omit" : "same-origin" });
    } catch (cause) {
      if (cause instanceof Error && cause.name === "AbortError") {
        throw cause;
      }
      throw new RequestError(0, [], undefined, cause);
    }
  }
}

/** Reads an answer of GraphQL over HTTP. */
async function read<Result>(response: Response): Promise<{ data: Result }> {
  let answer: Answer<Result> = {};
  try {
    answer = (await response.json()) as Answer<Result>;
  } catch (cause) {
    throw new RequestError(response.status, [], undefined, cause);
  }
  if (!response.ok || answer.errors?.length || answer.data == null) {
    const wait = Number(response.headers.get("Retry-After"));
    throw new RequestError(response.status, answer.errors ?? [], wait > 0 ? wait : undefined);
  }
  return { data: answer.data };
}
