import assert from "node:assert/strict";
import { fromBase64Url } from "../../../src/client/mls/encoding.ts";
import { checkExtensions, checkSupported } from "../../../src/encryption/mls/group_extensions.ts";
import { type GroupContext, parseGroupInfo } from "../../../src/encryption/mls/group_info.ts";
import { EXTENSION, type Extension, type LeafNode } from "../../../src/encryption/mls/leaf_node.ts";
import { threePeople } from "../../client/mls/world.ts";

const context = (...extensions: Extension[]) => ({ extensions }) as GroupContext;

const extension = (type: number, ...data: number[]): Extension => ({
  type,
  data: Uint8Array.from(data),
});

Deno.test("checkExtensions refuses any change of a group's extensions", () => {
  const before = context(extension(0x7777, 1, 2), extension(0x8888, 3));
  checkExtensions(before, before);
  checkExtensions(context(extension(0x7777, 1, 2), extension(0x8888, 3)), before);
  const others = {
    "another content": [extension(0x7777, 1, 9), extension(0x8888, 3)],
    "another length": [extension(0x7777, 1, 2, 0), extension(0x8888, 3)],
    "another type": [extension(0x7777, 1, 2), extension(0x9999, 3)],
    "another order": [extension(0x8888, 3), extension(0x7777, 1, 2)],
    "one less": [extension(0x7777, 1, 2)],
    "one more": [...before.extensions, extension(0x9999)],
    none: [],
  };
  for (const [what, extensions] of Object.entries(others)) {
    assert.throws(() => checkExtensions(context(...extensions), before), /have changed/, what);
  }
});

Deno.test("checkExtensions accepts no external senders, from the first Commit on", () => {
  const senders = context(extension(EXTENSION.externalSenders, 0));
  for (const before of [undefined, senders]) {
    assert.throws(() => checkExtensions(senders, before), /external_senders is not allowed/);
  }
  checkExtensions(context(extension(0x7777)), undefined);
});

/** The required_capabilities extension: three lists, each with its length in bytes. */
function required(lists: { extensions?: number; proposals?: number; credentials?: number }) {
  const { extensions, proposals, credentials } = lists;
  const data = [extensions, proposals, credentials].flatMap((type) =>
    type === undefined ? [0] : [2, type >> 8, type & 0xff]
  );
  return context(extension(EXTENSION.requiredCapabilities, ...data));
}

Deno.test("checkSupported requires each kind of capability of each leaf", async () => {
  const listed = { versions: [1], cipherSuites: [1] };
  const all = { ...listed, extensions: [0x7777], proposals: [0x7777], credentials: [1, 0x7777] };
  const leaf = (capabilities: object) =>
    ({ capabilities: { ...all, ...capabilities } }) as unknown as LeafNode;
  const check = (needed: GroupContext, ...leaves: (LeafNode | undefined)[]) =>
    checkSupported(needed, { leaves, parents: [] }, () => {});
  const lacking = {
    extensions: leaf({ extensions: [] }),
    proposals: leaf({ proposals: [] }),
    credentials: leaf({ credentials: [1] }),
  };
  for (const [kind, lacks] of Object.entries(lacking)) {
    const needed = required({ [kind]: 0x7777 });
    await check(needed, leaf({}), undefined, leaf({}));
    await assert.rejects(
      check(needed, leaf({}), undefined, lacks),
      /leaf 2 does not support/,
      kind,
    );
    const others = Object.entries(lacking).filter(([other]) => other !== kind);
    for (const [, other] of others) await check(needed, other);
  }
  await assert.rejects(check(context(extension(0x7777)), lacking.extensions), /leaf 0/);
});

Deno.test("checkSupported does not ask for what the RFC itself defines, which no leaf lists", async () => {
  const { world } = await threePeople();
  const { tree } = parseGroupInfo(fromBase64Url(world.groupInfo));
  const check = (needed: GroupContext) => checkSupported(needed, tree, () => {});
  await check(required({ extensions: 5, proposals: 7, credentials: 1 }));
  await assert.rejects(check(required({ extensions: 6 })), /does not support/);
  await assert.rejects(check(required({ proposals: 8 })), /does not support/);
});
