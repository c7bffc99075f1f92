import assert from "node:assert/strict";
import { test } from "node:test";

import { SignInError, beginSignIn, endSignIn, follow, type Client, type Keep } from "../src/index.js";

const registration = { exchange: "https://exchange.example", portal: "prt_1", returnAddress: "https://portal.example/" };

function keep(): Keep & { all: Map<string, string> } {
  const all = new Map<string, string>();
  return { all, getItem: (k) => all.get(k) ?? null, setItem: (k, v) => void all.set(k, v), removeItem: (k) => void all.delete(k) };
}

async function back(kept: Keep, change: Record<string, string> = {}): Promise<string> {
  const state = new URL(await beginSignIn(registration, kept)).searchParams.get("state")!;
  return `https://portal.example/?${new URLSearchParams({ code: "c", state, iss: registration.exchange, ...change })}`;
}

test("the challenge is the digest of what is redeemed", async () => {
  const kept = keep();
  const asked = new URL(await beginSignIn(registration, kept)).searchParams;
  const address = `https://portal.example/?${new URLSearchParams({ code: "c", state: asked.get("state")!, iss: registration.exchange })}`;
  let verifier = "";
  const token = await endSignIn(registration, address, kept, async (_, init) => {
    assert.equal(init?.credentials, "omit");
    verifier = (init?.body as URLSearchParams).get("code_verifier")!;
    return Response.json({ access_token: "t", expires_in: 60 });
  });
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  assert.equal(Buffer.from(digest).toString("base64url"), asked.get("code_challenge"));
  assert.equal(token.secret, "t");
  assert.equal(kept.all.size, 0);
});

test("an answer that this browser did not ask for is not redeemed", async (t) => {
  const never = async (): Promise<Response> => assert.fail("the code was sent");
  for (const [what, change, code] of [
    ["another state", { state: "x" }, "state_mismatch"],
    ["another exchange", { iss: "https://evil.example" }, "state_mismatch"],
    ["a refusal", { code: "", error: "access_denied" }, "access_denied"],
  ] as const) {
    await t.test(what, async () => {
      const kept = keep();
      await assert.rejects(endSignIn(registration, await back(kept, change), kept, never), (error) => error instanceof SignInError && error.code === code);
    });
  }
  await t.test("without having begun", async () => {
    await assert.rejects(endSignIn(registration, await back(keep()), keep(), never), SignInError);
  });
  await t.test("a second time", async () => {
    const kept = keep();
    const address = await back(kept);
    await assert.rejects(endSignIn(registration, address, kept, async () => Response.json({ error: "invalid_grant" })), /invalid_grant/);
    await assert.rejects(endSignIn(registration, address, kept, never), /state_mismatch/);
  });
});

test("an exchange that is away, or that somebody else answers for, is a SignInError", async () => {
  for (const send of [
    async (): Promise<Response> => new Response("<h1>down</h1>", { status: 503 }),
    async (): Promise<Response> => Promise.reject(new TypeError("fetch failed")),
  ]) {
    const kept = keep();
    await assert.rejects(endSignIn(registration, await back(kept), kept, send), (e) => e instanceof SignInError && e.code === "temporarily_unavailable");
  }
});

test("following ends at once when it is aborted between two questions", async () => {
  const stop = new AbortController();
  const client = { query: async () => ({ changes: { cursor: "chg_1", hasMore: false, nodes: [{}] } }) } as unknown as Client;
  const began = Date.now();
  for await (const _ of follow(client, { after: "chg_0", every: 60_000, signal: stop.signal })) {
    stop.abort();
  }
  assert.ok(Date.now() - began < 10_000);
});
