import assert from "node:assert/strict";
import { emailKeyOf } from "../../src/auth/account_keys.ts";
import { isMailAddress } from "../../src/core/mail_address.ts";

Deno.test("isMailAddress accepts addresses that RFC 5321 and IDNA allow", () => {
  const addresses = [
    "a&b@example.com",
    "o'brien@example.com",
    "x/y=z@example.com",
    "first.last@example.co.uk",
    "a+tag@sub.example.com",
    "info@räucher.example",
    "info@xn--rucher-bua.example",
    "a@例え.テスト",
    "A@EXAMPLE.com",
    `${"x".repeat(64)}@example.com`,
    "_@1.example",
  ];
  for (const address of addresses) assert.equal(isMailAddress(address), true, address);
});

Deno.test("isMailAddress rejects text that is not exactly one address", () => {
  const others = [
    "plain",
    "a@b",
    "@example.com",
    "a@@example.com",
    "a b@example.com",
    "a@example..com",
    ".a@example.com",
    "a.@example.com",
    "a..b@example.com",
    '"a b"@example.com',
    "a,b@c.com",
    "a@1.2.3.4",
    "a@[1.2.3.4]",
    "a@-x.com",
    "a@x-.com",
    "a@.example.com",
    "a@example.com.",
    "a@exa\u202emple.com",
    "a@exam\u00adple.com",
    "a@example.com\nBcc: x@example.com",
    "а@example.com",
    "a@example.com:80",
    "a@example.invalid",
    "a@Deleted.INVALID",
    "a@räu/cher.com",
    `${"x".repeat(65)}@example.com`,
  ];
  for (const address of others) {
    assert.equal(isMailAddress(address), false, JSON.stringify(address));
  }
});

Deno.test("emailKeyOf returns one key for both forms of a domain", () => {
  assert.equal(emailKeyOf("Info@RÄUCHER.example"), emailKeyOf("info@xn--rucher-bua.example"));
  assert.equal(emailKeyOf("Ann@Example.org"), "ann@example.org");
});
