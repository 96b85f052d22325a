import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { owner } from "../../src/auth/second_factor_seal.ts";
import { secretBox } from "../../src/auth/secret_box.ts";
import { toBase64Url } from "../../src/core/base64url.ts";
import { HOOK } from "../../src/webhooks/screening/rule_book.ts";
import { secretOwner, WebhookSecrets } from "../../src/webhooks/secrets.ts";
import { newId } from "../../src/core/ids.ts";
import { aUser } from "../contract/store/rows.ts";
import { anEndpoint } from "../contract/store/webhooks.ts";
import { openStoreOf } from "../support/people.ts";
import { inheritedEnvironment, startArguments } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testConfig, testEnvironment } from "../support/test_config.ts";
import { testedStores } from "../support/tested_stores.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const [OLD, NEW, LOST] = ["a1", "b2", "c3"].map((pair) => pair.repeat(32));

function boxOf(...keys: string[]) {
  const [current, ...former] = keys.map((key) => toBase64Url(Uint8Array.fromHex(key)));
  return secretBox([current, ...former]);
}

/** Runs the command with the permissions of its task. */
async function reseal(dataDir: string, env: Record<string, string>) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: startArguments(dataDir, "src/reseal.ts"),
    env: { ...inheritedEnvironment(), ...testEnvironment(env), DATA_DIR: dataDir },
    clearEnv: true,
    cwd: ROOT,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { code, out: text(stdout), err: text(stderr) };
}

for (const store of testedStores()) {
  Deno.test({
    name:
      `reseal seals every secret under the current key, and names what none opens (${store.name})`,
    ignore: store.ignore,
    fn: async () => {
      await using folder = await TempDir.make("reseal");
      const dataDir = folder.join("data");
      const selected = store.environment();
      const rows = await openStoreOf(testConfig(dataDir, selected));
      const [old, lost, current] = [OLD, LOST, NEW].map((key) => boxOf(key));
      const people = await Promise.all(
        [old, lost, current].map(async (box, i) => {
          const user = aUser({ username: `person-${i}` });
          const sealedSecret = await box.seal(`secret ${i}`, owner(user));
          return { ...user, totp: { sealedSecret, enabledAt: 1, lastStep: 3 } };
        }),
      );
      for (const person of [...people, aUser({ totp: null })]) await rows.users.create(person);
      const id = newId();
      const made = await Promise.all([1, 2].map(() => new WebhookSecrets(old).make(id)));
      const secrets = made.map(({ stored }, i) => ({ ...stored, expiresAt: i ? 9e15 : null }));
      await rows.webhooks.create(anEndpoint({ id, secrets }), Infinity);
      const sealedSecret = await old.seal("whsec_hook", secretOwner(HOOK));
      const value = { url: "https://backend.example.org/hook", onFailure: "allow", sealedSecret };
      await rows.settings.put({ id: HOOK, value, updatedBy: newId(), updatedAt: 1 });

      const env = { ...selected, ENCRYPTION_KEY: NEW, ENCRYPTION_KEY_PREVIOUS: OLD };
      const first = await reseal(dataDir, env);
      assert.equal(first.code, 1, first.err);
      assert.match(first.out, /^Sealed 4 of 6 secrets again/);
      assert.match(first.err, /^Cannot read the second factor of person-1\n.*opens 1 secrets/);

      const endpoint = (await rows.webhooks.byId(id))!;
      assert.deepEqual(endpoint.secrets.map(({ expiresAt }) => expiresAt), [null, 9e15]);
      assert.equal((await new WebhookSecrets(current).keysOf(endpoint, 0)).length, 2);
      const { value: hook } = (await rows.settings.byId(HOOK))! as { value: typeof value };
      assert.deepEqual({ ...hook, sealedSecret }, value);
      assert.equal(await current.open(hook.sealedSecret, secretOwner(HOOK)), "whsec_hook");
      for (const i of [0, 2]) {
        const { totp } = (await rows.users.byId(people[i].id))!;
        assert.equal(await current.open(totp!.sealedSecret, owner(people[i])), `secret ${i}`);
        assert.equal(totp!.lastStep, 3);
      }
      assert.deepEqual((await rows.users.byId(people[1].id))!.totp, people[1].totp);

      const all = { ...env, ENCRYPTION_KEY_PREVIOUS: LOST };
      const second = await reseal(dataDir, all);
      assert.deepEqual([second.code, second.err], [0, ""]);
      assert.match(second.out, /^Sealed 1 of 6 secrets again.*\nNothing stored needs/);
      assert.match((await reseal(dataDir, env)).out, /^Sealed 0 of 6/);
      await rows.close();
    },
  });
}
