import assert from "node:assert/strict";
import { ALL_ENDPOINTS } from "../../src/client/all_endpoints.ts";
import { endpointOf } from "../../src/client/endpoint.ts";
import { FIRST_ENDPOINTS } from "../../src/client/endpoints.ts";
import {
  allEndpointsSource,
  declaredOperations,
  endpointsSource,
} from "../tools/client_endpoints.ts";

const src = new URL("../../src/", import.meta.url);
const declared = await declaredOperations(src);
const operations = declared.map(({ operation }) => operation);

Deno.test("the client has every operation of the server, as it is declared", async () => {
  const names = operations.map(({ name }) => name);
  assert.deepEqual(Object.keys(ALL_ENDPOINTS), names, "run `deno task client:endpoints`");
  for (const { name, rest, socket, access, optionalSession } of operations) {
    assert.deepEqual(await endpointOf(name), {
      isCommand: socket === true,
      isPublic: access === "public",
      takesSession: optionalSession === true,
      method: rest?.method,
      path: rest?.path,
    }, `${name}: run \`deno task client:endpoints\``);
  }
});

Deno.test("the endpoints of the first screen are those of the whole list", () => {
  for (const [name, endpoint] of Object.entries(FIRST_ENDPOINTS)) {
    assert.equal(endpoint, ALL_ENDPOINTS[name], name);
  }
});

Deno.test("the generated lists are in the files as the command writes them", async () => {
  const read = (path: string) => Deno.readTextFile(new URL(path, src));
  const message = "run `deno task client:endpoints`";
  assert.equal(await read("client/endpoints.ts"), endpointsSource(declared), message);
  assert.equal(await read("client/all_endpoints.ts"), allEndpointsSource(declared), message);
});
