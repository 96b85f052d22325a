import type { SecretBox } from "../auth/secret_box.ts";
import {
  newWebhookSecret,
  type SigningKey,
  signingKey,
  webhookKey,
} from "../core/webhook_signature.ts";
import type { WebhookEndpoint, WebhookSecret } from "../model/webhook.ts";

/** Returns the owner of a webhook's sealed secrets; the message hook has one, too. */
export const secretOwner = (userId: string) => ({ purpose: "webhook", userId });

const MAX_OPENED = 1_000;

/** The key under which a secret was stored is gone. */
export class UnreadableSecret extends Error {
  override readonly name = "UnreadableSecret";

  constructor(cause: unknown) {
    super("Cannot read the endpoint's secret: it has to be rotated", { cause });
  }
}

/** The secrets of endpoints: encrypted at rest, and bound to their endpoint. */
export class WebhookSecrets {
  /** By sealed secret, so that a page of deliveries costs no decryption. */
  readonly #opened = new Map<string, SigningKey>();

  constructor(private readonly box: SecretBox) {}

  async make(webhookId: string): Promise<{ secret: string; stored: WebhookSecret }> {
    const secret = newWebhookSecret();
    const sealed = await this.box.seal(secret, secretOwner(webhookId));
    return { secret, stored: { sealed, expiresAt: null } };
  }

  /**
   * Returns the keys of the secrets that have not expired, the current one first. A former one that
   * can no longer be read is left out; throws `UnreadableSecret` if none can.
   */
  async keysOf({ id, secrets }: WebhookEndpoint, now: number): Promise<SigningKey[]> {
    const valid = secrets.filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
    const opened = await Promise.allSettled(valid.map(({ sealed }) => this.#keyOf(id, sealed)));
    const keys = opened.flatMap((each) => each.status === "fulfilled" ? [each.value] : []);
    const broken = opened.find(({ status }) => status === "rejected") as PromiseRejectedResult;
    if (keys.length === 0 && broken) throw new UnreadableSecret(broken.reason);
    return keys;
  }

  async #keyOf(userId: string, sealed: string): Promise<SigningKey> {
    const known = this.#opened.get(sealed);
    if (known !== undefined) return known;
    const secret = await this.box.open(sealed, secretOwner(userId));
    const key = signingKey(webhookKey(secret)!);
    if (this.#opened.size >= MAX_OPENED) this.#opened.clear();
    this.#opened.set(sealed, key);
    return key;
  }
}
