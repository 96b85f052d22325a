import assert from "node:assert/strict";
import { COMMANDS, PUBLIC, ROUTES } from "../../src/client/endpoints.ts";
import { declaredOperations } from "../tools/client_endpoints.ts";

Deno.test("the client knows every operation of the server, as it is declared", async () => {
  const declared = await declaredOperations(new URL("../../src/", import.meta.url));
  const operations = declared.map(({ operation }) => operation);
  const routes = operations.flatMap(({ name, rest }) =>
    rest ? [[name, `${rest.method} ${rest.path}`]] : []
  );
  const hint = "run `deno task client:endpoints`";
  assert.deepEqual(Object.fromEntries(routes), { ...ROUTES }, hint);
  const namesOf = (list: typeof operations) => list.map(({ name }) => name);
  assert.deepEqual(namesOf(operations.filter(({ socket }) => socket)), [...COMMANDS], hint);
  const open = operations.filter(({ access }) => access === "public");
  assert.deepEqual(namesOf(open), [...PUBLIC], hint);
});
