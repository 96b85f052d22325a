import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { decodeKeyPackage } from "../../src/client/mls/wire.ts";
import { newId } from "../../src/core/ids.ts";
import { World } from "../client/mls/world.ts";
import { forgeCommit, type Forgery, memberOf } from "../encryption/forged_commit.ts";
import { forgeKeyPackage } from "../encryption/forged_key_package.ts";
import { RawDevice } from "../encryption/raw_device.ts";
import { SMALL_ORDER_KEYS } from "../encryption/small_order_keys.ts";
import { RunningApp } from "../support/running_app.ts";

const PROGRAM = fileURLToPath(new URL("encrypted_client_program.ts", import.meta.url));
const HOUR = 3_600n;

Deno.test("a stranger's objects can neither end a client's process nor lock others out", async () => {
  await using app = await RunningApp.start();
  const { ann, bob, eve } = await app.people("ann", "bob", "eve");
  const bobs = await RawDevice.make(app, bob);
  const eves = await RawDevice.make(app, eve);
  const good = [...await bobs.mls.createKeyPackages(1), ...await eves.mls.createKeyPackages(1)];
  const evil = await badKeyPackages(eve.id);
  const claims = {
    [bob.id]: [{ deviceId: bobs.id, keyPackage: good[0] }],
    [eve.id]: [...evil, { deviceId: eves.id, keyPackage: good[1] }],
  };
  const { url } = app;
  const memberIds = [bob.id, eve.id];
  const { refusals, ...given } = await joining();
  const task = { url, person: ann, claims, memberIds, joining: given };
  const { commits, roster, leftOut } = await run(task);
  assert.equal(commits.length, refusals.length);
  for (const [i, refusal] of refusals.entries()) assert.match(commits[i], refusal);
  assert.equal(roster, [ann.id, bob.id, eve.id].sort().join());
  const named = leftOut.map(({ userId, deviceId }) => `${userId}/${deviceId}`);
  assert.deepEqual(named, evil.map(({ deviceId }) => `${eve.id}/${deviceId}`));
  for (const { reason } of leftOut) assert.match(reason, /\w/);
});

/** Creates devices of one user, each of whose key packages has a different fault. */
async function badKeyPackages(userId: string) {
  const now = BigInt(Math.floor(Date.now() / 1000));
  const lifetime = (notBefore: bigint, notAfter: bigint) => ({
    leaf: { lifetime: { notBefore, notAfter } } as object,
  });
  const forgeries = [
    lifetime(now + HOUR, now + 2n * HOUR),
    lifetime(now + HOUR / 2n, now + 2n * HOUR),
    lifetime(now - 2n * HOUR, now - HOUR),
    { fields: { initKey: SMALL_ORDER_KEYS["1"] } },
    { leaf: { hpkePublicKey: SMALL_ORDER_KEYS.p } },
    { owner: { userId: newId(), deviceId: newId() } },
  ];
  const devices = [];
  for (const forgery of forgeries) {
    const owner = { userId, deviceId: newId() };
    const keyPackage = await forgeKeyPackage({ owner, ...forgery });
    devices.push({ deviceId: owner.deviceId, keyPackage });
  }
  const broken = await forgeKeyPackage({ owner: { userId, deviceId: newId() } });
  devices.push({ deviceId: newId(), keyPackage: `${broken.slice(0, -8)}AAAAAAAA` });
  devices.push({ deviceId: newId(), keyPackage: "no-key-package" });
  return devices;
}

/** Creates a device with a Welcome, and Commits for it whose proposals are faulty in pairs. */
async function joining() {
  const world = new World();
  const evil = await world.device(newId());
  const victim = await world.device(newId());
  const group = await evil.create();
  const { userId, deviceId } = victim.mls;
  const staged = await group.stage({ add: world.claim(userId) });
  await group.accepted(staged);
  const forger = await memberOf(evil.store, world.chatId);
  const unsigned = async () => {
    const keyPackage = decodeKeyPackage(`${(await forgeKeyPackage()).slice(0, -8)}AAAAAAAA`);
    return { proposalType: "add", add: { keyPackage } } as const;
  };
  const [one, two, three] = [await unsigned(), await unsigned(), await unsigned()];
  const small = await forgeKeyPackage({ leaf: { hpkePublicKey: SMALL_ORDER_KEYS.p } });
  const addSmall = { proposalType: "add", add: { keyPackage: decodeKeyPackage(small) } } as const;
  const psk = {
    proposalType: "psk",
    psk: {
      preSharedKeyId: {
        psktype: "external",
        pskId: new Uint8Array(8),
        pskNonce: new Uint8Array(32),
      },
    },
  } as const;
  const smallPath: Forgery["nodes"] = (nodes) =>
    nodes.map((node) => ({ ...node, hpkePublicKey: SMALL_ORDER_KEYS["0"] }));
  const remove = { proposalType: "remove", remove: { removed: 60 } } as const;
  const kemOutput = SMALL_ORDER_KEYS["p - 1"];
  const init = { proposalType: "external_init", externalInit: { kemOutput } } as const;
  const forgeries: [Forgery, RegExp][] = [
    [{ proposals: [one, two], withoutPath: true }, /^bad_commit .*signature/],
    [{ proposals: [one, two, three] }, /^bad_commit .*signature/],
    [{ proposals: [addSmall, one] }, /^bad_commit .*small order/],
    [{ proposals: [psk, psk] }, /^bad_commit .*not allowed: psk/],
    [{ proposals: [init] }, /^bad_commit .*not allowed: external_init/],
    [{ proposals: [remove] }, /^bad_commit .*leaf 60/],
    [{ nodes: smallPath }, /^bad_commit .*small order/],
    [{ leaf: () => ({ hpkePublicKey: SMALL_ORDER_KEYS["1"] }) }, /^bad_commit .*small order/],
  ];
  const commits: string[] = [];
  for (const [forgery] of forgeries) commits.push((await forgeCommit(forger, forgery)).commit);
  const joiner = { ...forger, isExternal: true };
  commits.push((await forgeCommit(joiner, { proposals: [init] })).commit);
  const refusals = [...forgeries.map(([, refusal]) => refusal), /^bad_commit .*KEM output/];
  const keys: [string, number[]][] = [];
  for (const name of await victim.store.names("")) {
    keys.push([name, [...(await victim.store.read(name))!]]);
  }
  const { chatId } = world;
  const welcome = staged.welcome!.message;
  return { chatId, welcome, keys, commits, refusals, userId, deviceId };
}

interface Result {
  commits: string[];
  roster: string;
  leftOut: { userId: string; deviceId: string; reason: string }[];
}

async function run(task: object): Promise<Result> {
  const args = ["run", "--quiet", "--no-check", "-A", PROGRAM];
  const command = new Deno.Command(Deno.execPath(), {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  await using child = command.spawn();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(JSON.stringify(task)));
  await input.close();
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.equal(code, 0, text(stderr));
  return JSON.parse(text(stdout));
}
