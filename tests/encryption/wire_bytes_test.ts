import assert from "node:assert/strict";
import { fromBase64Url, fromUtf8, utf8 } from "../../src/client/mls/encoding.ts";
import { RunningApp } from "../support/running_app.ts";
import { RawDevice } from "./raw_device.ts";

/** Reads RFC 9420's encodings without the project's own readers. */
class Octets {
  #at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  static of(text: string): Octets {
    return new Octets(fromBase64Url(text));
  }

  uint(width: number): number {
    let value = 0;
    for (let i = 0; i < width; i++) value = value * 256 + this.bytes[this.#at++];
    return value;
  }

  /** Section 2.1.2: the length in the encoding of RFC 9000, section 16. */
  vector(): Uint8Array {
    const first = this.uint(1);
    const width = 2 ** (first >> 6);
    assert.notEqual(width, 8);
    let length = first & 0x3f;
    for (let i = 1; i < width; i++) length = length * 256 + this.uint(1);
    this.#at += length;
    assert.ok(this.#at <= this.bytes.length, "a vector ends within the whole");
    return this.bytes.slice(this.#at - length, this.#at);
  }

  inner(): Octets {
    return new Octets(this.vector());
  }

  take(length: number): Uint8Array {
    this.#at += length;
    return this.bytes.slice(this.#at - length, this.#at);
  }

  get isAtEnd(): boolean {
    return this.#at === this.bytes.length;
  }
}

Deno.test("the bytes on the wire follow RFC 9420", async (t) => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const anns = await RawDevice.make(app, ann);
  const bobs = await RawDevice.make(app, bob);
  const group = await anns.newGroup();
  const { chatId } = group;
  const [claimed] = await anns.claim(bob.id);
  await anns.commit(group, { add: [claimed] });
  const api = `/api/chats/${chatId}/mls`;
  const { body: commits } = await anns.http.get(`${api}/commits`);
  const { body: info } = await anns.http.get(`${api}/group-info`);
  const { body: welcomes } = await bobs.http.get(`/api/devices/${bobs.id}/welcomes`);
  const bobsGroup = await bobs.join(chatId);
  const { body: message } = await bobs.send(chatId, await bobsGroup.encrypt(utf8("hello")));

  await t.step("KeyPackage (section 10) in an MLSMessage", () => {
    const octets = Octets.of(claimed.keyPackage);
    assert.deepEqual([octets.uint(2), octets.uint(2)], [1, 5], "mls10, mls_key_package");
    assert.deepEqual([octets.uint(2), octets.uint(2)], [1, 1], "mls10, suite 1");
    assert.equal(octets.vector().length, 32, "init_key");
    readLeaf(octets, `${bob.id}/${bobs.id}`, bobs.mls.signatureKey);
    octets.vector();
    assert.equal(octets.vector().length, 64, "signature");
    assert.ok(octets.isAtEnd);
  });

  await t.step("Commit (section 12.4) as a PublicMessage (section 6.2)", () => {
    const octets = Octets.of(commits.items[0].commit);
    assert.deepEqual([octets.uint(2), octets.uint(2)], [1, 1], "mls10, mls_public_message");
    assert.equal(fromUtf8(octets.vector()), chatId, "group_id");
    assert.equal(octets.uint(8), 0, "epoch");
    assert.deepEqual([octets.uint(1), octets.uint(4)], [1, 0], "member, leaf 0");
    assert.equal(octets.vector().length, 0, "authenticated_data");
    assert.equal(octets.uint(1), 3, "commit");
    const proposals = octets.inner();
    assert.deepEqual([proposals.uint(1), proposals.uint(2)], [1, 1], "proposal, add");
    const keyPackage = fromBase64Url(claimed.keyPackage).slice(4);
    assert.deepEqual(proposals.take(keyPackage.length), keyPackage, "as it was claimed");
    assert.ok(proposals.isAtEnd);
    if (octets.uint(1) === 1) {
      readLeaf(octets, `${ann.id}/${anns.id}`, anns.mls.signatureKey);
      octets.vector();
    }
    assert.equal(octets.vector().length, 64, "signature");
    assert.equal(octets.vector().length, 32, "confirmation_tag");
    assert.equal(octets.vector().length, 32, "membership_tag");
    assert.ok(octets.isAtEnd);
  });

  await t.step("Welcome (section 12.4.3.1)", async () => {
    const octets = Octets.of(welcomes.items[0].message);
    assert.deepEqual([octets.uint(2), octets.uint(2), octets.uint(2)], [1, 3, 1]);
    const secrets = octets.inner();
    assert.deepEqual(secrets.vector(), await keyPackageRef(claimed.keyPackage), "new_member");
    assert.equal(secrets.vector().length, 32, "kem_output");
    secrets.vector();
    assert.ok(secrets.isAtEnd);
    octets.vector();
    assert.ok(octets.isAtEnd);
  });

  await t.step("GroupInfo (section 12.4.3) with ratchet_tree and external_pub", () => {
    const octets = Octets.of(info.groupInfo);
    assert.deepEqual([octets.uint(2), octets.uint(2)], [1, 4], "mls10, mls_group_info");
    assert.deepEqual([octets.uint(2), octets.uint(2)], [1, 1], "mls10, suite 1");
    assert.equal(fromUtf8(octets.vector()), chatId, "group_id");
    assert.equal(octets.uint(8), 1, "epoch");
    assert.equal(octets.vector().length, 32, "tree_hash");
    assert.equal(octets.vector().length, 32, "confirmed_transcript_hash");
    octets.vector();
    const extensions = octets.inner();
    const types: number[] = [];
    while (!extensions.isAtEnd) {
      types.push(extensions.uint(2));
      const data = extensions.inner();
      if (types.at(-1) === 4) assert.equal(data.vector().length, 32, "external_pub is opaque<V>");
    }
    assert.deepEqual(types.sort(), [2, 4]);
    assert.equal(octets.vector().length, 32, "confirmation_tag");
    assert.equal(octets.uint(4), 0, "signer");
    assert.equal(octets.vector().length, 64, "signature");
    assert.ok(octets.isAtEnd);
  });

  await t.step("PrivateMessage (section 6.3)", () => {
    const octets = Octets.of(message.ciphertext);
    assert.deepEqual([octets.uint(2), octets.uint(2)], [1, 2], "mls10, mls_private_message");
    assert.equal(fromUtf8(octets.vector()), chatId, "group_id");
    assert.equal(octets.uint(8), 1, "epoch");
    assert.equal(octets.uint(1), 1, "application");
    assert.equal(octets.vector().length, 0, "authenticated_data");
    assert.equal(octets.vector().length, 4 + 4 + 4 + 16, "encrypted_sender_data");
    assert.equal(octets.vector().length, 256 + 16, "padded to 256 bytes, and its tag");
    assert.ok(octets.isAtEnd);
  });
});

/** LeafNode, section 7.2. */
function readLeaf(octets: Octets, identity: string, signatureKey: Uint8Array): void {
  assert.equal(octets.vector().length, 32, "encryption_key");
  assert.deepEqual(octets.vector(), new Uint8Array(signatureKey), "signature_key");
  assert.equal(octets.uint(2), 1, "basic");
  assert.equal(fromUtf8(octets.vector()), identity);
  for (let i = 0; i < 5; i++) octets.vector();
  const source = octets.uint(1);
  if (source === 1) assert.ok(octets.uint(8) < octets.uint(8), "lifetime");
  else octets.vector();
  octets.vector();
  assert.equal(octets.vector().length, 64, "signature");
}

/** RefHash, section 5.2. */
async function keyPackageRef(keyPackage: string): Promise<Uint8Array> {
  const value = fromBase64Url(keyPackage).slice(4);
  const label = utf8("MLS 1.0 KeyPackage Reference");
  const length = [0x40 | value.length >> 8, value.length & 0xff];
  const input = Uint8Array.of(label.length, ...label, ...length, ...value);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", input));
}
