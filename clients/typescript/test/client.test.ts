import assert from "node:assert/strict";
import type http from "node:http";
import { after, before, test } from "node:test";

import { Client, Me, Refused, RequestError, SearchCatalogue, SubmitApplication, WithdrawApplication, cursorOfNow, follow, rows } from "../src/index.js";
import { applies, close, exchange, front, signedIn } from "./world.js";

let server: http.Server;
before(async () => {
  server = await front();
});
after(() => close(server));

const nobody = (): Client => new Client({ url: exchange });

test("nobody searches the catalogue, page by page", async () => {
  const { catalogue } = await nobody().query(SearchCatalogue, { first: 1 });
  const ids = new Set<string>();
  for await (const entry of rows((after) => nobody().query(SearchCatalogue, { first: 7, after }).then((d) => d.catalogue))) {
    ids.add(entry.course.id);
  }
  assert.ok(catalogue!.totalCount > 7);
  assert.equal(ids.size, catalogue!.totalCount);
});

test("an answer by GET is kept until it changes", async () => {
  const statuses: number[] = [];
  const client = new Client({
    url: exchange,
    fetch: async (...call) => {
      const response = await fetch(...call);
      statuses.push(response.status);
      return response;
    },
  });
  const first = await client.get(SearchCatalogue, { text: "data", first: 3 });
  const again = await client.get(SearchCatalogue, { text: "data", first: 3 });
  assert.deepEqual(statuses, [200, 304]);
  assert.deepEqual(again, first);
});

test("a learner applies once, however often the request is sent", async () => {
  const learner = await signedIn("vutbr.cz", "daria");
  const me = await learner.query(Me, {});
  assert.equal(me.viewer?.kind, "PERSON");
  const made = await applies(learner);
  await assert.rejects(learner.mutate(SubmitApplication, { input: { offeringId: made.offeringId } }), (refused) => {
    assert.ok(refused instanceof Refused);
    assert.equal(refused.code, "CONFLICT");
    assert.ok(refused.message.length > 0);
    return true;
  });
  await learner.mutate(WithdrawApplication, { input: { applicationId: made.id } });
  const input = { offeringId: made.offeringId, idempotencyKey: crypto.randomUUID() };
  const one = await learner.mutate(SubmitApplication, { input });
  const two = await learner.mutate(SubmitApplication, { input });
  assert.equal(one.application?.id, two.application?.id);
  await learner.mutate(WithdrawApplication, { input: { applicationId: one.application!.id } });
});

test("a mistake names its field", async () => {
  const learner = await signedIn("vutbr.cz", "daria");
  await assert.rejects(learner.mutate(SubmitApplication, { input: { offeringId: "nothing" } }), (refused) => {
    assert.ok(refused instanceof Refused);
    assert.equal(refused.code, "NOT_FOUND");
    assert.equal(refused.of("offeringId").length, 1);
    return true;
  });
});

test("what is no answer is an error with a code", async (t) => {
  for (const [what, call, code, status] of [
    ["nobody has signed in", () => nobody().mutate(SubmitApplication, { input: { offeringId: "x" } }), "UNAUTHENTICATED", undefined],
    ["a token is bad", () => new Client({ url: exchange, token: () => "bad" }).query(Me, {}), "UNAUTHENTICATED", 401],
    ["the query is wrong", () => nobody().query("{ nothing }" as never, {}), "INVALID", 400],
    ["the exchange is away", () => new Client({ url: "http://127.0.0.1:9" }).query(Me, {}), "UNAVAILABLE", 0],
  ] as const) {
    await t.test(what, async () => {
      await assert.rejects(call, (error) => {
        assert.ok(error instanceof RequestError, String(error));
        assert.equal(error.code, code);
        if (status !== undefined) {
          assert.equal(error.status, status);
        }
        return true;
      });
    });
  }
});

test("messages are in the language of the front end", async () => {
  const german = new Client({ url: exchange, token: () => "bad", language: "de" });
  await assert.rejects(german.query(Me, {}), /Token|unbekannt/);
});

test("a learner follows what happens to their applications", async () => {
  const learner = await signedIn("tuwien.ac.at", "paul");
  const before = await cursorOfNow(learner);
  const made = await applies(learner);
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const batch of follow(learner, { after: before, types: ["APPLICATION"], every: 20, signal: stop.signal })) {
    seen.push(...batch.nodes.filter((n) => n.objectId === made.id).map((n) => n.event));
    if (seen.length === 1) {
      await learner.mutate(WithdrawApplication, { input: { applicationId: made.id } });
    } else {
      stop.abort();
    }
  }
  assert.equal(seen.length, 2);
  assert.match(seen[0]!, /submit/);
  assert.match(seen[1]!, /withdraw/);
});
