import { createHash } from "node:crypto";
import { exportJWK, exportPKCS8, generateKeyPair, importSPKI, jwtVerify, SignJWT } from "jose";

export const OIDC_CLIENT_ID = "client of the tests";
export const OIDC_CLIENT_SECRET = "secret: 100% of the tests";

export interface OidcPerson {
  sub: string;
  email?: string;
  email_verified?: boolean | string;
  name?: string;
}

interface Login {
  person: OidcPerson;
  redirectUri: string;
  challenge: string;
  nonce: string | null;
}

interface Key {
  kid: string;
  privateKey: CryptoKey;
  jwk: Record<string, unknown>;
}

/** How this provider departs from the plainest one. */
export interface OidcServerOptions {
  /** Algorithm of the ID tokens, RS256 by default. */
  algorithm?: string;
  /** Puts nothing but the subject into ID tokens of codes; the rest is at the userinfo endpoint. */
  thin?: boolean;
  /** Announces and sends `iss` in authorization responses (RFC 9207). */
  namesItself?: boolean;
  /** Takes the client's secret in the form and as Apple's: a JWT by this public key. */
  secretKey?: { spki: string; teamId: string; keyId: string };
}

type Json = Record<string, unknown>;

/**
 * A provider as OpenID Connect Core 1.0 and Discovery 1.0 describe one. Codes work once, for their
 * redirect URI and PKCE verifier, and for the authenticated client alone.
 */
export class OidcServer implements AsyncDisposable {
  /** Person that signs in at the authorization endpoint. */
  person: OidcPerson = { sub: "nobody" };
  /** Overrides of the published configuration. */
  configuration: Json = {};
  /** Claims that the next ID tokens for codes have besides, or instead. */
  claims: Json = {};
  /** Answers a path in place of the provider. */
  readonly instead = new Map<string, () => Response>();
  /** Paths that were requested, in order. */
  readonly requested: string[] = [];
  readonly #logins = new Map<string, Login>();
  readonly #tokens = new Map<string, OidcPerson>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  #keys: Key[] = [];

