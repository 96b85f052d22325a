import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";

interface Key {
  kid: string;
  alg: string;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
}

/** A customer's identity server: publishes its keys, and signs tokens with them. */
export class OwnIssuer implements AsyncDisposable {
  readonly issuer = "https://login.customer.example";
  readonly audience = "chat";
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #keys: Key[] = [];
  /** Number of times that the keys were fetched. */
  fetched = 0;
  /** Replaces the published keys. */
  answer: (() => Response | Promise<Response>) | null = null;

  private constructor() {
    this.#server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async () => {
      this.fetched++;
      return await this.answer?.() ?? Response.json({ keys: await this.#published() });
    });
  }

  static async start(alg = "ES256"): Promise<OwnIssuer> {
    const issuer = new OwnIssuer();
    await issuer.rotate(alg);
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/keys`;
  }

  get environment(): Record<string, string> {
    return {
      AUTH_JWKS_URL: this.url,
      AUTH_ISSUER: this.issuer,
      AUTH_AUDIENCE: this.audience,
    };
  }

  get current(): Key {
    return this.#keys[0];
  }

  /** Adds a key that signs from now on; the ones before stay published. */
  async rotate(alg = "ES256"): Promise<void> {
    const pair = await generateKeyPair(alg, { extractable: true });
    this.#keys.unshift({ ...pair, alg, kid: `key${this.#keys.length}` });
  }

  /** A token for `sub`, good for five minutes from `now` on; undefined claims are left out. */
  async token(sub: string, now: number, claims: JWTPayload = {}): Promise<string> {
    const { kid, alg, privateKey } = this.current;
    return await new SignJWT(this.claims(sub, now, claims))
      .setProtectedHeader({ alg, kid }).sign(privateKey);
  }

  claims(sub: string, now: number, claims: JWTPayload = {}): JWTPayload {
    const iat = Math.floor(now / 1000);
    const usual = { iss: this.issuer, aud: this.audience, sub, iat, exp: iat + 300 };
    return JSON.parse(JSON.stringify({ ...usual, ...claims }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  #published() {
    return Promise.all(this.#keys.map(async ({ kid, alg, publicKey }) => ({
      ...await exportJWK(publicKey),
      kid,
      alg,
      use: "sig",
    })));
  }
}
