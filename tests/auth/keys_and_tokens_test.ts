import assert from "node:assert/strict";
import * as apiKeys from "../../src/api_keys/key_token.ts";
import { KeyUsage } from "../../src/api_keys/key_usage.ts";
import { newRecoveryCodes } from "../../src/auth/recovery_codes.ts";
import * as bots from "../../src/bots/bot_token.ts";
import { newId } from "../../src/core/ids.ts";
import { jsonLog } from "../../src/core/log.ts";

const KINDS = [
  {
    name: "an API key",
    of: apiKeys.keyTokenOf,
    parse: apiKeys.parseKeyToken,
    newSecret: apiKeys.newSecret,
  },
  {
    name: "a bot's token",
    of: bots.botTokenOf,
    parse: bots.parseBotToken,
    newSecret: bots.newSecret,
  },
];

for (const { name, of, parse, newSecret } of KINDS) {
  Deno.test(`${name} has its id and a new secret of 43 characters, and nothing else is one`, () => {
    const [id, secret] = [newId(), newSecret()];
    assert.match(secret, /^[\w-]{43}$/);
    assert.notEqual(newSecret(), secret);
    const token = of(id, secret);
    assert.deepEqual(parse(token), { id, secret });
    const version4 = id.replaceAll("-", "").replace(/^(.{12})7/, "$14");
    const wrong = [
      "",
      secret,
      `${token}x`,
      token.slice(0, -1),
      token.toUpperCase(),
      ` ${token}`,
      token.replace(id.replaceAll("-", ""), id),
      token.replace(id.replaceAll("-", ""), version4),
      token.replace(/.$/, "="),
    ];
    for (const text of wrong) assert.equal(parse(text), null, text);
  });
}

for (
  const [name, alphabet, letters, draw] of [
    ["an API key's secret", 62, 100_000, () => apiKeys.newSecret()],
    ["recovery codes", 32, 20_000, async () => (await newRecoveryCodes(newId())).codes.join("")],
  ] as const
) {
  Deno.test(`no letter of ${name} is likelier than another`, async () => {
    const counts = new Map<string, number>();
    let drawn = 0;
    while (drawn < letters) {
      for (const letter of (await draw()).replaceAll("-", "")) {
        counts.set(letter, (counts.get(letter) ?? 0) + 1);
        drawn++;
      }
    }
    const mean = drawn / alphabet;
    // Six standard deviations: by chance one run in ten million is beyond.
    const beyond = [...counts].filter(([, count]) => Math.abs(count - mean) > 6 * Math.sqrt(mean));
    assert.deepEqual([counts.size, beyond], [alphabet, []]);
  });
}

Deno.test("a secret fits its own hash only", () => {
  const hash = apiKeys.secretHashOf("secret");
  assert.equal(apiKeys.isSameHash(hash, apiKeys.secretHashOf("secret")), true);
  assert.equal(apiKeys.isSameHash(hash, apiKeys.secretHashOf("secrets")), false);
  assert.equal(apiKeys.isSameHash(hash, hash.slice(1)), false);
  assert.equal(bots.hasSecret(bots.secretHashOf("secret"), "secret"), true);
  assert.equal(bots.hasSecret(bots.secretHashOf("secret"), "secrets"), false);
  assert.equal(bots.hasSecret("", "secret"), false);
});

Deno.test("KeyUsage writes the last use of each key together, and survives a store that fails", async () => {
  const written: unknown[][] = [];
  const lines: string[] = [];
  let fails = false;
  const used = (uses: unknown[]) => {
    if (fails) return Promise.reject(new Error("down"));
    written.push(uses);
    return Promise.resolve();
  };
  const usage = new KeyUsage(
    { apiKeys: { used } } as never,
    jsonLog("warn", (line) => lines.push(line)),
  );
  await usage.flush();
  assert.deepEqual(written, [], "nothing was used");
  const use = (id: string, at: number) => ({ id, at }) as never;
  usage.note(use("a", 1));
  usage.note(use("b", 2));
  usage.note(use("a", 3));
  // Leaves no timer: the test would report it.
  await usage.flush();
  assert.deepEqual(written, [[use("a", 3), use("b", 2)]]);
  await usage.flush();
  assert.equal(written.length, 1, "each use is written once");
  fails = true;
  usage.note(use("a", 4));
  await usage.flush();
  assert.equal(lines.length, 1);
});
