import assert from "node:assert/strict";
import { loadConfig } from "../../src/config.ts";
import { VARIABLES } from "../../src/config/variables.ts";
import { faultyVariables, OTHER_SECRET, PRODUCTION, refusal, SECRET } from "./support.ts";

Deno.test("loadConfig returns the documented defaults", () => {
  const config = loadConfig(PRODUCTION);
  assert.equal(config.port, 5000);
  assert.equal(config.tokens.accessTtlMs, 24 * 3600 * 1000);
  assert.equal(config.tokens.refreshTtlMs, 7 * 24 * 3600 * 1000);
  assert.equal(config.broker.kind, "kv");
  assert.equal(config.limits.bodyBytes, 1024 * 1024);
  assert.equal(config.limits.textLength, 10_000);
  assert.equal(config.rates.send.count, 1200);
  assert.equal(config.mongodbUri, null);
  assert.equal(config.s3, null);
  assert.equal(config.bcryptCost, 12);
  assert.equal(config.encryptionKey.length, 32);
});

Deno.test("loadConfig reports all faults together, with the given and the accepted values", () => {
  const { faults, message } = refusal({
    ...PRODUCTION,
    PORT: "70000",
    LOG_LEVEL: "loud",
    JWT_EXPIRY: "soon",
    LIMIT_BODY_BYTES: "-1",
    RATE_SEND: "many",
  });
  assert.deepEqual(
    faults.map(({ variable, given }) => [variable, given]).sort(),
    [
      ["JWT_EXPIRY", "soon"],
      ["LIMIT_BODY_BYTES", "-1"],
      ["LOG_LEVEL", "loud"],
      ["PORT", "70000"],
      ["RATE_SEND", "many"],
    ],
  );
  assert.match(message, /PORT is "70000"; it must be a port, 0 to 65535/);
  assert.match(message, /LOG_LEVEL is "loud"; it must be debug, info, warn or error/);
});

Deno.test("a fault never contains a secret", () => {
  const accepted: string[] = [];
  for (const [name, { secret }] of Object.entries(VARIABLES)) {
    if (!secret) continue;
    const config = { ...PRODUCTION, [name]: "\u0001wrong" };
    try {
      loadConfig(config);
      accepted.push(name);
    } catch (error) {
      assert(!(error as Error).message.includes("wrong"), name);
    }
  }
  assert.deepEqual(accepted, ["DENO_KV_ACCESS_TOKEN"], "all others are refused for their form");
  const { message } = refusal({
    ...PRODUCTION,
    JWT_SECRET: "short-secret",
    MONGODB_URI: "my:pass",
  });
  assert(!message.includes("short-secret") && !message.includes("my:pass"));
  assert.match(message, /JWT_SECRET must be a secret of at least 32 bytes/);
});

Deno.test("production refuses to start without secrets, and with one secret for both", () => {
  assert.deepEqual(faultyVariables({ NODE_ENV: "production" }), [
    "JWT_SECRET",
    "JWT_REFRESH_SECRET",
  ]);
  assert.deepEqual(faultyVariables({ ...PRODUCTION, JWT_REFRESH_SECRET: SECRET }), [
    "JWT_REFRESH_SECRET",
  ]);
  // 31 characters of two bytes each.
  loadConfig({ ...PRODUCTION, JWT_SECRET: "é".repeat(31) });
});

Deno.test("an empty variable counts as not set", () => {
  assert.equal(loadConfig({ ...PRODUCTION, PORT: "", MONGODB_URI: " " }).port, 5000);
  assert.deepEqual(faultyVariables({ ...PRODUCTION, JWT_SECRET: "" }), ["JWT_SECRET"]);
});

const HOOK_SECRET = `whsec_${btoa("x".repeat(24))}`;

