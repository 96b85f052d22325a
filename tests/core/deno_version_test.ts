import assert from "node:assert/strict";
import denoJson from "../../deno.json" with { type: "json" };
import { denoVersionFault, MINIMUM_DENO_VERSION } from "../../src/core/deno_version.ts";

Deno.test("denoVersionFault names both versions for an older Deno, and accepts every other version", () => {
  for (const version of ["2.4.5", "2.4.99", "1.46.3"]) {
    const fault = denoVersionFault(version);
    assert.equal(
      fault,
      `Cannot run on Deno ${version}: RealTimeChat needs Deno 2.5.0 or newer (run \`deno upgrade\`)`,
    );
  }
  for (const version of ["2.5.0", "2.5.0-rc.1", "2.5.0+abc", "2.10.0", "3.0.0"]) {
    assert.equal(denoVersionFault(version), null, version);
  }
  assert.equal(denoJson.minimumDenoVersion, MINIMUM_DENO_VERSION);
});
