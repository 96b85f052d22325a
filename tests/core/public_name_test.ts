import assert from "node:assert/strict";
import { isPublicName } from "../../src/core/public_name.ts";

Deno.test("isPublicName is true for names of the public internet only", () => {
  for (const name of ["example.org", "a.b.example.org", "example.org.", "xn--e1afmkfd.xn--p1ai"]) {
    assert.equal(isPublicName(name), true, name);
  }
  const single = ["localhost", "intranet", "example", "org", "org.", ""];
  const numbers = ["10.0.0.1", "127.0.0.1", "8.8.8.8", "[::1]", "a.1"];
  const suffixes = [
    "printer.local",
    "db.internal",
    "a.b.lan",
    "x.localhost",
    "1.in-addr.arpa",
    "x.onion",
    "a.intranet",
    "a.private",
    "a.corp",
    "a.home",
    "a.test",
    "a.example",
    "a.invalid",
  ];
  for (const name of [...single, ...numbers, ...suffixes, "printer.local."]) {
    assert.equal(isPublicName(name), false, name);
  }
});