Deno.test("a half configured service is a fault that names the other half", () => {
  const cases: [Record<string, string>, string[]][] = [
    [{ AWS_ACCESS_KEY_ID: "id" }, ["AWS_BUCKET_NAME", "AWS_SECRET_ACCESS_KEY"]],
    [{ AWS_BUCKET_NAME: "bucket" }, ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]],
    [{ GOOGLE_CLIENT_SECRET: "x" }, ["GOOGLE_CLIENT_ID"]],
    [{ AUTH_JWT_SECRET: "x".repeat(32) }, ["AUTH_ISSUER", "AUTH_AUDIENCE"]],
    [{ AUTH_ISSUER: "x" }, ["AUTH_JWKS_URL"]],
    [{ FACEBOOK_APP_ID: "1" }, ["FACEBOOK_APP_SECRET"]],
    [{ VAPID_PRIVATE_KEY: "x".repeat(43) }, ["VAPID_PUBLIC_KEY"]],
    [{ SMTP_URL: "smtp://localhost" }, ["MAIL_FROM", "PUBLIC_URL"]],
    [{ DENO_KV_URL: "http://localhost:4512" }, ["DENO_KV_ACCESS_TOKEN"]],
    [{ ENCRYPTION_KEY_PREVIOUS: "00".repeat(32) }, ["ENCRYPTION_KEY"]],
    [{ BROKER: "mongo" }, ["MONGODB_URI"]],
    [{ MESSAGE_HOOK_URL: "https://a.example/" }, ["MESSAGE_HOOK_SECRET"]],
    [{ MESSAGE_HOOK_SECRET: HOOK_SECRET }, ["MESSAGE_HOOK_URL"]],
    [{ LIVEKIT_URL: "wss://a.example" }, ["LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"]],
    [{ LIVEKIT_API_KEY: "a" }, ["LIVEKIT_URL", "LIVEKIT_API_SECRET"]],
    [{ TURN_URLS: "turn:a.example" }, ["TURN_SECRET"]],
    [{ TURN_SECRET: "x".repeat(16) }, ["TURN_URLS"]],
    [{ AUTH_CLAIM_USER: "uid" }, ["AUTH_ISSUER", "AUTH_AUDIENCE"]],
    [{ DENO_DEPLOYMENT_ID: "x" }, ["MONGODB_URI", "AWS_BUCKET_NAME"]],
    [{ DENO_DEPLOYMENT_ID: "x", AWS_ACCESS_KEY_ID: "id" }, [
      "AWS_BUCKET_NAME",
      "AWS_SECRET_ACCESS_KEY",
      "MONGODB_URI",
    ]],
  ];
  for (const [variables, faults] of cases) {
    assert.deepEqual(faultyVariables({ ...PRODUCTION, ...variables }), faults);
  }
  for (const name of ["JWT_SECRET", "JWT_REFRESH_SECRET"]) {
    assert.deepEqual(faultyVariables({ [`${name}_PREVIOUS`]: SECRET }), [name]);
  }
});

Deno.test("production requires a cost of bcrypt of at least 10, and a hook a secret that signs", () => {
  assert.deepEqual(faultyVariables({ ...PRODUCTION, BCRYPT_COST: "9" }), ["BCRYPT_COST"]);
  assert.equal(loadConfig({ ...PRODUCTION, BCRYPT_COST: "10" }).bcryptCost, 10);
  assert.equal(loadConfig({ BCRYPT_COST: "9" }).bcryptCost, 9);
  const hook = { ...PRODUCTION, MESSAGE_HOOK_URL: "https://a.example/" };
  assert.notEqual(loadConfig({ ...hook, MESSAGE_HOOK_SECRET: HOOK_SECRET }).messageHook, null);
  for (const secret of ["secret", "whsec_", "whsec_AAAA", HOOK_SECRET.slice(6)]) {
    const faults = faultyVariables({ ...hook, MESSAGE_HOOK_SECRET: secret });
    assert.deepEqual(faults, ["MESSAGE_HOOK_SECRET"], secret);
  }
});

Deno.test("the retired server key is refused with the variable to set instead", () => {
  const { message } = refusal({ ...PRODUCTION, FIREBASE_SERVER_KEY: "AAAA" });
  assert.match(message, /FIREBASE_SERVER_KEY must be left out.*FIREBASE_SERVICE_ACCOUNT/);
});

