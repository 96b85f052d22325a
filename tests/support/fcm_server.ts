import { exportPKCS8, generateKeyPair, jwtVerify } from "jose";
import { type FcmMessage, payloadBytes, sendRequest } from "./fcm_message_schema.ts";
import { type ScriptedAnswer, ScriptedAnswers } from "./scripted_answers.ts";

const SCOPE = "https://www.googleapis.com/auth/firebase.messaging";
const GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const PROJECT = "chat-tests";
const EMAIL = `push@${PROJECT}.iam.gserviceaccount.com`;
const KEY_ID = "0123456789abcdef0123456789abcdef01234567";

interface Keys {
  publicKey: CryptoKey;
  privateKeyPem: string;
}

let sharedKeys: Promise<Keys> | undefined;

export async function generateServiceKeys(): Promise<Keys> {
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  return { publicKey, privateKeyPem: await exportPKCS8(privateKey) };
}

/**
 * Google's OAuth token endpoint and FCM's HTTP v1 API on this machine; checks requests as the
 * documentation of the real ones says. `sends` and `tokens` script error responses of either.
 */
export class FcmServer {
  readonly received: FcmMessage[] = [];
  readonly sends = new ScriptedAnswers();
  readonly tokens = new ScriptedAnswers();
  /** Number of access tokens issued so far. */
  tokensIssued = 0;
  /** Lifetime of an access token in seconds. */
  expiresIn = 3599;
  now: () => number = Date.now;

  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #accessTokens = new Map<string, number>();
  readonly #unregistered = new Set<string>();

  private constructor(private readonly keys: Keys) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => this.#handle(request),
    );
  }

  /** Creating RSA keys takes time: all servers of a test run share a pair. */
  static async start(): Promise<FcmServer> {
    sharedKeys ??= generateServiceKeys();
    return new FcmServer(await sharedKeys);
  }

  /** Ids of the chat messages in the pushes, in order of arrival. */
  get messageIds(): (string | undefined)[] {
    return this.received
      .map(({ data }) => data as Record<string, string>)
      .filter(({ type }) => type === "message")
      .map(({ messageId }) => messageId);
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** The service account file that the Firebase console provides. */
  get serviceAccountJson(): string {
    return JSON.stringify({
      type: "service_account",
      project_id: PROJECT,
      private_key_id: KEY_ID,
      private_key: this.keys.privateKeyPem,
      client_email: EMAIL,
      client_id: "100000000000000000001",
      auth_uri: "https://accounts.google.com/o/oauth2/auth",
      token_uri: `${this.endpoint}/token`,
      universe_domain: "googleapis.com",
    });
  }

  /** Simulates that the app was removed from the device. */
  unregister(token: string): void {
    this.#unregistered.add(token);
  }

  /** Invalidates the access tokens issued so far. */
  revokeAccessTokens(): void {
    this.#accessTokens.clear();
  }

  async close(): Promise<void> {
    this.sends.release();
    this.tokens.release();
    await this.#server.shutdown();
  }

  async #handle(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (request.method === "POST" && pathname === "/token") {
      return await this.tokens.take(() => "{}") ?? await this.#issueToken(request);
    }
    if (request.method === "POST" && pathname === `/v1/projects/${PROJECT}/messages:send`) {
      const text = await request.text();
      return await this.sends.take(scriptedBody) ?? this.#send(request, text);
    }
    return new Response("<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>", { status: 404 });
  }

  async #issueToken(request: Request): Promise<Response> {
    const form = new URLSearchParams(await request.text());
    const type = request.headers.get("content-type") ?? "";
    if (!type.startsWith("application/x-www-form-urlencoded")) return oauthError("invalid_request");
    if (form.get("grant_type") !== GRANT_TYPE) return oauthError("unsupported_grant_type");
    const fault = await this.#assertionFault(form.get("assertion") ?? "");
    if (fault) return oauthError("invalid_grant", fault);
    const token = `ya29.${crypto.randomUUID()}`;
    this.tokensIssued++;
    this.#accessTokens.set(token, this.now() + this.expiresIn * 1000);
    return Response.json({
      access_token: token,
      expires_in: this.expiresIn,
      token_type: "Bearer",
    });
  }

  async #assertionFault(assertion: string): Promise<string | null> {
    try {
      const { payload, protectedHeader } = await jwtVerify(assertion, this.keys.publicKey, {
        algorithms: ["RS256"],
        typ: "JWT",
        issuer: EMAIL,
        audience: `${this.endpoint}/token`,
        requiredClaims: ["iat", "exp", "scope"],
        currentDate: new Date(this.now()),
      });
      if (protectedHeader.kid !== KEY_ID) return "Unknown key id.";
      if (payload.scope !== SCOPE) return "Invalid scope.";
      if (payload.exp! - payload.iat! > 3600) return "Token must be a short-lived token.";
      return payload.iat! * 1000 > this.now() ? "Token issued in the future." : null;
    } catch {
      return "Invalid JWT Signature.";
    }
  }

  #send(request: Request, text: string): Response {
    const [, bearer = ""] = /^Bearer (\S+)$/.exec(request.headers.get("authorization") ?? "") ?? [];
    const until = this.#accessTokens.get(bearer) ?? 0;
    if (this.now() >= until) return fcmError(401, "UNAUTHENTICATED", null, "Invalid credentials.");
    const parsed = sendRequest.safeParse(JSON.parse(text));
    if (!parsed.success) {
      const { path, message } = parsed.error.issues[0];
      return badRequest(path.join("."), `Invalid JSON payload received. ${message}`);
    }
    const { message } = parsed.data;
    if (!/^[\w:-]{10,}$/.test(message.token)) {
      return badRequest("message.token", "Invalid registration token");
    }
    if (payloadBytes(message) > 4096) return badRequest("message", "Message is too big");
    if (this.#unregistered.has(message.token)) return unregistered();
    this.received.push(message);
    return Response.json({ name: `projects/${PROJECT}/messages/0:${this.received.length}%` });
  }
}

