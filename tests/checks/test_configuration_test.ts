import assert from "node:assert/strict";
import root from "../../deno.json" with { type: "json" };
import tests from "../deno.json" with { type: "json" };

const rootLock = await readLock("../../deno.lock");
const testsLock = await readLock("../deno.lock");
const fcmLock = await readLock("../../src/notifications/push/fcm/fcm.lock");

Deno.test("the tests' configuration has every package of the program, in the same range", () => {
  for (const [name, range] of Object.entries(root.imports)) {
    assert.equal((tests.imports as Record<string, string>)[name], range, name);
  }
  assert.deepEqual(tests.unstable, root.unstable);
  assert.deepEqual(tests.compilerOptions, root.compilerOptions);
});

Deno.test("both locks pin each of the program's packages to one version", () => {
  const pinned = testsLock.specifiers;
  for (const [specifier, version] of Object.entries(rootLock.specifiers)) {
    assert.equal(pinned[specifier], version, specifier);
  }
});

Deno.test("Google's SDK is in a separate lock, beside every package of the program, and in no first start", () => {
  const name = `npm:firebase-admin@${tests.imports["firebase-admin"].split("@").at(-1)}`;
  const { [name]: version, ...others } = fcmLock.specifiers;
  assert.equal(version, testsLock.specifiers[name]);
  assert.deepEqual(others, rootLock.specifiers);
  for (const [each, pinned] of Object.entries(rootLock.npm)) {
    assert.equal(fcmLock.npm[each]?.integrity, pinned.integrity, each);
  }
  assert.ok(!Object.keys(rootLock.npm).some((each) => each.startsWith("firebase-admin@")));
});

Deno.test("S3's client and its presigner are pinned to one version", () => {
  const versions = Object.entries(rootLock.specifiers)
    .filter(([specifier]) => /^npm:@aws-sdk\/(client-s3|s3-request-presigner)@/.test(specifier))
    .map(([, version]) => version.split("_")[0]);
  assert.equal(versions.length, 2);
  assert.equal(versions[0], versions[1]);
});

interface Lock {
  specifiers: Record<string, string>;
  npm: Record<string, { integrity: string }>;
}

async function readLock(path: string): Promise<Lock> {
  return JSON.parse(await Deno.readTextFile(new URL(path, import.meta.url)));
}