Deno.test("loadConfig parses structured values", () => {
  const account = {
    project_id: "p",
    client_email: "e@p",
    private_key: "-----BEGIN PRIVATE KEY-----\nx",
  };
  const config = loadConfig({
    ...PRODUCTION,
    CORS_ORIGINS: "https://a.example, http://localhost:3000",
    TRUSTED_PROXY: "X-Forwarded-For:2",
    ADMIN_EMAILS: "Root@Example.com,b@example.com",
    FIREBASE_SERVICE_ACCOUNT: JSON.stringify(account),
    RATE_LOGIN: "5/1m",
    LIMIT_FRAME_BYTES: "2048",
    ENCRYPTION_KEY: "00".repeat(31) + "ff",
    PUBLIC_URL: "https://chat.example.com/",
    GOOGLE_CLIENT_ID: "client",
  });
  assert.deepEqual(config.corsOrigins, ["https://a.example", "http://localhost:3000"]);
  assert.deepEqual(config.trustedProxy, { header: "x-forwarded-for", hops: 2 });
  assert.deepEqual(config.adminEmails, ["root@example.com", "b@example.com"]);
  assert.equal(config.fcm?.serviceAccount.projectId, "p");
  assert.deepEqual(config.rates.login, { count: 5, periodMs: 60_000 });
  assert.equal(config.limits.frameBytes, 2048);
  assert.equal(config.encryptionKey[31], 255);
  assert.equal(config.publicUrl, "https://chat.example.com");
  assert.deepEqual(config.google, {
    clientId: "client",
    clientSecret: null,
    issuer: "https://accounts.google.com",
  });
});

Deno.test("values that only look valid are refused", () => {
  const cases: Record<string, string[]> = {
    PORT: ["5000.5", "0x10", "1e3", "-1"],
    CORS_ORIGINS: [
      "https://a.example/path",
      "a.example",
      "*,https://a.example",
      "https://*.example",
    ],
    TRUSTED_PROXY: ["x-forwarded-for:0", "a b", "10.0.0.1", "true", "yes:1"],
    PUBLIC_URL: [
      "https://b.example/chat",
      "https://b.example/?a",
      "https://me@b.example",
      "b.example",
    ],
    SERVE_METRICS: ["true", "0"],
    FIREBASE_SERVICE_ACCOUNT: ["{}", "not json", '{"project_id":1}'],
    ENCRYPTION_KEY: ["abc", "00".repeat(31)],
    BCRYPT_COST: ["9", "17", "12.5", "many"],
    MEMORY_BYTES: ["0", "512m", "134217727"],
    JWT_EXPIRY: ["0s", "10", "1y", "1.5h"],
    RATE_SEND: ["0/1m", "5", "5/0s", "5/1m/2"],
    ADMIN_EMAILS: ["root", "a@b, c"],
    NODE_ENV: ["prod"],
    SMTP_URL: ["http://localhost"],
    MONGODB_URI: ["localhost:27017"],
  };
  const complete = { ...PRODUCTION, MAIL_FROM: "a@b.example", PUBLIC_URL: "https://b.example" };
  for (const [name, values] of Object.entries(cases)) {
    for (const value of values) {
      const faults = faultyVariables({ ...complete, [name]: value });
      assert.deepEqual(faults, [name], `${name}=${value}`);
    }
  }
});

Deno.test("the configuration cannot be changed", () => {
  const config = loadConfig(PRODUCTION);
  assert.throws(() => (config.limits as { bodyBytes: number }).bodyBytes = 1, TypeError);
  assert.throws(() => (config as { port: number }).port = 1, TypeError);
});