function oauthError(error: string, error_description = "Bad Request"): Response {
  return Response.json({ error, error_description }, { status: 400 });
}

function unregistered(): Response {
  return fcmError(404, "NOT_FOUND", "UNREGISTERED", "Requested entity was not found.");
}

function badRequest(field: string, description: string): Response {
  return Response.json({
    error: {
      code: 400,
      message: description,
      status: "INVALID_ARGUMENT",
      details: [
        fcmDetail("INVALID_ARGUMENT"),
        {
          "@type": "type.googleapis.com/google.rpc.BadRequest",
          fieldViolations: [{ field, description }],
        },
      ],
    },
  }, { status: 400 });
}

function fcmError(code: number, status: string, errorCode: string | null, message: string) {
  return new Response(fcmErrorBody(code, status, errorCode, message), { status: code });
}

/**
 * Error bodies as the reference shows them; `errorCode` is null for the errors of Google's front
 * end.
 */
export function fcmErrorBody(
  code: number,
  status: string,
  errorCode: string | null,
  message = "An error.",
): string {
  const details = errorCode === null ? [] : [fcmDetail(errorCode)];
  return JSON.stringify({ error: { code, message, status, details } });
}

function fcmDetail(errorCode: string) {
  return { "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", errorCode };
}

const USUAL: Record<number, [status: string, errorCode: string | null]> = {
  400: ["INVALID_ARGUMENT", "INVALID_ARGUMENT"],
  401: ["UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"],
  403: ["PERMISSION_DENIED", "SENDER_ID_MISMATCH"],
  404: ["NOT_FOUND", "UNREGISTERED"],
  410: ["NOT_FOUND", "UNREGISTERED"],
  429: ["RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"],
  500: ["INTERNAL", "INTERNAL"],
  503: ["UNAVAILABLE", "UNAVAILABLE"],
};

function scriptedBody({ status }: ScriptedAnswer): string {
  const [name, errorCode] = USUAL[status] ?? ["UNKNOWN", null];
  return fcmErrorBody(status, name, errorCode);
}
