import type { ResealReport } from "../auth/reseal_report.ts";
import type { SecretBox } from "../auth/secret_box.ts";
import type { MessageHookSetting } from "../model/filters.ts";
import type { Store } from "../store/store.ts";
import { HOOK } from "./screening/rule_book.ts";
import { secretOwner } from "./secrets.ts";

type Stores = Pick<Store, "webhooks" | "settings">;

/** Seals the secrets of all webhooks, and of the message hook, under the current key. */
export async function resealWebhooks(
  stores: Stores,
  box: SecretBox,
  report: ResealReport,
): Promise<void> {
  for (const { id, url, secrets } of await stores.webhooks.list()) {
    for (const { sealed } of secrets) {
      await report.count(`the secret of the webhook ${id} (${new URL(url).origin})`, async () => {
        const resealed = await box.reseal(sealed, secretOwner(id));
        return resealed !== null && await stores.webhooks.replaceSecret(id, sealed, resealed);
      });
    }
  }
  await resealHook(stores, box, report);
}

async function resealHook({ settings }: Stores, box: SecretBox, report: ResealReport) {
  const setting = await settings.byId(HOOK);
  if (setting === null) return;
  const hook = setting.value as MessageHookSetting;
  await report.count("the secret of the message hook", async () => {
    const sealedSecret = await box.reseal(hook.sealedSecret, secretOwner(HOOK));
    const value = { ...hook, sealedSecret };
    return sealedSecret !== null && await settings.replace(setting, { ...setting, value });
  });
}
