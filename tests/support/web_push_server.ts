import { base64url, importJWK, type JWTPayload, jwtVerify } from "jose";
import { ScriptedAnswers } from "./scripted_answers.ts";
import { BrowserKeys } from "./web_push_decryption.ts";

export interface ReceivedWebPush {
  /** The decrypted payload. */
  payload: string;
  /** Size of the encrypted body in bytes. */
  bodyBytes: number;
  ttl: number;
  urgency: string | null;
  topic: string | null;
  /** Claims of the VAPID token. */
  claims: JWTPayload;
}

interface Subscription {
  browser: BrowserKeys;
  applicationServerKey: string;
  ended: boolean;
}

/**
 * A push service (RFC 8030) together with the browsers that subscribed to it: it checks the headers
 * and the VAPID token (RFC 8292) as services do, and then decrypts as a browser does.
 */
export class WebPushServer {
  readonly received: ReceivedWebPush[] = [];
  /** Reasons of the refused requests, in order. */
  readonly refusals: string[] = [];
  readonly sends = new ScriptedAnswers();
  /** Number of requests, including the refused and the scripted ones. */
  requests = 0;

  readonly #subscriptions = new Map<string, Subscription>();
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => this.#handle(request),
  );

  get origin(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Returns what `pushManager.subscribe({ applicationServerKey })` returns in a browser. */
  subscribe(applicationServerKey: string) {
    const browser = BrowserKeys.generate();
    const id = crypto.randomUUID();
    this.#subscriptions.set(id, { browser, applicationServerKey, ended: false });
    const endpoint = `${this.origin}/push/${id}`;
    return { kind: "web" as const, endpoint, p256dh: browser.p256dh, auth: browser.auth };
  }

  /** Simulates that the person revoked the permission. */
  unsubscribe(endpoint: string): void {
    this.#subscriptions.get(endpoint.split("/").at(-1)!)!.ended = true;
  }

  async close(): Promise<void> {
    this.sends.release();
    await this.#server.shutdown();
  }

  async #handle(request: Request): Promise<Response> {
    this.requests++;
    const body = new Uint8Array(await request.arrayBuffer());
    const scripted = await this.sends.take(() => "");
    if (scripted) return scripted;
    const id = new URL(request.url).pathname.replace(/^\/push\//, "");
    const subscription = this.#subscriptions.get(id);
    if (!subscription || request.method !== "POST") return this.#refuse(404, "No subscription");
    if (subscription.ended) return this.#refuse(410, "The subscription has ended");
    const fault = headerFault(request.headers);
    if (fault) return this.#refuse(400, fault);
    if (body.length > 4096) return this.#refuse(413, `The body has ${body.length} bytes`);
    return await this.#accept(request.headers, body, subscription, id);
  }

  async #accept(headers: Headers, body: Uint8Array, subscription: Subscription, id: string) {
    try {
      const claims = await this.#verifyVapid(headers, subscription.applicationServerKey);
      const payload = subscription.browser.decrypt(body);
      this.received.push({
        payload,
        bodyBytes: body.length,
        ttl: Number(headers.get("ttl")),
        urgency: headers.get("urgency"),
        topic: headers.get("topic"),
        claims,
      });
    } catch (error) {
      return this.#refuse(403, (error as Error).message);
    }
    const location = `${this.origin}/message/${id}/${this.received.length}`;
    return new Response(null, { status: 201, headers: { location } });
  }

  async #verifyVapid(headers: Headers, applicationServerKey: string): Promise<JWTPayload> {
    const match = /^vapid t=([\w.-]+), ?k=([\w-]+)$/.exec(headers.get("authorization") ?? "");
    if (!match) throw new Error("The Authorization header is not of the vapid scheme");
    const [, token, publicKey] = match;
    if (publicKey !== applicationServerKey) throw new Error("VAPID public key mismatch");
    const point = base64url.decode(publicKey);
    const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) =>
      base64url.encode(half)
    );
    const { payload } = await jwtVerify(
      token,
      await importJWK({ kty: "EC", crv: "P-256", x, y }, "ES256"),
      { algorithms: ["ES256"], audience: this.origin, requiredClaims: ["exp", "sub"] },
    );
    if (payload.exp! > Date.now() / 1000 + 24 * 60 * 60) throw new Error("exp is over 24 hours");
    if (!/^(mailto:|https:)/.test(payload.sub!)) throw new Error("sub is no contact");
    return payload;
  }

  #refuse(status: number, reason: string): Response {
    this.refusals.push(reason);
    return new Response(reason, { status });
  }
}

function headerFault(headers: Headers): string | null {
  const urgency = headers.get("urgency") ?? "normal";
  if (!/^\d+$/.test(headers.get("ttl") ?? "")) return "TTL is missing or not a number";
  if (!["very-low", "low", "normal", "high"].includes(urgency)) return "Urgency is unknown";
  if (!/^[\w-]{1,32}$/.test(headers.get("topic") ?? "x")) {
    return "Topic is too long or not base64url";
  }
  if (headers.get("content-encoding") !== "aes128gcm") return "Content-Encoding is not aes128gcm";
  return null;
}
