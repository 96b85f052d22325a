import assert from "node:assert/strict";
import { breaches } from "./import_directions.ts";
import { environmentReads, importsOf } from "./import_scanner.ts";

/** Each case is a small src: code that breaks a rule, beside its correct form. */
function check(name: string, files: Record<string, string>, expected: RegExp[]): void {
  Deno.test(`import directions: ${name}`, () => {
    const found = breaches(new Map(Object.entries(files)));
    assert.equal(found.length, expected.length, found.join("\n"));
    expected.forEach((pattern, at) => assert.match(found[at], pattern));
  });
}

check("core imports nothing of src", {
  "core/errors.ts": `import { quote } from "./quote.ts";`,
  "core/ids.ts": `import type { User } from "../model/user.ts";`,
}, [/^src\/core\/ids\.ts:1: "core" may not import model\/user\.ts as a type/]);

check("one feature imports another only as types", {
  "chats/service.ts": `import type { Users } from "../users/service.ts";`,
  "messages/service.ts": `\nimport { Users, type Other } from "../users/service.ts";`,
}, [/^src\/messages\/service\.ts:2: "messages" may not import users\/service\.ts as a value/]);

check("routes may use http, services may not", {
  "chats/routes.ts": `import { body } from "../http/body.ts";`,
  "chats/service.ts": `import { body } from "../http/body.ts";`,
}, [/^src\/chats\/service\.ts:1/]);

check("nothing imports a transport", {
  "chats/routes.ts": `import { socket } from "../transport/ws.ts";`,
}, [/"chats" may not import transport\/ws\.ts/]);

check("only adapters.ts names an adapter, even dynamically", {
  "mail/mailer.ts": `export interface Mailer {}`,
  "mail/mailer_smtp.ts": `import type { Mailer } from "./mailer.ts";`,
  "mail/welcome.ts": `const { SmtpMailer } = await import("./mailer_smtp.ts");`,
  "store/mongo/store.ts": `import { users } from "./users.ts";`,
  "realtime/hub.ts": `import type { MongoStore } from "../store/mongo/store.ts";`,
  "adapters.ts": `await import("./mail/mailer_smtp.ts"); await import("./store/mongo/store.ts");`,
}, [/^src\/mail\/welcome\.ts:1: mail\/mailer_smtp\.ts is an adapter/, /^src\/realtime\/hub\.ts:1/]);

check("an adapter imports its port, model and core alone", {
  "cluster/broker.ts": "",
  "cluster/kv/broker.ts":
    `import "../../core/log.ts"; import "../broker.ts"; import "../../store/store.ts";`,
}, [/"cluster" may not import store\/store\.ts/]);

check("a name that only resembles an adapter's is not treated as one", {
  "http/request_log.ts": "",
  "http/app.ts": `import { requestLog } from "./request_log.ts";`,
}, []);

check("only config.ts reads the environment", {
  "config.ts": `Deno.env.get("PORT");`,
  "core/log.ts": `// Deno.env is not for us\nconst a = Deno.env.get("A");\nprocess.env.B;`,
}, [/^src\/core\/log\.ts:2: only/, /^src\/core\/log\.ts:3: only/]);

check("packages come from deno.json", {
  "core/a.ts": `import "https://deno.land/x/a.ts";\nimport("jsr:@std/assert");\nimport "zod";`,
}, [/^src\/core\/a\.ts:1: .* https: import/, /^src\/core\/a\.ts:2: .* jsr: import/]);

check("the client imports the contract's types, and constants without schemas", {
  "client/client.ts": `import type { Message } from "../api/views/message.ts";
import { EVENTS } from "../model/event.ts";
import { MessageView } from "../api/views/message.ts";
import type { MessageReader } from "../messages/message_reader.ts";`,
}, [/^src\/client\/client\.ts:3/, /^src\/client\/client\.ts:4/]);

check("the contract imports no code that runs", {
  "api/operations/chats.ts": `import type { Groups } from "../../chats/groups.ts";`,
}, [/"api" may not import chats\/groups\.ts as a type/]);

check("files import each other without cycles, types included", {
  "core/a.ts": `import { b } from "./b.ts";`,
  "core/b.ts": `import { c } from "./c.ts";`,
  "core/c.ts": `import type { A } from "./a.ts";`,
  "core/d.ts": `const a = await import("./e.ts");`,
  "core/e.ts": `import type { D } from "./d.ts";`,
}, [/^src\/core\/a\.ts → core\/b\.ts → core\/c\.ts → core\/a\.ts: a circle/]);

check("heavy packages are not loaded at start-up by any path", {
  "main.ts": `import "./start.ts";`,
  "start.ts": `import "./app.ts";`,
  "app.ts": `import "./adapters.ts";`,
  "adapters.ts":
    `import { hash } from "./auth/hash.ts"; const s = () => import("./store/mongo/store.ts");`,
  "auth/hash.ts": `import type { Db } from "mongodb"; import bcrypt from "bcryptjs";`,
  "store/mongo/store.ts": `import { MongoClient } from "mongodb";`,
}, [
  /^src\/main\.ts → start\.ts → app\.ts → adapters\.ts → auth\/hash\.ts: "bcryptjs" is loaded at start-up/,
]);

check("a folder without a layer is reported", { "utils/a.ts": "" }, [/"utils" has no layer/]);

check("src imports nothing from outside it", {
  "core/a.ts": `import "../../tests/support/eventually.ts";`,
}, [/lies outside src/]);

Deno.test("import scanner finds each form, and distinguishes types from values", () => {
  const found = importsOf(`
import a, { b } from "./1.ts";
import * as c from './2.ts';
import "./3.ts";
export { d } from "./4.ts";
export * from "./5.ts";
import type { E } from "./6.ts";
export type { F } from "./7.ts";
import { type G, type H } from "./8.ts";
import { type I, j } from "./9.ts";
import {
  k,
} from "./10.ts";
const l = await import("./11.ts");
type M = import("./12.ts").M;
type N = typeof import("./13.ts");
const o = cold ? null : import("./14.ts");
import type from "./15.ts";
`);
  const described = found.map(({ specifier, typeOnly, dynamic }) =>
    `${specifier} ${typeOnly ? "type" : "value"}${dynamic ? " dynamic" : ""}`
  );
  assert.deepEqual(described, [
    "./1.ts value",
    "./2.ts value",
    "./3.ts value",
    "./4.ts value",
    "./5.ts value",
    "./6.ts type",
    "./7.ts type",
    "./8.ts type",
    "./9.ts value",
    "./10.ts value",
    "./11.ts value dynamic",
    "./12.ts type dynamic",
    "./13.ts type dynamic",
    "./14.ts value dynamic",
    "./15.ts value",
  ]);
  assert.deepEqual(found.map(({ line }) => line).slice(-2), [17, 18]);
});

Deno.test("import scanner ignores comments, strings, templates and patterns", () => {
  const source = [
    `// import "./1.ts";`,
    `/* import "./2.ts";`,
    `   Deno.env */`,
    `const a = 'import "./3.ts"', b = \`import "./4.ts"; Deno.env \\\` \`;`,
    `const c = /["'\`\\/]import "x"/.test(a);`,
    `const d = "Deno.env"; exporter("./6.ts"); x.import("./7.ts");`,
    `import "./8.ts";`,
  ].join("\n");
  assert.deepEqual(importsOf(source).map(({ specifier }) => specifier), ["./8.ts"]);
  assert.deepEqual(environmentReads(source), []);
});
