import assert from "node:assert/strict";
import { describeFile, fileSecretOf } from "../../../src/client/mls/file_descriptor.ts";
import { generateFileSecret } from "../../../src/client/mls/encrypted_file.ts";
import { utf8 } from "../../../src/client/mls/encoding.ts";
import {
  decodeContent,
  encodeContent,
  mayApply,
  type MessageContent,
} from "../../../src/client/mls/message_content.ts";

const target = { senderId: "alice", clientId: "c1" };
const secret = generateFileSecret();
const photo = describeFile(
  { mediaId: "m1", name: "a.jpg", type: "image/jpeg", size: 3, width: 1, height: 1 },
  secret,
);
const contents: MessageContent[] = [
  { kind: "message", clientId: "c2", text: "hello" },
  { kind: "message", clientId: "c2", text: "", replyTo: target, mentions: ["b"], files: [photo] },
  { kind: "edit", clientId: "c2", target, text: "better" },
  { kind: "delete", clientId: "c2", target },
  { kind: "reaction", clientId: "c2", target, emoji: "👍", remove: true },
];

Deno.test("every kind of content is encoded and decoded unchanged", () => {
  for (const content of contents) {
    assert.deepEqual(decodeContent(encodeContent(content), "c2"), content);
  }
  assert.deepEqual(fileSecretOf(photo), secret);
});

Deno.test("content of a later version or an unknown kind is unsupported, not bad", () => {
  for (const json of ['{"v":2,"kind":"message"}', '{"v":1,"kind":"poll","clientId":"c2"}']) {
    assert.deepEqual(decodeContent(utf8(json), "c2"), { kind: "unsupported" });
  }
});

Deno.test("unknown fields are dropped", () => {
  const json = '{"v":1,"kind":"message","clientId":"c2","text":"x","colour":"red"}';
  assert.deepEqual(decodeContent(utf8(json), "c2"), { kind: "message", clientId: "c2", text: "x" });
});

Deno.test("a file's name can lead to no folder, and looks like what it is", () => {
  const nameOf = (name: string) => {
    const content = { kind: "message", clientId: "c2", text: "", files: [{ ...photo, name }] };
    const decoded = decodeContent(encodeContent(content as MessageContent), "c2");
    return (decoded as typeof content).files[0].name;
  };
  assert.equal(nameOf("invoice\u202efdp.exe"), "invoice_fdp.exe");
  assert.equal(nameOf("../../.ssh/keys"), ".._.._.ssh_keys");
  assert.equal(nameOf("C:\\a\u2067b.txt"), "C:_a_b.txt");
  for (const name of ["Zürich – été (2).jpg", "نص.pdf", "报告.docx", "👩‍👧 family.png"]) {
    assert.equal(nameOf(name), name);
  }
});

Deno.test("invalid content is refused, and so is that of another message", () => {
  const bad = { code: "bad_message" };
  for (const json of ["", "[]", "null", "7", '{"v":1}', '{"v":1,"kind":"edit","clientId":"c2"}']) {
    assert.throws(() => decodeContent(utf8(json), "c2"), bad, json);
  }
  assert.throws(() => decodeContent(Uint8Array.of(0xff), "c2"), bad);
  assert.throws(() => decodeContent(encodeContent(contents[0]), "c3"), bad);
});

Deno.test("only the sender of a message may edit and delete it", () => {
  assert.equal(mayApply(contents[2], "alice"), true);
  assert.equal(mayApply(contents[2], "bob"), false);
  assert.equal(mayApply(contents[3], "bob"), false);
  assert.equal(mayApply(contents[4], "bob"), true);
});
