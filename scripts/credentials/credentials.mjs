// Takes every credential of the demo at BASE_URL, its status list and its issuer,
// and reads them as software of others does: jose finds the key by its name in
// the set of the issuer and verifies, jsonld expands and canonicalises without
// leaving anything out. Contexts come from the folder PEREGRINE_STANDARDS alone.
import fs from 'node:fs';
import { createLocalJWKSet, compactVerify, decodeJwt, decodeProtectedHeader } from 'jose';
import jsonld from 'jsonld';

const base = process.env.BASE_URL;
const algorithms = ['ES256', 'RS256']; // those that Open Badges 3.0 names (8.2) and its validator takes
const contexts = {
  'https://www.w3.org/ns/credentials/v2': 'w3c/contexts/credentials-v2.jsonld',
  'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json': 'openbadges/contexts/ob-v3p0-context-3.0.3.json',
  'https://purl.imsglobal.org/spec/ob/v3p0/extensions.json': 'openbadges/contexts/ob-v3p0-extensions.json',
};
const faults = [];

async function documentLoader(url) {
  if (!contexts[url]) throw new Error(`the context ${url} is not at hand`);
  return { documentUrl: url, document: JSON.parse(fs.readFileSync(`${process.env.PEREGRINE_STANDARDS}/${contexts[url]}`, 'utf8')) };
}

// browser follows redirects and keeps cookies.
function browser() {
  const jar = new Map();
  const cookies = (url) => [...jar].filter(([k]) => k.startsWith(`${new URL(url).host} `)).map(([, v]) => v).join('; ');
  async function walk(url, init = {}) {
    for (let i = 0; i < 15; i++) {
      const r = await fetch(url, { redirect: 'manual', ...init, headers: { cookie: cookies(url) } });
      for (const c of r.headers.getSetCookie()) jar.set(`${new URL(url).host} ${c.split('=')[0]}`, c.split(';')[0]);
      const to = r.headers.get('location');
      if (!to) return { url, body: await r.text() };
      url = new URL(to, url).href;
      init = {};
    }
    throw new Error('too many redirects');
  }
  return { cookies, walk };
}

const values = (page, name) => [...page.matchAll(new RegExp(`name="${name}" value="([^"]+)"`, 'g'))].map(([, value]) => value);

// signIn returns the cookies of one of those who sign in by a path of /demo.
async function signIn(path, person) {
  const { cookies, walk } = browser();
  const page = await walk(base + path);
  await walk(new URL('login', page.url).href, { method: 'POST', body: new URLSearchParams({ request: values(page.body, 'request')[0], person }) });
  return cookies(base);
}

// credentialsOf returns the credentials that somebody sees.
async function credentialsOf(cookie) {
  const query = '{ viewer { person { id } } credentials(first: 100) { nodes { jwt } pageInfo { hasNextPage } } }';
  const r = await fetch(`${base}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', origin: base, cookie }, body: JSON.stringify({ query }) });
  const { data, errors } = await r.json();
  if (errors || !data.viewer.person || data.credentials.pageInfo.hasNextPage) throw new Error(JSON.stringify({ errors, data }));
  return data.credentials.nodes.map((n) => n.jwt).filter(Boolean);
}

async function read(url, accept) {
  const r = await fetch(url, { headers: { accept } });
  if (!r.ok) throw new Error(`${url} is ${r.status}`);
  return r;
}

const sets = new Map();
function setOf(issuer) {
  if (!sets.has(issuer)) sets.set(issuer, read(`${issuer}/jwks.json`, 'application/json').then((r) => r.json()));
  return sets.get(issuer);
}

async function verify(jwt) {
  const { alg, kid } = decodeProtectedHeader(jwt);
  if (!algorithms.includes(alg)) throw new Error(`alg is ${alg}`);
  const said = decodeJwt(jwt);
  const issuer = said.issuer.id ?? said.issuer;
  if (said.iss !== issuer) throw new Error(`iss is ${said.iss}, the issuer ${issuer}`);
  if (!kid?.startsWith(`${issuer}/keys/`)) throw new Error(`kid is ${kid}`);
  await compactVerify(jwt, createLocalJWKSet(await setOf(issuer)), { algorithms });
  return said;
}

async function linked(document) {
  const events = [];
  const options = { safe: true, documentLoader, eventHandler: ({ event, next }) => { events.push(event.code); next(); } };
  const expanded = await jsonld.expand(document, options);
  const quads = await jsonld.canonize(document, { ...options, algorithm: 'RDFC-1.0', format: 'application/n-quads' });
  if (events.length > 0) throw new Error(`events: ${[...new Set(events)]}`);
  if (expanded.length !== 1 || quads.length < 200) throw new Error(`no more than this: ${quads}`);
}

// documentOf returns the document of a token. The claims of JWT beside it are not
// part of it (Open Badges 3.0, 8.2.4.1).
function documentOf(jwt) {
  const { iss, sub, jti, nbf, exp, iat, ...document } = decodeJwt(jwt);
  return document;
}

async function check(what, fn) {
  try {
    return await fn();
  } catch (e) {
    const more = e.details?.event ? ` ${JSON.stringify(e.details.event.details ?? e.details.event)}` : '';
    faults.push(`${what}: ${e.code ?? e.name}: ${e.message}${more}`);
    return undefined;
  }
}

const demo = await (await read(`${base}/demo`, 'text/html')).text();
const doors = [...new Set([...demo.matchAll(/href="(\/auth\/start\/[^"]+)"/g)].map(([, path]) => path.replaceAll('&amp;', '&')))];
const found = new Set();
for (const path of doors) {
  for (const person of values((await browser().walk(base + path)).body, 'person')) {
    for (const jwt of await credentialsOf(await signIn(path, person))) found.add(jwt);
  }
}
const lists = new Set();
const issuers = new Set();
for (const jwt of found) {
  const { id } = decodeJwt(jwt);
  const said = await check(`${id} is verified`, () => verify(jwt));
  await check(`${id} is linked data`, () => linked(documentOf(jwt)));
  if (said) {
    lists.add(said.credentialStatus.statusListCredential);
    issuers.add(said.issuer.id);
  }
}
for (const list of lists) {
  const jwt = await check(`${list} is served`, async () => (await read(list, 'application/vc+jwt')).text());
  if (!jwt) continue;
  await check(`${list} is verified`, () => verify(jwt));
  await check(`${list} is linked data`, () => linked(documentOf(jwt)));
}
for (const issuer of issuers) {
  await check(`${issuer} is linked data`, async () => {
    const profile = await (await read(issuer, 'application/ld+json')).json();
    if (profile.id !== issuer || ![profile.type].flat().includes('Profile')) throw new Error(`it is ${profile.id}, ${profile.type}`);
    await linked(profile);
  });
}
for (const fault of faults) console.error(`credentials: ${fault}`);
console.log(`credentials: ${found.size} credentials, ${lists.size} status lists and ${issuers.size} issuers read by jose and jsonld`);
process.exit(faults.length > 0 || found.size === 0 || lists.size === 0 || issuers.size === 0 ? 1 : 0);
