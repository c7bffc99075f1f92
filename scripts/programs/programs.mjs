// A stock OAuth client (openid-client) gets a token from metadata alone and uses
// it: R35. The administrator of a demo university signs in as people do and
// registers the program. Each check that fails is said and counted.
import { webcrypto } from 'node:crypto'
import * as oauth from 'openid-client'

const [base] = process.argv.slice(2)
const university = 'uni-hannover.de'
let faults = 0
function check(what, fine, seen) {
  console.log(`${fine ? 'ok  ' : 'FAIL'} ${what}${fine ? '' : `: ${JSON.stringify(seen)}`}`)
  if (!fine) faults++
}

// A browser as small as it can be: cookies by host, redirects by hand.
const jar = {}
async function browse(address, form) {
  let url = new URL(address)
  let init = form ? { method: 'POST', body: new URLSearchParams(form) } : {}
  for (let hops = 0; hops < 10; hops++) {
    const cookie = Object.entries((jar[url.host] ??= {})).map(([k, v]) => `${k}=${v}`).join('; ')
    const answer = await fetch(url, { ...init, redirect: 'manual', headers: { accept: 'text/html', cookie } })
    for (const c of answer.headers.getSetCookie()) {
      const [pair] = c.split(';')
      jar[url.host][pair.slice(0, pair.indexOf('='))] = pair.slice(pair.indexOf('=') + 1)
    }
    const next = answer.headers.get('location')
    if (!next) return { url, answer, text: await answer.text() }
    url = new URL(next, url)
    init = {}
  }
  throw new Error('too many redirects')
}

// lent signs the registrar of the university in, who is its administrator, and
// returns a token of theirs.
async function lent() {
  const login = await browse(`${base}/auth/start/${university}?return_to=/account`)
  const attribute = (tag, name) => tag.match(new RegExp(`\\b${name}="([^"]*)"`))?.[1].replaceAll('&amp;', '&')
  const form = {}
  for (const [tag] of login.text.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) form[attribute(tag, 'name')] = attribute(tag, 'value')
  for (const [tag] of login.text.matchAll(/<button[^>]*>/g)) {
    if (/registrar/.test(attribute(tag, 'value') ?? '')) form[attribute(tag, 'name')] = attribute(tag, 'value')
  }
  const action = attribute(login.text.match(/<form[^>]*>/)[0], 'action')
  await browse(new URL(action, login.url), form)
  const { text } = await browse(`${base}/auth/bearer`, {})
  return JSON.parse(text).access_token
}

async function graphql(token, query, variables) {
  const answer = await fetch(`${base}/graphql`, {
    method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: JSON.stringify({ query, variables }),
  })
  return { status: answer.status, challenge: answer.headers.get('www-authenticate'), ...(await answer.json()) }
}

const administrator = await lent()
const found = await graphql(administrator, '{ viewer { permissions { institution { id schac } rights } } }')
const at = found.data?.viewer.permissions.find((p) => p.institution.schac === university)
check('the administrator may register programs', at?.rights.includes('client.manage'), found)

const insecure = { execute: [oauth.allowInsecureRequests] } // plain http, on this machine only
for (const [name, algorithm] of Object.entries({
  ES256: { name: 'ECDSA', namedCurve: 'P-256' }, ES384: { name: 'ECDSA', namedCurve: 'P-384' }, EdDSA: { name: 'Ed25519' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
})) {
  const pair = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const jwk = { ...(await webcrypto.subtle.exportKey('jwk', pair.publicKey)), kid: `stock-${name}` }
  for (const member of ['key_ops', 'ext', 'alg']) delete jwk[member]
  const made = await graphql(administrator, `mutation($input: RegisterApiClientInput!) { registerApiClient(input: $input) { apiClient { id } errors { message } } }`,
    { input: { institutionId: at.institution.id, name: `Stock ${name}`, scopes: ['catalogue.read', 'course.edit'], keys: [{ jwk: JSON.stringify(jwk) }] } })
  const id = made.data?.registerApiClient?.apiClient?.id
  check(`${name}: registered`, id, made)
  if (!id) continue

  // From here on the client knows the address of the API, its id and its key.
  const challenge = (await graphql('none', '{ viewer { kind } }')).challenge
  const resource = await (await fetch(challenge.match(/resource_metadata="([^"]+)"/)[1])).json()
  check(`${name}: the resource is described`, resource.resource === `${base}/graphql`, resource)
  const key = { key: pair.privateKey, kid: jwk.kid }
  const config = await oauth.discovery(new URL(resource.authorization_servers[0]), id, undefined, oauth.PrivateKeyJwt(key), { ...insecure, algorithm: 'oauth2' })
  const tokens = await oauth.clientCredentialsGrant(config, { scope: 'course.edit', resource: resource.resource })
  check(`${name}: a token`, tokens.token_type === 'bearer' && tokens.expires_in === 600 && tokens.scope === 'course.edit', tokens)
  const answer = await oauth.fetchProtectedResource(config, tokens.access_token, new URL(resource.resource), 'POST',
    JSON.stringify({ query: '{ viewer { kind client { id } permissions { rights } } }' }), new Headers({ 'content-type': 'application/json' }))
  const who = (await answer.json()).data?.viewer
  check(`${name}: the API knows the program`, who?.kind === 'PROGRAM' && who.client.id === id && who.permissions[0].rights.join() === 'course.edit', who)
  const refusal = await oauth.clientCredentialsGrant(config, { scope: 'role.grant' }).then(() => 'granted', (e) => e.error)
  check(`${name}: a right of people is refused`, refusal === 'invalid_scope', refusal)
}
process.exit(faults ? 1 : 0)
