import { type Clock, systemClock } from "../../../core/clock.ts";
import { quote } from "../../../core/errors.ts";
import { fcmErrorResult, refusesAccessToken } from "./error.ts";
import { type FcmMessage, fcmMessage } from "./message.ts";
import { PackageMissing } from "./import_package.ts";
import { FcmSdk } from "./sdk.ts";
import { AccessTokenError, GoogleAccessToken } from "./access_token.ts";
import { byteLength, fitPush } from "../content.ts";
import { deadline, type HttpAnswer } from "../../../core/http_post.ts";
import { retry, retryAfterFault } from "../http.ts";
import type { FcmTarget, Push, PushResult, PushSender } from "../sender.ts";
import type { ServiceAccount } from "./service_account.ts";

const SCOPE = "https://www.googleapis.com/auth/firebase.messaging";

/** Keys of `data` that FCM reserves. */
const RESERVED_KEY = /^(from|message_type|google\..*|gcm\..*)$/;

/** FCM counts the keys and values of `data` and the notification. */
const MAX_PAYLOAD_BYTES = 4096;

export interface FcmOptions {
  account: ServiceAccount;
  /** Address of FCM: another one for an emulator. Without a trailing slash. */
  endpoint?: string;
  timeoutMs?: number;
  clock?: Clock;
}

interface PostOptions {
  signal?: AbortSignal;
  dryRun?: boolean;
}

/** Firebase Cloud Messaging through its SDK (HTTP v1 API), for Android, Apple and web apps. */
export class FcmPushSender implements PushSender<FcmTarget> {
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #accessToken: GoogleAccessToken;
  readonly #sdk: FcmSdk;

  constructor({ account, endpoint, timeoutMs = 10_000, clock = systemClock }: FcmOptions) {
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
    this.#accessToken = new GoogleAccessToken(account, SCOPE, clock, timeoutMs);
    this.#sdk = new FcmSdk({
      projectId: account.projectId,
      endpoint: endpoint ?? "https://fcm.googleapis.com",
      accessToken: () => this.#accessToken.get(),
    });
  }

  async send(target: FcmTarget, push: Push, signal?: AbortSignal): Promise<PushResult> {
    const fitted = fitForFcm(push);
    if (typeof fitted === "string") return { outcome: "rejected", reason: fitted };
    const message = await fcmMessage(target.token, fitted, this.#clock.now());
    try {
      return this.#resultOf(await this.#post(message, { signal }));
    } catch (error) {
      if (error instanceof PackageMissing) {
        return { outcome: "retry", reason: error.message, unreachable: true };
      }
      if (!(error instanceof AccessTokenError)) return retryAfterFault("FCM", error);
      if (error.permanent) return { outcome: "rejected", reason: error.message };
      return retry(error.message, error.afterMs);
    }
  }

  /**
   * Has FCM validate a message to no device, without sending it. Throws why FCM accepts no messages
   * of this account.
   */
  async dryRun(): Promise<void> {
    const { status } = await this.#post({ token: "none", data: {} }, { dryRun: true });
    // The token belongs to no device, which FCM reveals only to accounts that may send.
    if (status === 200 || status === 400 || status === 404) return;
    const hint = status === 403 ? ": the account may not send, or the API is not enabled" : "";
    throw new Error(`FCM returned ${status} for the service account${hint}`);
  }

  /** A token that was revoked before its expiry costs one retry with a new token. */
  async #post(message: FcmMessage, options: PostOptions): Promise<HttpAnswer> {
    const first = await this.#postOnce(message, options);
    return refusesAccessToken(first) ? await this.#postOnce(message, options) : first;
  }

  async #postOnce(message: FcmMessage, { signal, dryRun }: PostOptions): Promise<HttpAnswer> {
    await this.#sdk.load(signal);
    const until = deadline(this.#timeoutMs, signal);
    // Requested first, so that its failure is passed on unchanged: the SDK would wrap it.
    const token = await this.#accessToken.get();
    const answer = await this.#sdk.send(message, until, dryRun);
    if (refusesAccessToken(answer)) this.#accessToken.discard(token);
    return answer;
  }

  #resultOf(answer: HttpAnswer): PushResult {
    if (answer.status === 200) return { outcome: "delivered" };
    return fcmErrorResult(answer, this.#clock.now());
  }
}

function fitForFcm(push: Push): Push | string {
  const reserved = Object.keys(push.data).find((key) => RESERVED_KEY.test(key));
  if (reserved !== undefined) return `FCM reserves the data key ${quote(reserved)}`;
  const fitted = fitPush(push);
  if (typeof fitted === "string") return fitted;
  const bytes = byteLength(JSON.stringify([fitted.data, fitted.alert]));
  return bytes <= MAX_PAYLOAD_BYTES ? fitted : `The push has ${bytes} bytes, too many for FCM`;
}
