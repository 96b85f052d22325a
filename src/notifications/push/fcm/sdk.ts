import { untilAborted } from "../../../core/until_aborted.ts";
import { FcmAgent } from "./agent.ts";
import { FcmCall, headersOf, OverlongAnswer } from "./call.ts";
import { importPackage } from "./import_package.ts";
import type { FcmMessage } from "./message.ts";
import { deadline, type HttpAnswer } from "../../../core/http_post.ts";

/**
 * An exact version, because `endRetries` modifies its internals. Not among the imports of
 * deno.json: the first start installs everything listed there, and this is 132 packages that only
 * pushes to apps need. `fcm.lock` pins it.
 */
const PACKAGE = "npm:firebase-admin@14.5.0";

/** Timeout for the download of the package. */
const LOAD_TIMEOUT_MS = 60_000;

export interface FcmSdkOptions {
  projectId: string;
  endpoint: string;
  /** Called for each message: the token is cached behind it, by the server's clock. */
  accessToken(): Promise<string>;
}

interface Messaging {
  send(message: FcmMessage, dryRun?: boolean): Promise<string>;
  messagingRequestHandler: { httpClient: { retry: object } };
}

/** The used parts of the SDK's error: its causes contain the request with its access token. */
interface SdkError {
  code?: unknown;
  message?: unknown;
  httpResponse?: { status: number; headers: Record<string, unknown>; data: unknown };
}

/** Google's SDK (`firebase-admin`), loaded when the first message is sent. */
export class FcmSdk {
  #messaging: Promise<Messaging> | null = null;

  constructor(private readonly options: FcmSdkOptions) {}

  /**
   * Returns FCM's response, even if it is an error. Throws the signal's reason, or why FCM was
   * unreachable.
   */
  async send(message: FcmMessage, signal: AbortSignal, dryRun = false): Promise<HttpAnswer> {
    const messaging = await this.load(signal);
    try {
      await new FcmCall().run(() => messaging.send(message, dryRun), signal);
      return { status: 200, headers: new Headers(), body: "" };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      return error instanceof OverlongAnswer ? error.answer : answerIn(Object(error));
    }
  }

  /**
   * Fetches the package if it is not cached yet, outside of the message's time limit. Throws
   * `PackageMissing` or the signal's reason.
   */
  async load(signal?: AbortSignal): Promise<Messaging> {
    this.#messaging ??= openMessaging(this.options).catch((error) => {
      this.#messaging = null;
      throw error;
    });
    return await untilAborted(this.#messaging, deadline(LOAD_TIMEOUT_MS, signal));
  }
}

async function openMessaging(options: FcmSdkOptions): Promise<Messaging> {
  const { projectId, endpoint, accessToken } = options;
  const { initializeApp } = await importPackage(`${PACKAGE}/app`);
  const { getMessaging } = await importPackage(`${PACKAGE}/messaging`);
  // `cert` exchanges tokens at a separate address, without a timeout. A lifetime of 0, because the
  // SDK would keep a token that was rejected.
  const credential = {
    getAccessToken: async () => ({ access_token: await accessToken(), expires_in: 0 }),
  };
  const httpAgent = new FcmAgent(endpoint);
  const app = initializeApp({ projectId, credential, httpAgent }, crypto.randomUUID());
  return endRetries(getMessaging(app));
}

/**
 * Retries are left to the outbox, which respects `Retry-After`. The SDK keeps one retry, for an
 * idle connection that FCM closed just as it was used.
 */
function endRetries(messaging: Messaging): Messaging {
  messaging.messagingRequestHandler.httpClient.retry = {
    maxRetries: 1,
    statusCodes: [],
    ioErrorCodes: ["ECONNRESET"],
    maxDelayInMillis: 0,
  };
  return messaging;
}

function answerIn({ code, message, httpResponse }: SdkError): HttpAnswer {
  if (httpResponse) {
    const { status, headers, data } = httpResponse;
    const body = typeof data === "string" ? data : JSON.stringify(data);
    return { status, headers: headersOf(headers), body };
  }
  // The SDK rejects a message without sending it, by rules that FCM has too.
  if (String(code).startsWith("messaging/")) return refusedUnsent(String(message));
  const fault = new Error("FCM could not be reached");
  fault.name = String(code);
  throw fault;
}

function refusedUnsent(message: string): HttpAnswer {
  const body = JSON.stringify({ error: { status: "INVALID_ARGUMENT", message } });
  return { status: 400, headers: new Headers(), body };
}
