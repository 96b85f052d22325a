import type { SecretBox } from "../auth/secret_box.ts";
import { newWebhookSecret, webhookKey } from "../core/webhook_signature.ts";
import type { WebhookEndpoint, WebhookSecret } from "../model/webhook.ts";

const PURPOSE = "webhook";

/** The secrets of endpoints: encrypted at rest, and bound to their endpoint. */
export class WebhookSecrets {
  constructor(private readonly box: SecretBox) {}

  async make(webhookId: string): Promise<{ secret: string; stored: WebhookSecret }> {
    const secret = newWebhookSecret();
    const sealed = await this.box.seal(secret, { purpose: PURPOSE, userId: webhookId });
    return { secret, stored: { sealed, expiresAt: null } };
  }

  /** Returns the keys of the secrets that have not expired, the current one first. */
  async keysOf({ id, secrets }: WebhookEndpoint, now: number): Promise<Uint8Array[]> {
    const valid = secrets.filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
    return await Promise.all(valid.map(async ({ sealed }) => {
      return webhookKey(await this.box.open(sealed, { purpose: PURPOSE, userId: id }))!;
    }));
  }
}
