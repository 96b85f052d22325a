import assert from "node:assert/strict";
import { owner } from "../../src/auth/second_factor_seal.ts";
import { secretBox } from "../../src/auth/secret_box.ts";
import { loadConfig } from "../../src/config.ts";
import { toBase64Url } from "../../src/core/base64url.ts";
import { newId } from "../../src/core/ids.ts";
import { diagnose } from "../../src/doctor.ts";
import { WebhookSecrets } from "../../src/webhooks/secrets.ts";
import { aUser } from "../contract/store/rows.ts";
import { anEndpoint } from "../contract/store/webhooks.ts";
import { openStoreOf } from "../support/people.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testConfig, testEnvironment } from "../support/test_config.ts";
import { testedStores } from "../support/tested_stores.ts";

const OPTIONS = { sanitizeOps: false, sanitizeResources: false };
const [OLD, NEW, LOST] = ["a1", "b2", "c3"].map((pair) => pair.repeat(32));

const boxOf = (key: string) => secretBox([toBase64Url(Uint8Array.fromHex(key))]);

for (const store of testedStores()) {
  Deno.test({
    ...OPTIONS,
    name: `doctor: secrets under a previous key are named as due, and not changed (${store.name})`,
    ignore: store.ignore,
    fn: async () => {
      await using folder = await TempDir.make("doctor");
      const dataDir = folder.join("data");
      const selected = store.environment();
      const rows = await openStoreOf(testConfig(dataDir, selected));
      const seals = async (env: Record<string, string>) => {
        const all = { ...testEnvironment({ ...selected, ...env }), DATA_DIR: dataDir };
        const found = await diagnose(() => loadConfig(all));
        return found.filter(({ subject }) => subject === "Sealed secrets")
          .map(({ verdict, text }) => `${verdict}: ${text}`).join("\n");
      };
      const both = { ENCRYPTION_KEY: NEW, ENCRYPTION_KEY_PREVIOUS: OLD };
      assert.match(await seals(both), /^fine: none needs a previous key/);
      assert.equal(await seals({}), "", "there is no previous key");

      const user = aUser({ username: "ann" });
      const sealedSecret = await boxOf(OLD).seal("secret", owner(user));
      const totp = { sealedSecret, enabledAt: 1, lastStep: 3 };
      await rows.users.create({ ...user, totp });
      const id = newId();
      const secrets = [(await new WebhookSecrets(boxOf(NEW)).make(id)).stored];
      await rows.webhooks.create(anEndpoint({ id, secrets }), Infinity);
      assert.match(
        await seals(both),
        /^warning: 1 of 2 need a previous key; run `deno task reseal`/,
      );
      assert.deepEqual((await rows.users.byId(user.id))!.totp, totp, "the doctor only reads");

      const wrong = { ...both, ENCRYPTION_KEY_PREVIOUS: LOST };
      const lost = /^warning: no configured key opens 1 of 2, such as the second factor of ann;/;
      assert.match(await seals(wrong), lost);
      await rows.close();
    },
  });
}
