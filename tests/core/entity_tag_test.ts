import assert from "node:assert/strict";
import { entityTagOf, matchesTag, namesTag } from "../../src/core/entity_tag.ts";

const TAG = entityTagOf("content");

Deno.test("entityTagOf differs by a byte, and is the same for text and its bytes", () => {
  assert.equal(entityTagOf(new TextEncoder().encode("content")), TAG);
  assert.notEqual(entityTagOf("content."), TAG);
  assert.match(TAG, /^"[\w-]{22}"$/);
});

Deno.test("If-Match names a tag in a list or by an asterisk, and never by a weak one", () => {
  for (const header of [TAG, `"other", ${TAG}`, `${TAG},"other"`, "*"]) {
    assert.equal(matchesTag(header, TAG), true, header);
  }
  for (const header of ["", '"other"', `W/${TAG}`, TAG.slice(1, -1)]) {
    assert.equal(matchesTag(header, TAG), false, header);
  }
});

Deno.test("If-None-Match names a tag in a list, by a weak one or by an asterisk", () => {
  for (const header of [TAG, `"other", ${TAG}`, `W/"other", W/${TAG}`, `W/${TAG}`, "*"]) {
    assert.equal(namesTag(header, TAG), true, header);
  }
  for (const header of [null, "", '"other"', TAG.slice(1, -1)]) {
    assert.equal(namesTag(header, TAG), false, String(header));
  }
});
