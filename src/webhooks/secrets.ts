import type { SecretBox } from "../auth/secret_box.ts";
import {
  newWebhookSecret,
  type SigningKey,
  signingKey,
  webhookKey,
} from "../core/webhook_signature.ts";
import type { WebhookEndpoint, WebhookSecret } from "../model/webhook.ts";

const PURPOSE = "webhook";
const MAX_OPENED = 1_000;

/** The secrets of endpoints: encrypted at rest, and bound to their endpoint. */
export class WebhookSecrets {
  /** By sealed secret, so that a page of deliveries costs no decryption. */
  readonly #opened = new Map<string, SigningKey>();

  constructor(private readonly box: SecretBox) {}

  async make(webhookId: string): Promise<{ secret: string; stored: WebhookSecret }> {
    const secret = newWebhookSecret();
    const sealed = await this.box.seal(secret, { purpose: PURPOSE, userId: webhookId });
    return { secret, stored: { sealed, expiresAt: null } };
  }

  /** Returns the keys of the secrets that have not expired, the current one first. */
  async keysOf({ id, secrets }: WebhookEndpoint, now: number): Promise<SigningKey[]> {
    const valid = secrets.filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
    return await Promise.all(valid.map(({ sealed }) => this.#keyOf(id, sealed)));
  }

  async #keyOf(userId: string, sealed: string): Promise<SigningKey> {
    const known = this.#opened.get(sealed);
    if (known !== undefined) return known;
    const secret = await this.box.open(sealed, { purpose: PURPOSE, userId });
    const key = signingKey(webhookKey(secret)!);
    if (this.#opened.size >= MAX_OPENED) this.#opened.clear();
    this.#opened.set(sealed, key);
    return key;
  }
}
