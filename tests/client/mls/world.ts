import assert from "node:assert/strict";
import { MlsDevice } from "../../../src/client/mls/mls_device.ts";
import { deviceSignatureKey } from "../../../src/client/mls/mls_device.ts";
import type { MlsGroup } from "../../../src/client/mls/mls_group.ts";
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from "../../../src/client/mls/encoding.ts";
import { type KeyStore, memoryKeyStore } from "../../../src/client/mls/key_store.ts";
import type { NewDevice, StagedCommit } from "../../../src/client/mls/staged_commit.ts";
import { newId } from "../../../src/core/ids.ts";
import { checkCommit, type CommitEffect } from "../../../src/encryption/mls/commit_check.ts";
import { type GroupInfo, parseGroupInfo } from "../../../src/encryption/mls/group_info.ts";
import {
  checkKeyPackage,
  keyPackageRef,
  parseKeyPackage,
} from "../../../src/encryption/mls/key_package.ts";
import {
  parseApplicationMessage,
  parseFramedMessage,
} from "../../../src/encryption/mls/mls_message.ts";
import { parseWelcome } from "../../../src/encryption/mls/welcome.ts";

/** A delivery service in memory, with the server's real checks, and devices that use it. */
export class World {
  readonly chatId = newId();
  readonly commits: { epoch: number; commit: string; effect: CommitEffect }[] = [];
  readonly messages: { epoch: bigint; from: string; ciphertext: string }[] = [];
  readonly welcomes = new Map<string, string>();
  groupInfo = "";
  #parsed: GroupInfo | undefined;
  readonly keyPackages = new Map<string, string[]>();
  readonly devices: Device[] = [];

  async device(userId: string, store: KeyStore = memoryKeyStore()): Promise<Device> {
    const deviceId = newId();
    const mls = await MlsDevice.open(store, { userId, deviceId });
    const device = new Device(this, mls, store);
    await device.publish(3);
    this.devices.push(device);
    return device;
  }

  /** Does the work of POST /chats/:chatId/mls/commit; false means `stale_epoch`. */
  async commit(staged: StagedCommit): Promise<boolean> {
    if (staged.epoch !== this.commits.length) return false;
    const message = parseFramedMessage(fromBase64Url(staged.commit));
    assert.equal(message.wireFormat, "public_message");
    assert.ok(message.wireFormat === "public_message");
    const after = parseGroupInfo(fromBase64Url(staged.groupInfo));
    const effect = await checkCommit(message, after, this.#parsed, Date.now());
    assert.equal(effect.committer === undefined, false);
    await this.#checkWelcome(staged, effect);
    // As in the transaction, because the check may have taken long.
    if (staged.epoch !== this.commits.length) return false;
    this.#parsed = after;
    this.groupInfo = staged.groupInfo;
    this.commits.push({ epoch: staged.epoch, commit: staged.commit, effect });
    for (const id of staged.welcome?.deviceIds ?? []) {
      this.welcomes.set(id, staged.welcome!.message);
    }
    return true;
  }

  send(from: string, ciphertext: string): void {
    const { epoch, chatId } = parseApplicationMessage(fromBase64Url(ciphertext));
    assert.equal(chatId, this.chatId);
    this.messages.push({ epoch, from, ciphertext });
  }

  claim(userId: string): NewDevice[] {
    return this.devices.filter(({ mls }) => mls.userId === userId).map(({ mls }) => {
      const keyPackage = this.keyPackages.get(mls.deviceId)!.shift()!;
      return { userId, deviceId: mls.deviceId, keyPackage };
    });
  }

  async #checkWelcome(staged: StagedCommit, effect: CommitEffect): Promise<void> {
    const refs = await Promise.all(
      effect.addedKeyPackages.map((each) => keyPackageRef(parseKeyPackage(each))),
    );
    const named = staged.welcome
      ? parseWelcome(fromBase64Url(staged.welcome.message)).newMembers
      : [];
    assert.deepEqual(refs.map(toBase64Url).sort(), named.map(toBase64Url).sort());
  }
}

export class Device {
  readonly read: string[] = [];
  #messagesSeen = 0;

  constructor(readonly world: World, readonly mls: MlsDevice, readonly store: KeyStore) {}

  get name(): string {
    return `${this.mls.userId}/${this.mls.deviceId}`;
  }

  async publish(count: number): Promise<void> {
    const { userId, deviceId, signatureKey } = this.mls;
    const made = await this.mls.createKeyPackages(count);
    for (const each of made) {
      const parsed = parseKeyPackage(fromBase64Url(each));
      const owner = { userId, deviceId, signatureKey: new Uint8Array(signatureKey) };
      await checkKeyPackage(parsed, owner, Date.now());
    }
    this.world.keyPackages.set(deviceId, made);
    assert.deepEqual(await deviceSignatureKey(this.store), signatureKey);
  }

  async group(): Promise<MlsGroup> {
    const group = await this.mls.group(this.world.chatId);
    assert.ok(group);
    return group;
  }

  create(): Promise<MlsGroup> {
    return this.mls.createGroup(this.world.chatId);
  }

  join(): Promise<MlsGroup> {
    return this.mls.join(this.world.chatId, this.world.welcomes.get(this.mls.deviceId)!);
  }

  /** Stages a change, and tries again on the new epoch while another device was first. */
  async change(make: (group: MlsGroup) => Promise<StagedCommit>): Promise<number> {
    const group = await this.group();
    for (let tries = 1;; tries++) {
      await this.catchUp();
      const staged = await make(group);
      if (await this.world.commit(staged)) {
        await group.accepted(staged);
        return tries;
      }
      await group.discard();
    }
  }

  async catchUp(): Promise<void> {
    const group = await this.group();
    for (const { commit } of this.world.commits.slice(Number(group.epoch))) {
      if (group.isActive) await group.processCommit(commit);
    }
  }

  async say(text: string): Promise<void> {
    this.world.send(this.name, await (await this.group()).encrypt(utf8(text)));
  }

  /** Reads everything new; a message without a key is returned as its error's code. */
  async readAll(): Promise<string[]> {
    const group = await this.group();
    const fresh = this.world.messages.slice(this.#messagesSeen);
    this.#messagesSeen = this.world.messages.length;
    const texts: string[] = [];
    for (const { ciphertext, from } of fresh) {
      try {
        const { plaintext, sender } = await group.decrypt(ciphertext);
        assert.equal(`${sender.userId}/${sender.deviceId}`, from);
        texts.push(fromUtf8(plaintext));
      } catch (error) {
        texts.push((error as { code: string }).code);
      }
    }
    return texts;
  }
}

/** Three users with two devices each, all in one group that the first device created. */
export async function threePeople(): Promise<{ world: World; devices: Device[]; users: string[] }> {
  const world = new World();
  const users = [newId(), newId(), newId()];
  const devices: Device[] = [];
  for (const user of users) devices.push(await world.device(user), await world.device(user));
  const group = await devices[0].create();
  const add = users.flatMap((user) => world.claim(user));
  const others = add.filter(({ deviceId }) => deviceId !== devices[0].mls.deviceId);
  const staged = await group.stage({ add: others });
  assert.equal(await world.commit(staged), true);
  await group.accepted(staged);
  for (const device of devices.slice(1)) await device.join();
  return { world, devices, users };
}
