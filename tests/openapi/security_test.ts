import assert from "node:assert/strict";
import { openApiName } from "../../src/http/openapi_names.ts";
import { describedIn, documents } from "./document.ts";

Deno.test("OpenAPI: the token is required, optional or not used, as the operation says", async () => {
  const { openApi, operations } = await documents();
  const byName = new Map(describedIn(openApi).map(([, , one]) => [one.operationId, one]));
  for (const { name, access, scope, optionalSession, rest } of operations) {
    if (rest === undefined) continue;
    const byKey = scope === undefined ? [] : [{ apiKey: [] }];
    const expected = access === "server"
      ? byKey
      : access !== "public"
      ? [{ bearer: [] }, ...byKey]
      : optionalSession
      ? [{}, { bearer: [] }]
      : [];
    assert.deepEqual(byName.get(openApiName(name))!.security, expected, name);
  }
  assert.deepEqual(byName.get("secondFactorVerify")!.security, [{}, { bearer: [] }]);
  assert.deepEqual(byName.get("mediaDownload")!.security, [{ bearer: [] }, { apiKey: [] }, {}]);
});
