// What the tests share: a front that serves the test portal beside the exchange,
// as a front end on the exchange's own origin is deployed, and people.
import { readFile } from "node:fs/promises";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

import { Client, Refused, SearchCatalogue, SubmitApplication, rows } from "../src/index.js";

/** Public address of the exchange, at which Front listens. */
export const exchange = env("PEREGRINE_BASE_URL");
const behind = new URL(`http://${env("PEREGRINE_LISTEN")}`);

function env(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not set; run clients/typescript/check`);
  }
  return value;
}

const sources = { portal: new URL("../../test/portal/", import.meta.url), client: new URL("../src/", import.meta.url) };
const types: Record<string, string> = { html: "text/html; charset=utf-8", js: "text/javascript", json: "application/json" };

/** Serves the test portal below prefix, and says what it needs to know in config.json. */
function portal(prefix: string, config: object, otherwise: http.RequestListener): http.RequestListener {
  return async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (!pathname.startsWith(prefix)) {
      otherwise(request, response);
      return;
    }
    const name = pathname.slice(prefix.length) || "index.html";
    const found = /^(client\/)?([a-z]+\.(html|js|json))$/.exec(name);
    try {
      const body = name === "config.json" ? JSON.stringify(config) : await readFile(fileURLToPath(new URL(found![2]!, found![1] ? sources.client : sources.portal)));
      response.writeHead(200, { "Content-Type": types[found![3]!] }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  };
}

async function listen(handler: http.RequestListener, host: string, port: number): Promise<http.Server> {
  const server = http.createServer(handler);
  await new Promise<void>((done, fail) => server.once("error", fail).listen(port, host, done));
  return server;
}

/** The exchange with a front end below /app/, on one origin. */
export async function front(): Promise<http.Server> {
  const proxy: http.RequestListener = (request, response) => {
    const onward = http.request({ host: behind.hostname, port: behind.port, method: request.method, path: request.url, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    });
    onward.on("error", () => response.writeHead(502).end());
    request.pipe(onward);
  };
  return listen(portal("/app/", { exchange: "" }, proxy), "localhost", Number(new URL(exchange).port));
}

/** The same front end on an origin of its own. */
export async function elsewhere(config: { portal: string }): Promise<{ server: http.Server; origin: string; config: { portal: string } }> {
  const known = { exchange, ...config };
  const server = await listen(portal("/", known, (_, response) => response.writeHead(404).end()), "127.0.0.1", 0);
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, config: known };
}

export async function close(server: http.Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
}

/** Signs a person of the demo in, without a browser, and returns their client in cookie mode. */
export async function signedIn(domain: string, person: string): Promise<Client> {
  const jar = new Map<string, Map<string, string>>();
  async function go(address: string | URL, init: RequestInit = {}): Promise<{ at: URL; response: Response }> {
    for (let at = new URL(address); ; init = {}) {
      const cookies = jar.get(at.host) ?? new Map<string, string>();
      jar.set(at.host, cookies);
      const headers = new Headers(init.headers);
      headers.set("Cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
      const response = await fetch(at, { ...init, headers, redirect: "manual" });
      for (const cookie of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
        if (/max-age=(0|-)/i.test(cookie)) {
          cookies.delete(name!);
        } else {
          cookies.set(name!, value!);
        }
      }
      const next = response.headers.get("Location");
      if (!next) {
        return { at, response };
      }
      at = new URL(next, at);
    }
  }
  const { at, response } = await go(`${exchange}/auth/start/${domain}?return_to=/account`);
  const request = /name="request" value="([^"]+)"/.exec(await response.text())?.[1];
  const back = await go(new URL("login", at), { method: "POST", body: new URLSearchParams({ request: request ?? "", person }) });
  if (back.at.href !== `${exchange}/account`) {
    throw new Error(`${person} ended at ${back.at} with ${back.response.status}`);
  }
  return new Client({ url: exchange, fetch: async (input, init) => (await go(input as string, init)).response });
}

/** Applies for the first course elsewhere that has room, and returns the application. */
export async function applies(client: Client): Promise<{ id: string; state: string; offeringId: string }> {
  for await (const { availability, nextOffering } of rows((after) => client.query(SearchCatalogue, { after }).then((d) => d.catalogue))) {
    if (availability !== "OPEN" || !nextOffering) {
      continue;
    }
    try {
      const { application } = await client.mutate(SubmitApplication, { input: { offeringId: nextOffering.id } });
      return { ...application!, offeringId: nextOffering.id };
    } catch (refused) {
      if (!(refused instanceof Refused)) {
        throw refused;
      }
    }
  }
  throw new Error("no course is open");
}
