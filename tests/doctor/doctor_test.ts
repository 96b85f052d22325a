import assert from "node:assert/strict";
import { base64url } from "jose";
import { loadConfig } from "../../src/config.ts";
import { diagnose } from "../../src/doctor.ts";
import type { Finding } from "../../src/doctor/finding.ts";
import { skewByDate } from "../../src/doctor/network_checks.ts";
import { DenokvServer } from "../support/denokv_server.ts";
import { FACEBOOK_APP_ID, FACEBOOK_APP_SECRET } from "../support/facebook_server.ts";
import { FcmServer } from "../support/fcm_server.ts";
import { freePort } from "../support/free_port.ts";
import { OidcServer } from "../support/oidc_server.ts";
import { GoogleServer } from "../support/google_server.ts";
import { sharedMongodb } from "../support/mongodb_server.ts";
import { RunningApp } from "../support/running_app.ts";
import { skipWithout } from "../support/skip.ts";
import { TestSmtpServer } from "../support/smtp_server.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testEnvironment } from "../support/test_config.ts";
import { findVersitygw, s3Environment, startS3 } from "../support/versitygw.ts";

const OPTIONS = { sanitizeOps: false, sanitizeResources: false };

async function examine(environment: Record<string, string>): Promise<Finding[]> {
  await using folder = await TempDir.make("doctor");
  const env = { ...testEnvironment(environment), DATA_DIR: folder.join("data") };
  return await diagnose(() => loadConfig(env));
}

const of = (findings: Finding[], subject: string) =>
  findings.filter((each) => each.subject === subject)
    .map(({ verdict, text }) => `${verdict}: ${text}`).join("\n");

Deno.test(
  "doctor: the defaults are fine, and services that are not configured are reported as left out",
  OPTIONS,
  async () => {
    const findings = await examine({ BROKER: "kv" });
    assert.deepEqual(findings.filter(({ verdict }) => verdict === "fault"), []);
    assert.match(of(findings, "SQLite"), /runs transactions/);
    assert.match(of(findings, "Deno KV"), /written, read and deleted/);
    assert.match(of(findings, "Files"), /put, got and deleted/);
    assert.match(of(findings, "SMTP"), /SMTP_URL is not set/);
  },
);

Deno.test("doctor: an invalid configuration is reported as at start-up", OPTIONS, async () => {
  const findings = await examine({ PORT: "x" });
  assert.match(of(findings, "Configuration"), /fault: .*\n +PORT is "x"; it must be a port/);
});

Deno.test("doctor: a folder without write access is a fault with its remedy", OPTIONS, async () => {
  await using folder = await TempDir.make("doctor");
  await Deno.writeTextFile(folder.join("file"), "");
  const env = { ...testEnvironment(), DATA_DIR: folder.join("file/data") };
  const findings = await diagnose(() => loadConfig(env));
  assert.match(
    of(findings, "Configuration"),
    /fault: [^]*DATA_DIR is "[^"]+"; it must be a folder/,
  );
});

Deno.test("doctor: a damaged database is a fault, with what may cure it", OPTIONS, async () => {
  await using folder = await TempDir.make("doctor");
  await Deno.writeTextFile(folder.join("chat.sqlite3"), "no database ".repeat(1_000));
  const env = { ...testEnvironment({ BROKER: "local" }), DATA_DIR: folder.path };
  const text = of(await diagnose(() => loadConfig(env)), "SQLite");
  assert.match(text, /^fault: .*file is not a database\. .*restore\); see .* its disk has room$/);
});

const mongodb = sharedMongodb();
Deno.test({
  ...OPTIONS,
  name: "doctor: MongoDB is tested with a transaction, and its clock compared",
  ignore: mongodb.missing,
  fn: async () => {
    const findings = await examine({ MONGODB_URI: mongodb.uri() });
    assert.match(of(findings, "MongoDB"), /^fine: .*runs transactions/);
    assert.match(of(findings, "Clock"), /^fine: this host agrees with the database/);
    const gone = `mongodb://127.0.0.1:${freePort()}/x?replicaSet=rs0&serverSelectionTimeoutMS=200`;
    assert.match(of(await examine({ MONGODB_URI: gone }), "MongoDB"), /fault: .*MONGODB_URI/);
  },
});

Deno.test("doctor: a Deno KV that loses what is written is a fault", OPTIONS, async () => {
  const { set } = Deno.Kv.prototype;
  Deno.Kv.prototype.set = () => Promise.resolve({ ok: true, versionstamp: "0" });
  try {
    assert.match(of(await examine({ BROKER: "kv" }), "Deno KV"), /^fault: .*entry is not there/);
  } finally {
    Deno.Kv.prototype.set = set;
  }
});

