// Bearer mode: how a portal on an origin of its own is let in by a person, by an
// authorization code and PKCE (RFC 6749, RFC 7636, RFC 9207).

export interface Registration {
  /** Origin of the exchange, such as `https://exchange.example`. */
  exchange: string;
  /** Identifier of the registered portal. */
  portal: string;
  /** One of its registered return addresses, letter by letter. */
  returnAddress: string;
}

export interface Token {
  secret: string;
  expires: Date;
}

/** Where what must survive the way to the exchange and back is kept: sessionStorage in a browser. */
export type Keep = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** The person did not let the portal in, or the answer is not for this browser. */
export class SignInError extends Error {
  override readonly name = "SignInError";

  constructor(
    /** Code of RFC 6749, such as `access_denied`, or `state_mismatch`. */
    readonly code: string,
    options?: ErrorOptions,
  ) {
    super(`signing in failed: ${code}`, options);
  }
}

const slot = "peregrine-sign-in";

/** Begins signing in: send the browser to the address that is returned. */
export async function beginSignIn(r: Registration, keep: Keep = sessionStorage): Promise<string> {
  const verifier = random();
  const state = random();
  keep.setItem(slot, JSON.stringify({ verifier, state }));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return `${r.exchange}/auth/portal?${new URLSearchParams({
    response_type: "code",
    client_id: r.portal,
    redirect_uri: r.returnAddress,
    state,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: "S256",
  })}`;
}

/**
 * Ends signing in, at the return address. Call it once per load and take the
 * code out of the address afterwards (`history.replaceState`). Keep the token in
 * memory only: it ends within an hour, and asking again takes no click.
 */
export async function endSignIn(r: Registration, address: string, keep: Keep = sessionStorage, send: typeof fetch = fetch): Promise<Token> {
  const answer = new URL(address).searchParams;
  const kept = JSON.parse(keep.getItem(slot) ?? "{}") as { verifier?: string; state?: string };
  keep.removeItem(slot);
  if (!kept.verifier || answer.get("state") !== kept.state || answer.get("iss") !== r.exchange) {
    throw new SignInError("state_mismatch");
  }
  const code = answer.get("code");
  if (!code) {
    throw new SignInError(answer.get("error") ?? "invalid_request");
  }
  let got: { access_token?: string; expires_in?: number; error?: string };
  try {
    const response = await send(`${r.exchange}/auth/portal/token`, {
      method: "POST",
      credentials: "omit",
      body: new URLSearchParams({ grant_type: "authorization_code", code, client_id: r.portal, redirect_uri: r.returnAddress, code_verifier: kept.verifier }),
    });
    got = (await response.json()) as typeof got;
  } catch (cause) {
    throw new SignInError("temporarily_unavailable", { cause }); // the exchange is away, or somebody else answers for it
  }
  if (!got.access_token) {
    throw new SignInError(got.error ?? "server_error");
  }
  return { secret: got.access_token, expires: new Date(Date.now() + (got.expires_in ?? 0) * 1000) };
}

function random(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
