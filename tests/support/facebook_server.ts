import { createHash, createHmac } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

export const FACEBOOK_APP_ID = "1234567890";
export const FACEBOOK_APP_SECRET = "app-secret-of-the-tests";

export interface FacebookPerson {
  id: string;
  name: string;
  email?: string;
}

interface Login {
  person: FacebookPerson;
  redirectUri: string;
  challenge: string | null;
}

/**
 * Facebook as its documentation describes it: the dialog, the Graph API's code exchange,
 * `debug_token` and `me` with `appsecret_proof`, and the OIDC keys of Limited Login. Each code
 * works once.
 * https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow
 * https://developers.facebook.com/docs/facebook-login/limited-login/token/validating
 */
export class FacebookServer implements AsyncDisposable {
  /** Overrides of the response of `debug_token`: another app, for example, or an expired token. */
  debugged: { app_id?: string; is_valid?: boolean; user_id?: string } = {};
  /** The person that signs in at the dialog, in a browser. */
  person: FacebookPerson = { id: "nobody", name: "Nobody" };
  readonly #logins = new Map<string, Login>();
  readonly #tokens = new Map<string, FacebookPerson>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor(
    private readonly keys: CryptoKeyPair,
    private readonly jwk: Record<string, unknown>,
  ) {
    this.#server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      (request) => this.#answer(new URL(request.url)),
    );
  }

  static async start(): Promise<FacebookServer> {
    const keys = await generateKeyPair("RS256") as CryptoKeyPair;
    const jwk = { ...await exportJWK(keys.publicKey), kid: "fb1", alg: "RS256", use: "sig" };
    return new FacebookServer(keys, jwk);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  get env(): Record<string, string> {
    return {
      FACEBOOK_APP_ID,
      FACEBOOK_APP_SECRET,
      FACEBOOK_GRAPH_URL: `${this.url}/v21.0`,
      FACEBOOK_ISSUER: this.url,
    };
  }

  /** Returns the authentication token of Limited Login. */
  idToken(
    { id, name, email }: FacebookPerson,
    claims: Record<string, unknown> = {},
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const payload = { iss: this.url, aud: FACEBOOK_APP_ID, sub: id, name, email, iat: now };
    return new SignJWT({ ...payload, exp: now + 3600, jti: crypto.randomUUID(), ...claims })
      .setProtectedHeader({ alg: "RS256", typ: "JWT", kid: "fb1" })
      .sign(this.keys.privateKey);
  }

  /** Signs the person in at the dialog that an app opens. */
  authorize(url: string, person: FacebookPerson): { code: string; state: string | null } {
    const { searchParams } = new URL(url);
    const code = crypto.randomUUID();
    this.#logins.set(code, {
      person,
      redirectUri: searchParams.get("redirect_uri")!,
      challenge: searchParams.get("code_challenge"),
    });
    return { code, state: searchParams.get("state") };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  #answer({ pathname, searchParams }: URL): Response {
    const query = Object.fromEntries(searchParams);
    switch (pathname) {
      case "/.well-known/openid-configuration/":
        return Response.json({
          issuer: this.url,
          authorization_endpoint: `${this.url}/dialog/oauth/`,
          jwks_uri: `${this.url}/.well-known/oauth/openid/jwks/`,
        });
      case "/dialog/oauth/":
        return this.#showDialog(`${this.url}${pathname}?${searchParams}`, query.redirect_uri);
      case "/.well-known/oauth/openid/jwks/":
        return Response.json({ keys: [this.jwk] });
      case "/v21.0/oauth/access_token":
        return this.#exchange(query);
      case "/v21.0/debug_token":
        return this.#debug(query);
      case "/v21.0/me":
        return this.#me(query);
      default:
        return graphError(`Unknown path components: ${pathname}`, 2500);
    }
  }

  /** As the dialog does once the person has agreed. */
  #showDialog(url: string, redirectUri: string): Response {
    const { code, state } = this.authorize(url, this.person);
    const query = new URLSearchParams({ code, ...(state !== null && { state }) });
    return Response.redirect(`${redirectUri}?${query}#_=_`);
  }

  #exchange(query: Record<string, string>): Response {
    const login = this.#logins.get(query.code);
    this.#logins.delete(query.code);
    const verified = login?.challenge === null ||
      login?.challenge === createHash("sha256").update(query.code_verifier).digest("base64url");
    const ours = query.client_id === FACEBOOK_APP_ID &&
      query.client_secret === FACEBOOK_APP_SECRET;
    if (!login || !ours || !verified || query.redirect_uri !== login.redirectUri) {
      return graphError("Error validating verification code.", 100);
    }
    const token = `EAA${crypto.randomUUID()}`;
    this.#tokens.set(token, login.person);
    return Response.json({ access_token: token, token_type: "bearer", expires_in: 5_184_000 });
  }

  #debug(query: Record<string, string>): Response {
    const person = this.#tokens.get(query.input_token);
    if (query.access_token !== `${FACEBOOK_APP_ID}|${FACEBOOK_APP_SECRET}` || !person) {
      return graphError("Invalid OAuth access token.", 190);
    }
    const data = { app_id: FACEBOOK_APP_ID, is_valid: true, user_id: person.id, type: "USER" };
    return Response.json({ data: { ...data, ...this.debugged } });
  }

  #me(query: Record<string, string>): Response {
    const person = this.#tokens.get(query.access_token);
    const proof = createHmac("sha256", FACEBOOK_APP_SECRET).update(query.access_token)
      .digest("hex");
    if (!person || query.appsecret_proof !== proof) {
      return graphError("Invalid appsecret_proof provided in the API argument", 100);
    }
    return Response.json(person);
  }
}

function graphError(message: string, code: number): Response {
  const error = { message, type: "OAuthException", code, fbtrace_id: "AbCd" };
  return Response.json({ error }, { status: 400 });
}