Deno.test({
  ...OPTIONS,
  name:
    "doctor: a file of Deno KV is tested where nothing else is kept on this host, and stays private",
  ignore: mongodb.missing || Deno.build.os === "windows",
  fn: async () => {
    await using folder = await TempDir.make("doctor");
    const path = folder.join("signals", "kv.sqlite3");
    const environment = { MONGODB_URI: mongodb.uri(), BROKER: "kv", DENO_KV_PATH: path };
    assert.match(of(await examine(environment), "Deno KV"), /^fine: .*written, read and deleted/);
    for (const each of [path, folder.join("signals")]) {
      assert.equal((await Deno.stat(each)).mode! & 0o077, 0, each);
    }
    const kv = await Deno.openKv(path);
    assert.deepEqual(await Array.fromAsync(kv.list({ prefix: [] })), []);
    kv.close();
  },
});

const versitygw = findVersitygw();
Deno.test({
  ...OPTIONS,
  name: "doctor: S3 is tested by put, get, presigned URLs and delete",
  ignore: versitygw === null,
  fn: async () => {
    const s3 = await startS3(versitygw!);
    try {
      const findings = await examine(s3Environment(s3));
      const texts = of(findings, "S3");
      assert.match(texts, /fine: files can be put/);
      assert.match(texts, /fine: presigned addresses work/);
      const wrongKey = { ...s3Environment(s3), AWS_SECRET_ACCESS_KEY: "another" };
      assert.match(of(await examine(wrongKey), "S3"), /fault: .*the key may put, get and delete/);
      const noBucket = { ...s3Environment(s3), AWS_BUCKET_NAME: "nowhere" };
      assert.match(of(await examine(noBucket), "S3"), /fault: .*bucket/);
    } finally {
      await s3.stop();
    }
  },
});

Deno.test({
  ...OPTIONS,
  name: "doctor: a denokv server is tested with its token",
  ignore: skipWithout("denokv"),
  fn: async () => {
    await using server = await DenokvServer.start();
    Deno.env.set("DENO_KV_ACCESS_TOKEN", server.env.DENO_KV_ACCESS_TOKEN);
    assert.match(of(await examine({ BROKER: "kv", ...server.env }), "Deno KV"), /^fine: /);
  },
});

Deno.test("doctor: the program prints one line for each finding, and exits with 1 after a fault", async () => {
  await using folder = await TempDir.make("doctor");
  const run = async (environment: Record<string, string>) => {
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", new URL("../../src/doctor.ts", import.meta.url).pathname],
      env: { ...testEnvironment(environment), DATA_DIR: folder.join("data") },
    }).output();
    return { code, text: new TextDecoder().decode(stdout) };
  };
  const well = await run({});
  assert.equal(well.code, 0, well.text);
  assert.match(well.text, /^RealTimeChat \d+\.\d+\.\d+\n/);
  assert.match(well.text, /^ {2}ok {3}SQLite: it can be read/m);
  const ill = await run({ PUBLIC_URL: `http://127.0.0.1:${freePort()}` });
  assert.equal(ill.code, 1, ill.text);
  assert.match(ill.text, /^FAULT {2}Proxy: .*PUBLIC_URL leads to it$/m);
});

Deno.test("doctor: SMTP is tested by signing in", OPTIONS, async () => {
  const credentials = { user: "chat", password: "right" };
  const server = await TestSmtpServer.start({ credentials });
  const mail = (password: string, port = server.port) => ({
    SMTP_URL: `smtp://chat:${password}@127.0.0.1:${port}`,
    MAIL_FROM: "chat@example.org",
    PUBLIC_URL: `http://127.0.0.1:${freePort()}`,
  });
  try {
    assert.match(of(await examine(mail("right")), "SMTP"), /^fine: /);
    assert.equal(server.received.length, 0, "no mail is sent");
    const wrong = of(await examine(mail("wrong")), "SMTP");
    assert.match(wrong, /fault: .*compare SMTP_URL/);
    assert.doesNotMatch(wrong, /wrong@/, "the password is not shown");
  } finally {
    await server.close();
  }
  assert.match(of(await examine(mail("right", freePort())), "SMTP"), /fault: /);
});

Deno.test(
  "doctor: FCM validates a message for the service account without sending it",
  OPTIONS,
  async () => {
    const fcm = await FcmServer.start();
    await using _ = { [Symbol.asyncDispose]: () => fcm.close() };
    const environment = {
      FIREBASE_SERVICE_ACCOUNT: fcm.serviceAccountJson,
      FCM_ENDPOINT_URL: fcm.endpoint,
    };
    assert.match(of(await examine(environment), "FCM"), /^fine: /);
    assert.equal(fcm.received.length, 0);
    const { generateServiceKeys } = await import("../support/fcm_server.ts");
    const { privateKeyPem } = await generateServiceKeys();
    const account = { ...JSON.parse(fcm.serviceAccountJson), private_key: privateKeyPem };
    const strange = { ...environment, FIREBASE_SERVICE_ACCOUNT: JSON.stringify(account) };
    assert.match(of(await examine(strange), "FCM"), /fault: .*make a new key/);
  },
);