  private constructor(private readonly options: OidcServerOptions) {
    this.#server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      (request) => this.#answer(request),
    );
  }

  static async start(options: OidcServerOptions = {}): Promise<OidcServer> {
    const server = new OidcServer(options);
    await server.rotateKeys();
    return server;
  }

  get issuer(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /**
   * Environment of a server that knows this provider as `name`; several are joined by
   * `environmentOf`.
   */
  env(name: string): Record<string, string> {
    const prefix = `OIDC_${name.toUpperCase()}`;
    return {
      OIDC_PROVIDERS: name,
      [`${prefix}_ISSUER`]: this.issuer,
      [`${prefix}_CLIENT_ID`]: OIDC_CLIENT_ID,
      ...(this.options.secretKey ? {} : { [`${prefix}_CLIENT_SECRET`]: OIDC_CLIENT_SECRET }),
    };
  }

  /** Replaces the published keys. */
  async rotateKeys(): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair(this.#algorithm, { extractable: true });
    const kid = crypto.randomUUID();
    const jwk = { ...await exportJWK(publicKey), kid, alg: this.#algorithm, use: "sig" };
    this.#keys = [{ kid, privateKey, jwk }];
  }

  /** Returns an ID token as an app's SDK gets it; `claims` override the usual ones. */
  idToken(person: OidcPerson, claims: Json = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const usual = { iss: this.issuer, aud: OIDC_CLIENT_ID, iat: now, exp: now + 600 };
    const [{ kid, privateKey }] = this.#keys;
    return new SignJWT({ ...usual, ...person, ...claims })
      .setProtectedHeader({ alg: this.#algorithm, kid }).sign(privateKey);
  }

  /** The public key, as everyone can read it. */
  get publicJwk(): Json {
    return this.#keys[0].jwk;
  }

  /** Signs the person in at the URL that an app opens; returns the parameters of the way back. */
  async authorize(url: string, person: OidcPerson): Promise<Record<string, string>> {
    this.person = person;
    const response = await fetch(url, { redirect: "manual" });
    const text = await response.text();
    const location = response.headers.get("location");
    if (location !== null) return Object.fromEntries(new URL(location).searchParams);
    if (!response.ok) throw new Error(text);
    const inputs = text.matchAll(/name="([^"]+)" value="([^"]*)"/g);
    return Object.fromEntries([...inputs].map(([, name, value]) => [name, unescaped(value)]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  get #algorithm(): string {
    return this.options.algorithm ?? "RS256";
  }

  async #answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    this.requested.push(url.pathname);
    const instead = this.instead.get(url.pathname);
    if (instead) return instead();
    switch (url.pathname) {
      case "/.well-known/openid-configuration":
        return Response.json(this.#configuration());
      case "/keys":
        return Response.json({ keys: this.#keys.map(({ jwk }) => jwk) });
      case "/authorize":
        return this.#authorize(url.searchParams);
      case "/token":
        return await this.#exchange(request);
      case "/userinfo":
        return this.#userInfo(request.headers.get("authorization"));
      default:
        return new Response("Not found", { status: 404 });
    }
  }

  #configuration(): Json {
    const { issuer } = this;
    return {
      issuer,
      authorization_endpoint: `${issuer}/authorize?tenant=1`,
      token_endpoint: `${issuer}/token`,
      userinfo_endpoint: `${issuer}/userinfo`,
      jwks_uri: `${issuer}/keys`,
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: [this.#algorithm],
      ...(this.options.namesItself && { authorization_response_iss_parameter_supported: true }),
      ...(this.options.secretKey &&
        { token_endpoint_auth_methods_supported: ["client_secret_post"] }),
      ...this.configuration,
    };
  }

  #authorize(query: URLSearchParams): Response {
    const { tenant, response_type, client_id, scope, redirect_uri, state, nonce, ...rest } = Object
      .fromEntries(query);
    const isComplete = tenant === "1" && response_type === "code" && client_id === OIDC_CLIENT_ID &&
      scope?.split(" ").includes("openid") && rest.code_challenge_method === "S256" && redirect_uri;
    if (!isComplete) return new Response(`invalid_request: ${query}`, { status: 400 });
    const code = crypto.randomUUID();
    const { person } = this;
    const login = { person, redirectUri: redirect_uri, challenge: rest.code_challenge };
    this.#logins.set(code, { ...login, nonce: nonce ?? null });
    const parameters = { code, state, ...(this.options.namesItself && { iss: this.issuer }) };
    return rest.response_mode === "form_post"
      ? this.#form(redirect_uri, parameters)
      : Response.redirect(`${redirect_uri}?${new URLSearchParams(parameters)}`);
  }

  /** OAuth 2.0 Form Post Response Mode; with the name, as Apple sends it at the first sign-in. */
  #form(action: string, parameters: Record<string, string>): Response {
    const [firstName, ...rest] = (this.person.name ?? "").split(" ");
    const user = JSON.stringify({ name: { firstName, lastName: rest.join(" ") } });
    const fields = Object.entries({ ...parameters, ...(this.person.name && { user }) });
    const inputs = fields.map(([name, value]) =>
      `<input type="hidden" name="${name}" value="${escaped(value)}">`
    );
    const html = `<form method="post" action="${escaped(action)}">${inputs.join("")}</form>
      <script>document.forms[0].submit()</script>`;
    return new Response(html, { headers: { "content-type": "text/html" } });
  }

  async #exchange(request: Request): Promise<Response> {
    const form = Object.fromEntries(new URLSearchParams(await request.text()));
    if (!await this.#isClient(form, request.headers.get("authorization"))) {
      return Response.json({ error: "invalid_client" }, { status: 401 });
    }
    const login = this.#logins.get(form.code);
    this.#logins.delete(form.code);
    const challenge = createHash("sha256").update(form.code_verifier ?? "").digest("base64url");
    const fits = login && form.grant_type === "authorization_code" &&
      login.redirectUri === form.redirect_uri && login.challenge === challenge;
    if (!fits) return Response.json({ error: "invalid_grant" }, { status: 400 });
    const { person, nonce } = login;
    const accessToken = crypto.randomUUID();
    this.#tokens.set(accessToken, person);
    const half = createHash("sha256").update(accessToken).digest().subarray(0, 16);
    const about = this.options.thin ? { sub: person.sub } : person;
    // Apple gives the name in its form, and never in a token.
    const claims = this.options.secretKey ? { name: undefined } : {};
    const idToken = await this.idToken(about, {
      ...claims,
      ...(nonce !== null && { nonce }),
      at_hash: half.toString("base64url"),
      ...this.claims,
    });
    return Response.json({ access_token: accessToken, token_type: "Bearer", id_token: idToken });
  }

  async #isClient(form: Record<string, string>, authorization: string | null): Promise<boolean> {
    const { secretKey } = this.options;
    if (secretKey === undefined) {
      const decode = (text: string) => [...new URLSearchParams(`x=${text}`).values()][0];
      const credentials = atob(authorization?.replace(/^Basic /, "") ?? "").split(":").map(decode);
      return credentials[0] === OIDC_CLIENT_ID && credentials[1] === OIDC_CLIENT_SECRET;
    }
    const { payload, protectedHeader } = await jwtVerify(
      form.client_secret,
      await importSPKI(secretKey.spki, "ES256"),
      { issuer: secretKey.teamId, subject: OIDC_CLIENT_ID, audience: this.issuer },
    );
    const lifetime = payload.exp! - payload.iat!;
    return protectedHeader.kid === secretKey.keyId && lifetime > 0 && lifetime <= 15_777_000 &&
      form.client_id === OIDC_CLIENT_ID;
  }

  #userInfo(authorization: string | null): Response {
    const person = this.#tokens.get(authorization?.replace(/^Bearer /, "") ?? "");
    return person ? Response.json(person) : new Response(null, { status: 401 });
  }
}

/** Joins the environments of several providers. */
export function environmentOf(...all: Record<string, string>[]): Record<string, string> {
  const names = all.map(({ OIDC_PROVIDERS }) => OIDC_PROVIDERS);
  return { ...Object.assign({}, ...all), OIDC_PROVIDERS: names.join(",") };
}

export interface AppleSecret {
  key: NonNullable<OidcServerOptions["secretKey"]>;
  env: Record<string, string>;
}

/** Makes a key as Apple gives it, with the variables of a server that has it. */
export async function appleSecret(): Promise<AppleSecret> {
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  const [teamId, keyId] = ["ABCDE12345", "KEY1234567"];
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
  const pem = `-----BEGIN PUBLIC KEY-----\n${spki.toBase64()}\n-----END PUBLIC KEY-----`;
  return {
    key: { spki: pem, teamId, keyId },
    env: {
      OIDC_APPLE_TEAM_ID: teamId,
      OIDC_APPLE_KEY_ID: keyId,
      OIDC_APPLE_PRIVATE_KEY: (await exportPKCS8(privateKey)).replaceAll("\n", "\\n"),
    },
  };
}

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
const unescaped = (text: string) => text.replaceAll("&quot;", '"').replaceAll("&amp;", "&");
