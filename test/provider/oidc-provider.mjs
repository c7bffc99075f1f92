// An oidc-provider with one client and one person, who is signed in without a
// page. Its keys are new at each start. It proves a second factor only when it is
// demanded: by the claims parameter, which it knows unless CLAIMS_PARAMETER is
// "off", or by prompt=login.
//
//     node oidc-provider.mjs PORT ISSUER CLIENT-SECRET RETURN-ADDRESS ADDRESS-AFTER-LOGOUT
import { generateKeyPairSync, randomUUID } from "node:crypto";
import http from "node:http";
import { Provider } from "oidc-provider";

const [port, issuer, secret, returned, afterLogout] = process.argv.slice(2);
const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });
const person = { sub: "ines", given_name: "Inès", family_name: "Example", email: "ines@uni-d.example" };

const twoFactors = "https://refeds.org/profile/mfa";

const provider = new Provider(issuer, {
  clients: [{ client_id: "peregrine", client_secret: secret, redirect_uris: [returned], post_logout_redirect_uris: [afterLogout] }],
  jwks: { keys: [{ ...key, kid: randomUUID(), use: "sig", alg: "RS256" }] },
  cookies: { keys: [randomUUID()] },
  claims: { openid: ["sub"], profile: ["given_name", "family_name"], email: ["email"] },
  findAccount: (_, id) => (id === person.sub ? { accountId: id, claims: () => person } : undefined),
  features: { devInteractions: { enabled: false }, claimsParameter: { enabled: process.env.CLAIMS_PARAMETER !== "off" } },
  acrValues: [twoFactors],
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
});
provider.proxy = true; // of the test

async function interact(request, response) {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  if (prompt.name === "login") {
    const demanded = prompt.reasons.some((reason) => ["essential_acr", "essential_acrs"].includes(reason)) || (params.acr_values ?? "").includes(twoFactors);
    const login = { accountId: person.sub, ...(demanded ? { acr: twoFactors, amr: ["otp"] } : {}) };
    return provider.interactionFinished(request, response, { login });
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
}

const usual = provider.callback();
http
  .createServer((request, response) => {
    if (request.url.startsWith("/interaction/")) {
      interact(request, response).catch((fault) => response.writeHead(500).end(String(fault)));
    } else {
      usual(request, response);
    }
  })
  .listen(Number(port), "127.0.0.1");
