import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import "@noble/hashes/sha2.js";
import {
  type CiphersuiteImpl,
  type ClientState,
  createApplicationMessage,
  createCommit,
  decodeMlsMessage,
  emptyPskIndex,
  encodeMlsMessage,
  generateKeyPackageWithKey,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  processPrivateMessage,
  processPublicMessage,
} from "ts-mls";
import { createGroupInfoWithRatchetTree } from "ts-mls/createCommit.js";
import type { HttpClient } from "../support/http_client.ts";
import type { Person } from "../support/people.ts";

/**
 * A member of encrypted chats written from src/encryption/README.md alone, on an MLS library and
 * HTTP. It shares no code with the client library, so facts missing from the README make it fail.
 */
export class IndependentMember {
  /** Messages in order: the sender's id, and the JSON of the application data. */
  readonly read: { senderId: string; content: Content }[] = [];
  #state: ClientState | null = null;
  /** The Commit that was sent and has not come back yet, and the state that it leads to. */
  #staged: { commit: string; next: ClientState } | null = null;
  #cursor = 0;

  private constructor(
    private readonly http: HttpClient,
    private readonly person: Person,
    private readonly deviceId: string,
    private readonly suite: CiphersuiteImpl,
    private readonly keys: KeyPackageKeys,
  ) {}

  static async register(http: HttpClient, person: Person): Promise<IndependentMember> {
    const name = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519";
    const suite = await getCiphersuiteImpl(getCiphersuiteFromName(name));
    const signature = await suite.signature.keygen();
    const device = await http.post("/api/devices", {
      name: "another library",
      signatureKey: base64url(signature.publicKey),
    });
    assert.equal(device.status, 201, JSON.stringify(device.body));
    const identity = Buffer.from(`${person.id}/${device.body.id}`);
    const now = BigInt(Math.floor(Date.now() / 1000));
    const keys = await generateKeyPackageWithKey(
      { credentialType: "basic", identity },
      {
        versions: ["mls10"],
        ciphersuites: [name],
        credentials: ["basic"],
        extensions: [],
        proposals: [],
      },
      { notBefore: now - 3_600n, notAfter: now + 84n * 24n * 3_600n },
      [],
      signature,
      suite,
    );
    const keyPackage = encodeMlsMessage({
      version: "mls10",
      wireformat: "mls_key_package",
      keyPackage: keys.publicPackage,
    });
    const path = `/api/devices/${device.body.id}/key-packages`;
    const uploaded = await http.post(path, { keyPackages: [base64url(keyPackage)] });
    assert.equal(uploaded.status, 200, JSON.stringify(uploaded.body));
    return new IndependentMember(http, person, device.body.id, suite, keys);
  }

  /** Joins by the Welcome to a chat; returns false if there is none yet. */
  async join(chatId: string): Promise<boolean> {
    const { body } = await this.http.get(`/api/devices/${this.deviceId}/welcomes`);
    const waiting = body.items.find((each: { chatId: string }) => each.chatId === chatId);
    if (!waiting) return false;
    const message = decode(waiting.message);
    assert.equal(message.wireformat, "mls_welcome");
    const { publicPackage, privatePackage } = this.keys;
    const { welcome } = message as Extract<typeof message, { wireformat: "mls_welcome" }>;
    const { suite } = this;
    this.#state = await joinGroup(welcome, publicPackage, privatePackage, emptyPskIndex, suite);
    const { groupId } = this.#state.groupContext;
    assert.equal(Buffer.from(groupId).toString(), chatId);
    await this.http.delete(`/api/devices/${this.deviceId}/welcomes/${waiting.id}`);
    return true;
  }

  /** Applies Commits and messages in the order of one number: a Commit's rev, a message's seq. */
  async catchUp(chatId: string): Promise<void> {
    for (let more = true; more;) {
      const { body } = await this.http.get(`/api/chats/${chatId}/changes?after=${this.#cursor}`);
      const items = [
        ...(body.commits ?? []).map((commit: CommitRow) => ({ at: commit.rev, commit })),
        ...body.messages.filter(({ ciphertext }: MessageRow) => ciphertext)
          .map((message: MessageRow) => ({ at: message.seq, message })),
      ].sort((a, b) => a.at - b.at);
      for (const { at, commit, message } of items) {
        if (at <= this.#cursor) continue;
        if (commit) await this.#takeCommit(commit);
        else await this.#takeMessage(message);
      }
      this.#cursor = body.rev;
      more = body.more;
    }
  }

  async send(chatId: string, content: Content, mediaIds: string[] = []): Promise<void> {
    const plaintext = Buffer.from(JSON.stringify({ v: 1, ...content }));
    const made = await createApplicationMessage(this.#state!, plaintext, this.suite);
    this.#state = made.newState;
    const ciphertext = encodeMlsMessage({
      version: "mls10",
      wireformat: "mls_private_message",
      privateMessage: made.privateMessage,
    });
    const { clientId } = content;
    const body = { chatId, clientId, ciphertext: base64url(ciphertext) };
    const { status, body: answer } = await this.http.post("/api/messages", {
      ...body,
      ...(mediaIds.length > 0 && { mediaIds }),
    });
    assert.equal(status, 201, JSON.stringify(answer));
  }

  /** Renews the keys of this device by a Commit without proposals. */
  async renewKeys(chatId: string): Promise<void> {
    const before = this.#state!;
    const { newState: next, commit } = await createCommit(
      { state: before, cipherSuite: this.suite },
      { wireAsPublicMessage: true, ratchetTreeExtension: true },
    );
    const text = base64url(encodeMlsMessage(commit));
    const { status, body } = await this.http.post(`/api/chats/${chatId}/mls/commit`, {
      epoch: Number(before.groupContext.epoch),
      commit: text,
      groupInfo: await this.#groupInfo(next),
      clientId: crypto.randomUUID(),
    });
    assert.equal(status, 201, JSON.stringify(body));
    this.#staged = { commit: text, next };
  }

  /** Uploads ciphertext in chunks, and returns the description of the file for its message. */
  async upload(chatId: string, name: string, plaintext: Buffer): Promise<FileContent> {
    const [key, noncePrefix] = [randomBytes(32), randomBytes(7)];
    const chunks = Math.max(1, Math.ceil(plaintext.length / CHUNK));
    const parts = Array.from({ length: chunks }, (_, i) => {
      const cipher = createCipheriv("aes-256-gcm", key, nonceOf(noncePrefix, i, i === chunks - 1));
      const chunk = plaintext.subarray(i * CHUNK, (i + 1) * CHUNK);
      return Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()]);
    });
    const form = new FormData();
    form.set("chatId", chatId);
    form.set("file", new File(parts, "x", { type: "application/octet-stream" }));
    const { status, body } = await this.http.post("/api/media/upload", undefined, { body: form });
    assert.equal(status, 201, JSON.stringify(body));
    const type = "text/plain";
    const secret = { key: base64url(key), noncePrefix: base64url(noncePrefix) };
    return { mediaId: body.id, name, type, size: plaintext.length, ...secret };
  }