Deno.test("development creates its secrets once, reports it once, and only its owner can read them", async () => {
  const dataDir = await Deno.makeTempDir();
  try {
    const environment = { NODE_ENV: "development", DATA_DIR: `${dataDir}/new` };
    const first = loadConfig(environment);
    const second = loadConfig(environment);
    assert.deepEqual(second.tokens, first.tokens);
    assert.deepEqual(second.vapid, first.vapid);
    assert.deepEqual(second.encryptionKey, first.encryptionKey);
    assert.notEqual(first.tokens.accessSecret, first.tokens.refreshSecret);
    assert.equal(first.notices.length, 1);
    assert(!first.notices[0].includes(first.tokens.accessSecret));
    assert.deepEqual(second.notices, []);
    const files = [...Deno.readDirSync(`${dataDir}/new`)].map(({ name }) => name);
    assert.deepEqual(files, ["dev_secrets.json"]);
    assert.equal(Deno.statSync(`${dataDir}/new/dev_secrets.json`).mode! & 0o777, 0o600);
    const set = loadConfig({ ...environment, JWT_SECRET: SECRET });
    assert.equal(set.tokens.accessSecret, SECRET);
    assert.equal(set.tokens.refreshSecret, first.tokens.refreshSecret);
    Deno.writeTextFileSync(`${dataDir}/new/dev_secrets.json`, "{");
    assert.throws(() => loadConfig(environment), /dev_secrets.json is not what this server wrote/);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("production without SMTP reports at start-up that no mail is sent", () => {
  const about = (environment: typeof PRODUCTION) =>
    loadConfig(environment).notices.filter((notice) => notice.includes("SMTP_URL"));
  assert.equal(about(PRODUCTION).length, 1);
  const mail = {
    SMTP_URL: "smtps://user:password@mail.example.com:465",
    MAIL_FROM: "chat@example.com",
    PUBLIC_URL: "https://chat.example.com",
  };
  assert.deepEqual(about({ ...PRODUCTION, ...mail }), []);
});

Deno.test("loadConfig writes nothing in production", async () => {
  const dataDir = await Deno.makeTempDir();
  try {
    loadConfig({ ...PRODUCTION, DATA_DIR: dataDir, JWT_REFRESH_SECRET: OTHER_SECRET });
    assert.deepEqual([...Deno.readDirSync(dataDir)], []);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

/** Returns the notices of this environment that match the pattern. */
function noticesOf(environment: Record<string, string>, pattern: RegExp): string[] {
  const { notices } = loadConfig({ ...PRODUCTION, ...environment });
  return notices.filter((notice) => pattern.test(notice));
}

Deno.test("start-up reports a variable that a byte order mark hides", () => {
  assert.deepEqual(noticesOf({ "\ufeffHOST": "::1" }, /byte order mark/), [
    ".env begins with a byte order mark, so HOST in its first line is ignored: " +
    "save the file as UTF-8 without one",
  ]);
  assert.deepEqual(noticesOf({ "\ufeffOTHER": "1" }, /byte order mark/), []);
});

Deno.test("start-up names the variable that a misspelt one resembles", () => {
  const said = (name: string) => noticesOf({ [name]: "1" }, /did you mean/);
  assert.deepEqual(said("LIMIT_FRAME_BYTE"), [
    "LIMIT_FRAME_BYTE is no variable of this server, and is ignored: did you mean LIMIT_FRAME_BYTES?",
  ]);
  assert.match(said("MONGO_DB_URI")[0], /did you mean MONGODB_URI/);
  assert.match(said("public_url")[0], /did you mean PUBLIC_URL/);
  for (const name of ["PATH", "HOSTNAME", "PORTS", "LANG", "AWS_PROFILE"]) {
    assert.deepEqual(said(name), [], name);
  }
  assert.match(said("PUBLIC_UR")[0], /did you mean PUBLIC_URL/);
  assert.match(said("PUBLIC_URL_2")[0], /did you mean PUBLIC_URL/);
  for (const name of ["PUBLIC_URL_22", "PUBLIC", "PUBLISHER"]) {
    assert.deepEqual(said(name), [], name);
  }
  assert.deepEqual(noticesOf({ LIMIT_FRAME_BYTE: "" }, /did you mean/), [], "it is not set");
  // The right one is set too, so the other belongs to another program.
  assert.deepEqual(
    noticesOf({ SMTP_URLS: "x", LIMIT_PINS: "3", LIMIT_PIN: "3" }, /LIMIT_PIN /),
    [],
  );
});

Deno.test("start-up reports instances that would not share signals or data, and the remedy", () => {
  const mongodb = { MONGODB_URI: "mongodb://localhost/x" };
  const kv = { DENO_KV_URL: "http://localhost:4512", DENO_KV_ACCESS_TOKEN: "x" };
  const pattern = /further instances|instances on other machines/;
  assert.match(noticesOf(mongodb, pattern)[0], /Set DENO_KV_URL.*BROKER=mongo/);
  assert.match(noticesOf(kv, pattern)[0], /Set MONGODB_URI/);
  const right = [{}, { ...mongodb, ...kv }, { ...mongodb, BROKER: "mongo" }];
  for (const environment of [...right, { ...mongodb, BROKER: "local" }]) {
    assert.deepEqual(noticesOf(environment as Record<string, string>, pattern), []);
  }
});

Deno.test("start-up reports instances that would not share files", () => {
  const mongodb = { MONGODB_URI: "mongodb://localhost/x" };
  const kv = { DENO_KV_URL: "http://localhost:4512", DENO_KV_ACCESS_TOKEN: "x" };
  const bucket = {
    AWS_BUCKET_NAME: "files",
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "x",
    AWS_SECRET_ACCESS_KEY: "y",
  };
  for (const cluster of [{ ...mongodb, ...kv }, { ...mongodb, BROKER: "mongo" }]) {
    assert.equal(noticesOf(cluster, /AWS_BUCKET_NAME is not set/).length, 1);
    assert.deepEqual(noticesOf({ ...cluster, ...bucket }, /AWS_BUCKET_NAME/), []);
  }
  const alone = [{}, kv, mongodb, { ...mongodb, ...kv, BROKER: "local" }];
  for (const environment of alone) {
    assert.deepEqual(noticesOf(environment as Record<string, string>, /AWS_BUCKET_NAME/), []);
  }
});

Deno.test("production reports at start-up the parts served to every client, and how to disable them", () => {
  const pattern = /served to/;
  assert.equal(noticesOf({}, pattern).length, 3);
  assert.match(
    noticesOf({ METRICS_TOKEN: "x".repeat(16) }, /metrics/)[0],
    /who have METRICS_TOKEN/,
  );
  const off = { SERVE_METRICS: "off", SERVE_DOCS: "off", SERVE_PAGE: "off" };
  assert.deepEqual(noticesOf(off, pattern), []);
});

Deno.test("start-up reports an https PUBLIC_URL without TRUSTED_PROXY, and the remedy", () => {
  const said = (environment: Record<string, string>) =>
    loadConfig({ ...PRODUCTION, PUBLIC_URL: "https://chat.example.com", ...environment })
      .notices.filter((notice) => /TRUSTED_PROXY/.test(notice)).length;
  assert.equal(said({}), 1);
  assert.equal(said({ NODE_ENV: "test" }), 1, "whatever the environment");
  assert.equal(said({ TRUSTED_PROXY: "x-forwarded-for:1" }), 0);
  assert.equal(said({ PUBLIC_URL: "http://chat.example.com" }), 0);
});

Deno.test("previous secrets are read, and require the current ones", () => {
  const previous = {
    JWT_SECRET_PREVIOUS: "p".repeat(40),
    JWT_REFRESH_SECRET_PREVIOUS: "q".repeat(40),
  };
  const { tokens, formerEncryptionKeys } = loadConfig({ ...PRODUCTION, ...previous });
  assert.deepEqual(tokens.formerAccessSecrets, [previous.JWT_SECRET_PREVIOUS]);
  assert.deepEqual(tokens.formerRefreshSecrets, [previous.JWT_REFRESH_SECRET_PREVIOUS]);
  assert.equal(formerEncryptionKeys.length, 1, "what was sealed under the derived key still opens");
});

Deno.test("own tokens have one kind of key, and neither our secret nor our name", () => {
  const own = { AUTH_ISSUER: "https://login.example.com", AUTH_AUDIENCE: "chat" };
  const url = { AUTH_JWKS_URL: "https://login.example.com/keys" };
  const both = { ...own, ...url, AUTH_JWT_SECRET: OTHER_SECRET };
  assert.deepEqual(faultyVariables(both), ["AUTH_JWT_SECRET"]);
  assert.deepEqual(faultyVariables({ ...own, ...url, AUTH_ISSUER: "realtimechat" }), [
    "AUTH_ISSUER",
  ]);
  const shared = { ...own, AUTH_JWT_SECRET: SECRET };
  assert.deepEqual(faultyVariables({ ...PRODUCTION, ...shared }), ["AUTH_JWT_SECRET"]);
  const { ownTokens } = loadConfig({ ...PRODUCTION, ...own, ...url });
  assert.deepEqual(ownTokens?.claims, { user: "sub", name: "name", picture: "picture" });
});
