import type { Client } from "./client.js";
import { Changes, ChangesCursor, type ChangesQuery, type ChangesQueryVariables } from "./operations.js";

type Batch = NonNullable<ChangesQuery["changes"]>;

export interface Following {
  /** Where to go on; from now on when it is left out. */
  after?: string;
  types?: NonNullable<ChangesQueryVariables["types"]>;
  /** Milliseconds between two questions while nothing happens; 5000 when it is left out. */
  every?: number;
  signal?: AbortSignal;
}

/** The cursor of now: keep it, read everything once, then follow from it. */
export async function cursorOfNow(client: Client, signal?: AbortSignal): Promise<string> {
  const { changesCursor } = await client.query(ChangesCursor, {}, signal);
  if (changesCursor === null) {
    throw new TypeError("the exchange has no change feed");
  }
  return changesCursor;
}

/**
 * Follows the change feed until the signal is aborted. Keep `cursor` of a batch
 * once you have dealt with it: whoever begins there again misses nothing. A
 * RequestError with code INVALID says that the cursor is too old: read anew.
 */
export async function* follow(client: Client, o: Following = {}): AsyncGenerator<Batch, void, undefined> {
  let after = o.after ?? (await cursorOfNow(client, o.signal));
  while (!o.signal?.aborted) {
    const { changes } = await client.query(Changes, { after, ...(o.types && { types: o.types }) }, o.signal);
    if (!changes) {
      return;
    }
    after = changes.cursor;
    if (changes.nodes.length > 0) {
      yield changes;
    }
    if (!changes.hasMore) {
      await pause(o.every ?? 5000, o.signal);
    }
  }
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal?.aborted) {
      return done(); // a listener that comes later hears nothing of it
    }
    const timer = setTimeout(end, milliseconds);
    function end(): void {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      done();
    }
    signal?.addEventListener("abort", end);
  });
}
