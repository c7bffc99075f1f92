import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import type http from "node:http";
import { after, before, test } from "node:test";

import puppeteer, { type Browser, type BrowserContext, type Page } from "puppeteer-core";

import { EndPortal, Me, RegisterPortal } from "../src/index.js";
import { close, elsewhere, exchange, front, signedIn } from "./world.js";

const chromium = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const missing = existsSync(chromium) ? false : `${chromium} IS NOT HERE: install Debian's chromium, or name one by CHROMIUM`;

let server: http.Server;
let browser: Browser;
before(async () => {
  server = await front();
  if (!missing) {
    browser = await puppeteer.launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  }
});
after(async () => {
  await browser?.close();
  await close(server);
});

/** A browser of its own, whose page complains of nothing unexpected. */
async function opened(): Promise<{ context: BrowserContext; page: Page; complaints: string[] }> {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  page.on("console", (m) => void (m.type() === "error" && complaints.push(m.text())));
  page.on("pageerror", (e) => void complaints.push(String(e)));
  return { context, page, complaints };
}

const text = (page: Page, id: string): Promise<string> => page.$eval(`#${id}`, (e) => e.textContent ?? "");

async function says(page: Page, what: RegExp): Promise<string> {
  await page.waitForFunction((pattern: string) => new RegExp(pattern).test(document.getElementById("status")?.textContent ?? ""), {}, what.source);
  return text(page, "status");
}

async function follows(page: Page, selector: string): Promise<void> {
  await page.waitForSelector(selector);
  await Promise.all([page.waitForNavigation(), page.click(selector)]);
}

/** From the portal's button through the chooser and the demo's provider. */
async function signsIn(page: Page, domain: string, person: string): Promise<void> {
  await page.click("#sign-in");
  await follows(page, `a.door[href*="/auth/start/${domain}"]`);
  await follows(page, `button[name=person][value=${person}]`);
}

async function searches(page: Page, words: string): Promise<string> {
  await page.type("#search input", words);
  await page.click("#search button");
  return says(page, /^(found|\w*Error)/);
}

/** Applies for what was found until something is not refused: some offers are for others. */
async function appliesInPage(page: Page): Promise<string> {
  for (const button of await page.$$("#found button")) {
    await button.click();
    const said = await says(page, /^(SUBMITTED|NOMINATED|Refused|RequestError)/);
    if (!said.startsWith("Refused")) {
      return said;
    }
  }
  return "nothing could be applied for";
}

test("cookie mode: a learner signs in, searches and applies on the exchange's origin", { skip: missing }, async () => {
  const { context, page, complaints } = await opened();
  await page.goto(`${exchange}/app/`);
  await says(page, /^ready/);
  assert.equal(await text(page, "viewer"), "ANONYMOUS");
  await signsIn(page, "vutbr.cz", "daria");
  await says(page, /^ready/);
  assert.match(await text(page, "viewer"), /^per_/);
  assert.match(await searches(page, ""), /^found [1-9]/);
  assert.match(await appliesInPage(page), /^SUBMITTED/);
  assert.equal(await page.evaluate(() => document.cookie.includes("session")), false, "a script can read the session");
  assert.deepEqual(complaints, []);
  await context.close();
});

