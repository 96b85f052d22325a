import assert from "node:assert/strict";
import { BcryptHasher } from "../../src/auth/password_hasher_bcrypt.ts";
import { PasswordQueue } from "../../src/auth/password_queue.ts";

const BOUNDS = { person: 10, network: 15, all: 20 };

function filled(...counts: [network: string, person: string, count: number][]) {
  const queue = new PasswordQueue<string>(BOUNDS);
  for (const [network, person, count] of counts) {
    for (let i = 0; i < count; i++) queue.push({ network, person }, `${network}/${person}/${i}`);
  }
  return queue;
}

Deno.test("PasswordQueue lets networks take turns, and the people within each", () => {
  const queue = filled(["n1", "ann", 3], ["n1", "bob", 1], ["n2", "carl", 2]);
  assert.deepEqual(queue.drain(), [
    "n1/ann/0",
    "n2/carl/0",
    "n1/bob/0",
    "n2/carl/1",
    "n1/ann/1",
    "n1/ann/2",
  ]);
  assert.equal(queue.size, 0);
});

Deno.test("PasswordQueue bounds the share of a person and of a network", () => {
  const queue = filled(["n1", "ann", 10]);
  assert.equal(queue.push({ network: "n1", person: "ann" }, "x"), false);
  for (let i = 0; i < 5; i++) {
    assert.equal(queue.push({ network: "n1", person: `p${i}` }, "x"), true);
  }
  assert.equal(queue.push({ network: "n1", person: "zoe" }, "x"), false);
  assert.equal(queue.push({ network: "n2", person: "ann" }, "x"), true);
});

Deno.test("PasswordQueue evicts an item of the largest network when it is full", () => {
  const queue = filled(["n1", "ann", 10], ["n2", "bob", 6], ["n3", "carl", 4]);
  assert.equal(queue.push({ network: "n4", person: "dora" }, "dora's"), "n1/ann/9");
  assert.equal(queue.size, 20);
  const even = filled(
    ...Array.from({ length: 20 }, (_, i) => [`n${i}`, "p", 1] as [string, string, number]),
  );
  assert.equal(even.push({ network: "more", person: "p" }, "x"), false);
});

Deno.test("BcryptHasher delays other people by one turn during a burst of one person", async () => {
  const hasher = new BcryptHasher(4, 1);
  try {
    const done: string[] = [];
    const hash = (network: string, person: string) =>
      hasher.hash("a password", { network, person }).then(() => void done.push(person));
    const all = [
      ...Array.from({ length: 15 }, () => hash("n1", "mallory")),
      hash("n1", "ann"),
      hash("n2", "bob"),
    ];
    await Promise.all(all);
    assert.ok(done.indexOf("ann") < 5 && done.indexOf("bob") < 5, done.join());
  } finally {
    hasher.close();
  }
});
