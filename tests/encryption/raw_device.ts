import assert from "node:assert/strict";
import { fromBase64Url, toBase64Url, unpackParts } from "../../src/client/mls/encoding.ts";
import { type KeyStore, memoryKeyStore } from "../../src/client/mls/key_store.ts";
import { deviceSignatureKey, MlsDevice } from "../../src/client/mls/mls_device.ts";
import type { MlsGroup } from "../../src/client/mls/mls_group.ts";
import type { GroupChange, NewDevice, StagedCommit } from "../../src/client/mls/staged_commit.ts";
import { newId } from "../../src/core/ids.ts";
import type { HttpAnswer, HttpClient } from "../support/http_client.ts";
import type { Person } from "../support/people.ts";
import type { RunningApp } from "../support/running_app.ts";

/** A device that uses HTTP directly, so that a test can send anything. */
export class RawDevice {
  private constructor(
    readonly http: HttpClient,
    readonly person: Person,
    readonly mls: MlsDevice,
    readonly store: KeyStore,
  ) {}

  static async make(app: RunningApp, person: Person, keyPackages = 5): Promise<RawDevice> {
    const http = app.client(person);
    const store = memoryKeyStore();
    const signatureKey = toBase64Url(await deviceSignatureKey(store));
    const { status, body } = await http.post("/api/devices", { name: "raw", signatureKey });
    assert.equal(status, 201);
    const mls = await MlsDevice.open(store, { userId: person.id, deviceId: body.id });
    const device = new RawDevice(http, person, mls, store);
    if (keyPackages > 0) {
      const upload = { keyPackages: await mls.createKeyPackages(keyPackages) };
      const answer = await device.upload(upload);
      assert.deepEqual([answer.status, answer.body], [200, { remaining: keyPackages }]);
    }
    return device;
  }

  get id(): string {
    return this.mls.deviceId;
  }

  /** The keys that this device signs with. */
  async signatureKeys(): Promise<{ publicKey: Uint8Array; signKey: Uint8Array }> {
    const [publicKey, signKey] = unpackParts((await this.store.read("device/signature"))!);
    return { publicKey, signKey };
  }

  upload(body: { keyPackages?: string[]; lastResort?: string }): Promise<HttpAnswer> {
    return this.http.post(`/api/devices/${this.id}/key-packages`, body);
  }

  async claim(userId: string): Promise<NewDevice[]> {
    const { status, body } = await this.http.post(`/api/users/${userId}/key-packages/claim`);
    assert.equal(status, 200);
    return body.items.map((each: { deviceId: string; keyPackage: string }) => ({
      userId,
      ...each,
    }));
  }

  /** Creates an encrypted group, and the caller's MLS group for it at epoch 0. */
  async newGroup(): Promise<MlsGroup> {
    const answer = await this.http.post("/api/groups", { name: "Group", encrypted: true });
    assert.equal(answer.status, 201);
    return await this.mls.createGroup(answer.body.id);
  }

  post(chatId: string, body: Partial<StagedCommit> & { clientId?: string }): Promise<HttpAnswer> {
    return this.http.post(`/api/chats/${chatId}/mls/commit`, { clientId: newId(), ...body });
  }

  /** Creates a Commit and has it accepted. */
  async commit(group: MlsGroup, change: GroupChange): Promise<HttpAnswer> {
    const staged = await group.stage(change);
    const answer = await this.post(group.chatId, staged);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    await group.accepted(staged);
    return answer;
  }

  async join(chatId: string): Promise<MlsGroup> {
    const { body } = await this.http.get(`/api/devices/${this.id}/welcomes`);
    const welcome = body.items.find((each: { chatId: string }) => each.chatId === chatId);
    assert.ok(welcome, "a Welcome waits");
    const group = await this.mls.join(chatId, welcome.message);
    const taken = await this.http.delete(`/api/devices/${this.id}/welcomes/${welcome.id}`);
    assert.equal(taken.status, 204);
    return group;
  }

  send(chatId: string, ciphertext: string, clientId = newId()): Promise<HttpAnswer> {
    return this.http.post("/api/messages", { chatId, clientId, ciphertext });
  }
}

/**
 * Returns the object with one bit of the byte at `index` flipped; a negative index counts from the
 * end.
 */
export function tampered(encoded: string, index: number): string {
  const bytes = fromBase64Url(encoded);
  bytes[index < 0 ? bytes.length + index : index] ^= 1;
  return toBase64Url(bytes);
}
