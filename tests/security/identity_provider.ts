import { createHmac } from "node:crypto";
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from "jose";

/** An OpenID provider that signs any claims: the honest one, and its impostors. */
export class IdentityProvider implements AsyncDisposable {
  /** Requests that the token endpoint received, in order. */
  readonly exchanges: Record<string, string>[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  #idToken = "";

  private constructor(
    private readonly keys: CryptoKeyPair,
    private readonly stranger: CryptoKeyPair,
    private readonly jwk: Record<string, unknown>,
    private readonly publicPem: string,
  ) {
    const options = { port: 0, hostname: "127.0.0.1", onListen() {} };
    this.#server = Deno.serve(options, (request) => this.#answer(request));
  }

  static async start(): Promise<IdentityProvider> {
    const pair = () => generateKeyPair("RS256", { extractable: true }) as Promise<CryptoKeyPair>;
    const [keys, stranger] = [await pair(), await pair()];
    const jwk = { ...await exportJWK(keys.publicKey), kid: "one", alg: "RS256", use: "sig" };
    return new IdentityProvider(keys, stranger, jwk, await exportSPKI(keys.publicKey));
  }

  get issuer(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Environment of a server that trusts it. */
  get environment(): Record<string, string> {
    const { issuer } = this;
    return {
      GOOGLE_CLIENT_ID: "client",
      GOOGLE_CLIENT_SECRET: "s",
      GOOGLE_ISSUER: issuer,
      FACEBOOK_APP_ID: "client",
      FACEBOOK_APP_SECRET: "s",
      FACEBOOK_ISSUER: issuer,
      OIDC_PROVIDERS: "acme",
      OIDC_ACME_ISSUER: issuer,
      OIDC_ACME_CLIENT_ID: "client",
      OIDC_ACME_CLIENT_SECRET: "s",
    };
  }

  claims(more: Record<string, unknown> = {}): Record<string, unknown> {
    const now = Math.floor(Date.now() / 1000);
    const person = { sub: "g-1", email: "ann@example.org", email_verified: true, name: "Ann" };
    return { iss: this.issuer, aud: "client", iat: now, exp: now + 600, ...person, ...more };
  }

  sign(claims: Record<string, unknown>, header: Record<string, unknown> = {}): Promise<string> {
    return new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "one", ...header })
      .sign(this.keys.privateKey);
  }

  /** Signs with a key that the provider does not publish. */
  signAsStranger(claims: Record<string, unknown>): Promise<string> {
    return new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "one" })
      .sign(this.stranger.privateKey);
  }

  /** Signs with the provider's public key, known to everyone, as if it were a shared secret. */
  signByPublicKey(claims: Record<string, unknown>): string {
    const text = unsigned({ alg: "HS256", kid: "one" }, claims);
    return `${text}.${createHmac("sha256", this.publicPem).update(text).digest("base64url")}`;
  }

  /** Signs with the client's secret, as OpenID Connect allows for HS256. */
  signBySecret(claims: Record<string, unknown>): string {
    const text = unsigned({ alg: "HS256" }, claims);
    return `${text}.${createHmac("sha256", "s").update(text).digest("base64url")}`;
  }

  unsigned(claims: Record<string, unknown>): string {
    return `${unsigned({ alg: "none" }, claims)}.`;
  }

  /** Sets the claims that the next codes are exchanged for. */
  async exchangesFor(claims: Record<string, unknown>): Promise<void> {
    this.#idToken = await this.sign(claims);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/keys") return Response.json({ keys: [this.jwk] });
    if (pathname === "/token") {
      this.exchanges.push(Object.fromEntries(new URLSearchParams(await request.text())));
      return Response.json({ id_token: this.#idToken });
    }
    return Response.json({
      issuer: this.issuer,
      authorization_endpoint: `${this.issuer}/authorize`,
      token_endpoint: `${this.issuer}/token`,
      jwks_uri: `${this.issuer}/keys`,
    });
  }
}

function unsigned(...parts: Record<string, unknown>[]): string {
  const encode = (part: unknown) =>
    btoa(JSON.stringify(part)).replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_");
  return parts.map(encode).join(".");
}