  async download({ mediaId, key, noncePrefix }: FileContent): Promise<Buffer> {
    const { baseUrl, token } = this.http;
    const response = await fetch(`${baseUrl}/api/media/${mediaId}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const sealed = Buffer.from(await response.arrayBuffer());
    const chunks = Math.ceil(sealed.length / (CHUNK + TAG));
    const parts = Array.from({ length: chunks }, (_, i) => {
      const chunk = sealed.subarray(i * (CHUNK + TAG), (i + 1) * (CHUNK + TAG));
      const nonce = nonceOf(bytes(noncePrefix), i, i === chunks - 1);
      const decipher = createDecipheriv("aes-256-gcm", bytes(key), nonce);
      decipher.setAuthTag(chunk.subarray(-TAG));
      return Buffer.concat([decipher.update(chunk.subarray(0, -TAG)), decipher.final()]);
    });
    return Buffer.concat(parts);
  }

  async #takeCommit({ epoch, commit }: CommitRow): Promise<void> {
    const state = this.#state!;
    if (epoch < Number(state.groupContext.epoch)) return;
    if (this.#staged?.commit === commit) {
      this.#state = this.#staged.next;
      this.#staged = null;
      return;
    }
    const message = decode(commit);
    assert.ok(message.wireformat === "mls_public_message");
    const { publicMessage } = message;
    const taken = await processPublicMessage(state, publicMessage, emptyPskIndex, this.suite);
    this.#state = taken.newState;
  }

  async #takeMessage({ senderId, clientId, ciphertext }: MessageRow): Promise<void> {
    const message = decode(ciphertext);
    assert.ok(message.wireformat === "mls_private_message");
    const { privateMessage } = message;
    // From before this device joined, or its own message: it has no key for either.
    if (privateMessage.epoch < this.#state!.groupContext.epoch) return;
    if (senderId === this.person.id) return;
    const result = await processPrivateMessage(
      this.#state!,
      privateMessage,
      emptyPskIndex,
      this.suite,
    );
    assert.ok(result.kind === "applicationMessage");
    this.#state = result.newState;
    const { v, ...content } = JSON.parse(Buffer.from(result.message).toString());
    assert.deepEqual([v, content.clientId], [1, clientId]);
    this.read.push({ senderId, content });
  }

  /** With ratchet_tree, and with external_pub as an `opaque<V>`. */
  async #groupInfo(state: ClientState): Promise<string> {
    const { hpke } = this.suite;
    const { publicKey } = await hpke.deriveKeyPair(state.keySchedule.externalSecret);
    const key = await hpke.exportPublicKey(publicKey);
    const groupInfo = await createGroupInfoWithRatchetTree(
      state.groupContext,
      state.confirmationTag,
      state,
      state.ratchetTree,
      [{ extensionType: "external_pub", extensionData: Buffer.from([key.length, ...key]) }],
      this.suite,
    );
    const version = "mls10";
    return base64url(encodeMlsMessage({ version, wireformat: "mls_group_info", groupInfo }));
  }
}

export type Content = { kind: string; clientId: string } & Record<string, unknown>;

export interface FileContent {
  mediaId: string;
  name: string;
  type: string;
  size: number;
  key: string;
  noncePrefix: string;
}

type KeyPackageKeys = Awaited<ReturnType<typeof generateKeyPackageWithKey>>;

interface CommitRow {
  rev: number;
  epoch: number;
  commit: string;
}

interface MessageRow {
  seq: number;
  senderId: string;
  clientId: string;
  ciphertext: string;
}

const CHUNK = 65_536;
const TAG = 16;

function nonceOf(prefix: Uint8Array, chunk: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.set(prefix);
  nonce.writeUInt32BE(chunk, 7);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

function base64url(data: Uint8Array): string {
  return Buffer.from(data).toString("base64url");
}

function bytes(text: string): Buffer {
  return Buffer.from(text, "base64url");
}

function decode(text: string) {
  const data = new Uint8Array(bytes(text));
  const [message, length] = decodeMlsMessage(data, 0)!;
  assert.equal(length, data.length);
  return message;
}