Deno.test("doctor: VAPID keys that are not a pair are a fault", OPTIONS, async () => {
  const pair = async () => {
    const curve = { name: "ECDSA", namedCurve: "P-256" };
    const keys = await crypto.subtle.generateKey(curve, true, ["sign", "verify"]);
    const { d } = await crypto.subtle.exportKey("jwk", keys.privateKey);
    const point = new Uint8Array(await crypto.subtle.exportKey("raw", keys.publicKey));
    return { publicKey: base64url.encode(point), privateKey: d! };
  };
  const [one, other] = [await pair(), await pair()];
  const set = (VAPID_PUBLIC_KEY: string, VAPID_PRIVATE_KEY: string) => ({
    VAPID_PUBLIC_KEY,
    VAPID_PRIVATE_KEY,
    VAPID_SUBJECT: "mailto:chat@example.org",
  });
  assert.match(of(await examine(set(one.publicKey, one.privateKey)), "VAPID"), /^fine: /);
  const mixed = of(await examine(set(one.publicKey, other.privateKey)), "VAPID");
  assert.match(mixed, /fault: .*not a key pair/);
});

Deno.test(
  "doctor: the keys of providers are fetched, and Facebook's secret is tested",
  OPTIONS,
  async () => {
    await using google = await GoogleServer.start();
    assert.match(of(await examine(google.env), "Google"), /fine: its 1 keys can be fetched/);
    const gone = { ...google.env, GOOGLE_ISSUER: `http://127.0.0.1:${freePort()}` };
    assert.match(of(await examine(gone), "Google"), /fault: /);
    await using acme = await OidcServer.start();
    assert.match(of(await examine(acme.env("acme")), "Acme"), /fine: its 1 keys can be fetched/);
    acme.configuration = { issuer: "https://another.example.com" };
    assert.match(of(await examine(acme.env("acme")), "Acme"), /fault: .*issuer "https:\/\/another/);
    await using graph = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
      const { pathname, searchParams, origin } = new URL(request.url);
      if (pathname.includes("openid-configuration")) {
        return Response.json({ jwks_uri: `${origin}/keys` });
      }
      if (pathname === "/keys") return Response.json({ keys: [{}] });
      const isRight =
        searchParams.get("access_token") === `${FACEBOOK_APP_ID}|${FACEBOOK_APP_SECRET}`;
      return isRight ? Response.json({ id: FACEBOOK_APP_ID }) : new Response(null, { status: 400 });
    });
    const url = `http://127.0.0.1:${graph.addr.port}`;
    const facebook = (FACEBOOK_APP_SECRET: string) => ({
      FACEBOOK_APP_ID,
      FACEBOOK_APP_SECRET,
      FACEBOOK_GRAPH_URL: url,
      FACEBOOK_ISSUER: url,
    });
    assert.match(of(await examine(facebook(FACEBOOK_APP_SECRET)), "Facebook"), /^fine: /);
    assert.match(of(await examine(facebook("another")), "Facebook"), /fault: .*\(400\).*one app/);
  },
);

Deno.test("doctor: PUBLIC_URL must lead to the server, also for WebSockets", OPTIONS, async () => {
  await using app = await RunningApp.start();
  const texts = of(await examine({ PUBLIC_URL: app.url }), "Proxy");
  assert.match(texts, /fine: .* leads to a server/);
  assert.match(texts, /fine: WebSockets pass/);
  await using page = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request) =>
      new URL(request.url).pathname === "/healthz"
        ? Response.json({ status: "ok" })
        : new Response("no", { status: 400 }),
  );
  const plain = await examine({ PUBLIC_URL: `http://127.0.0.1:${page.addr.port}` });
  assert.match(of(plain, "Proxy"), /fault: \/ws cannot be opened: have the proxy pass Upgrade/);
});

Deno.test(
  "doctor: the difference of clocks is measured by the Date of a response",
  OPTIONS,
  async () => {
    const ahead = { date: new Date(Date.now() + 60_000).toUTCString() };
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      () => new Response("", { headers: ahead }),
    );
    const skew = await skewByDate(`http://127.0.0.1:${server.addr.port}`);
    assert.ok(skew > 50_000 && skew < 70_000, String(skew));
  },
);

Deno.test("doctor: no finding contains a secret of the configuration", OPTIONS, async () => {
  const environment = {
    MONGODB_URI: `mongodb://me:hunter2@127.0.0.1:${freePort()}/x?serverSelectionTimeoutMS=100`,
    SMTP_URL: `smtp://me:hunter2@127.0.0.1:${freePort()}`,
    MAIL_FROM: "chat@example.org",
    PUBLIC_URL: `http://127.0.0.1:${freePort()}`,
  };
  const findings = await examine(environment);
  assert.ok(findings.some(({ verdict }) => verdict === "fault"));
  assert.doesNotMatch(JSON.stringify(findings), /hunter2/);
});
