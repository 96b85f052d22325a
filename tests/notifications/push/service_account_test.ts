import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { inspect } from "node:util";
import { parseServiceAccount } from "../../../src/notifications/push/fcm/service_account.ts";

const pem = (type: "rsa" | "ec") =>
  (type === "rsa"
    ? generateKeyPairSync("rsa", { modulusLength: 2048 })
    : generateKeyPairSync("ec", { namedCurve: "P-256" }))
    .privateKey.export({ type: "pkcs8", format: "pem" }) as string;

const file = {
  type: "service_account",
  project_id: "my-project",
  private_key_id: "abc",
  private_key: pem("rsa"),
  client_email: "push@my-project.iam.gserviceaccount.com",
  token_uri: "https://oauth2.googleapis.com/token",
};

Deno.test("parseServiceAccount reads JSON, base64, and escaped line breaks", () => {
  const escaped = { ...file, private_key: file.private_key.replaceAll("\n", "\\n") };
  const json = JSON.stringify(file, null, 2);
  for (const text of [json, `\n${json}\n`, btoa(json), JSON.stringify(escaped)]) {
    const account = parseServiceAccount(text);
    assert.equal(account.projectId, "my-project");
    assert.equal(account.clientEmail, file.client_email);
  }
});

Deno.test("parseServiceAccount names the fault without showing the account", () => {
  const secret = file.private_key.split("\n")[3];
  const faults: [input: string, message: RegExp][] = [
    ["", /neither JSON nor base64/],
    [`{"private_key": "${secret}`, /neither JSON nor base64/],
    [`./firebase-${secret}.json`, /neither JSON nor base64/],
    ["[]", /neither JSON nor base64/],
    [btoa("[]"), /check the whole/],
    [JSON.stringify({ ...file, type: "authorized_user" }), /check type$/],
    [JSON.stringify({ ...file, project_id: "../../x" }), /check project_id$/],
    [JSON.stringify({ ...file, token_uri: "http://example.com/token" }), /check token_uri$/],
    [JSON.stringify({ ...file, token_uri: secret }), /check token_uri$/],
    [
      JSON.stringify({ ...file, client_email: 1, private_key: [secret] }),
      /private_key, client_email/,
    ],
    [JSON.stringify({ ...file, private_key: secret }), /private_key is not an RSA key/],
    [JSON.stringify({ ...file, private_key: pem("ec") }), /private_key is not an RSA key/],
    [JSON.stringify({ ...file, private_key: file.private_key.slice(0, 400) }), /not an RSA key/],
  ];
  for (const [input, message] of faults) {
    assert.throws(() => parseServiceAccount(input), (error: Error) => {
      assert.match(error.message, message);
      assert.ok(!inspect(error).includes(secret));
      return true;
    });
  }
});

Deno.test("ServiceAccount never shows its key", () => {
  const account = parseServiceAccount(JSON.stringify(file));
  const secret = file.private_key.split("\n")[3];
  for (const shown of [JSON.stringify(account), inspect(account, { showHidden: true })]) {
    assert.ok(!shown.includes(secret));
  }
});