test("bearer mode: a learner lets a portal on another origin in", { skip: missing }, async (t) => {
  const administrator = await signedIn("vutbr.cz", "registrar");
  const { viewer } = await administrator.query(Me, {});
  const institution = viewer!.roles.find((r) => r.role === "ADMINISTRATOR")!.institution!.id;
  const mine = await elsewhere({ portal: "" });
  t.after(() => close(mine.server));
  const { portal } = await administrator.mutate(RegisterPortal, {
    input: { at: institution, name: "Test portal", origin: mine.origin, returnAddresses: [`${mine.origin}/`] },
  });
  mine.config.portal = portal!.id;

  const { context, page, complaints } = await opened();
  await t.test("signs in, says yes, searches and applies", async () => {
    await page.goto(`${mine.origin}/`);
    await says(page, /^ready/);
    assert.equal(await text(page, "viewer"), "ANONYMOUS");
    await signsIn(page, "tuwien.ac.at", "klara");
    assert.match(page.url(), new RegExp(`^${exchange}/auth/portal`));
    assert.match(await page.$eval("main", (e) => e.textContent ?? ""), new RegExp(`Test portal[^]*${mine.origin}`));
    await follows(page, "button[name=answer][value=yes]");
    await says(page, /^ready/);
    assert.equal(page.url(), `${mine.origin}/`, "the code stays in the address");
    assert.match(await text(page, "viewer"), /^per_/);
    assert.match(await searches(page, ""), /^found [1-9]/);
    assert.match(await appliesInPage(page), /^SUBMITTED/);
  });
  await t.test("is not asked again in the same session", async () => {
    await page.reload();
    await says(page, /^ready/);
    assert.equal(await text(page, "viewer"), "ANONYMOUS", "the token outlives the page");
    await follows(page, "#sign-in");
    await says(page, /^ready/);
    assert.match(await text(page, "viewer"), /^per_/);
    assert.deepEqual(complaints, []);
  });
  await t.test("asks by GET, and again only for what has changed", async () => {
    const got = await page.evaluate(`(async () => {
      const { Client, SearchCatalogue } = await import("/client/index.js");
      const statuses = [];
      const client = new Client({ url: ${JSON.stringify(exchange)}, token: () => undefined, fetch: async (...call) => {
        const response = await fetch(...call);
        statuses.push(response.status, response.headers.has("ETag"));
        return response;
      } });
      const one = await client.get(SearchCatalogue, { first: 2 });
      const two = await client.get(SearchCatalogue, { first: 2 });
      return { statuses, same: JSON.stringify(one) === JSON.stringify(two), found: one.catalogue.totalCount > 0 };
    })()`);
    assert.deepEqual(got, { statuses: [200, true, 304, true], same: true, found: true });
  });
  await t.test("credentials are of no use from there", async () => {
    const said = await page.evaluate(async (address) => {
      try {
        return (await fetch(address, { method: "POST", credentials: "include", headers: { "Content-Type": "application/json" }, body: '{"query":"{ __typename }"}' })).status;
      } catch (refused) {
        return (refused as Error).name;
      }
    }, `${exchange}/graphql`);
    assert.equal(said, "TypeError");
  });
  await t.test("nobody can frame the question", async () => {
    await page.evaluate(async (address) => {
      const frame = document.createElement("iframe");
      frame.src = address;
      document.body.append(frame);
      await new Promise((done) => (frame.onload = done));
    }, `${exchange}/account`);
    const shown = await page.frames()[1]!.evaluate(() => document.body.innerText);
    assert.match(shown, /refused to connect/); // the browser's own words
  });
  await t.test("an ended portal reaches nothing any more", async () => {
    await administrator.mutate(EndPortal, { input: { portalId: portal!.id } });
    assert.match(await searches(page, ""), /^RequestError: UNAVAILABLE/);
  });
  await context.close();
});

test("an origin that is not registered is refused, and its people are not sent back to it", { skip: missing }, async (t) => {
  const foreign = await elsewhere({ portal: "prt_06h0hph4yvw3v2c0x5e4r7t9n8" });
  t.after(() => close(foreign.server));
  const { context, page, complaints } = await opened();
  await page.goto(`${foreign.origin}/`);
  await says(page, /^RequestError: UNAVAILABLE/);
  assert.ok(complaints.some((c) => c.includes("blocked by CORS policy")), complaints.join("; "));
  await follows(page, "#sign-in");
  assert.match(page.url(), new RegExp(`^${exchange}/auth/portal`));
  assert.match(await page.$eval("h1", (e) => e.textContent ?? ""), /not known/);
  await context.close();
});
