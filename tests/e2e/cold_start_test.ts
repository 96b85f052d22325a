import assert from "node:assert/strict";
import { TempDir } from "../support/temp_dir.ts";

let built = 0;
countSchemas();

// Imported one after the other, and none statically: the test counts the schemas that each of them
// builds.
const { z } = await import("zod");
z.string();
const perSchema = built;
const fields = await builtBy(() => import("../../src/api/fields.ts"));

Deno.test("loading the server builds only the schemas of shared fields", async () => {
  assert.ok(perSchema > 0 && fields > 0, "zod builds its schemas in another way: count them anew");
  assert.equal(await builtBy(() => import("../../src/start.ts")), 0);
});

Deno.test("starting the server builds no schema, and the first call of an operation builds only its own", async () => {
  const { RunningApp } = await import("../support/running_app.ts");
  const { testConfig } = await import("../support/test_config.ts");
  await using folder = await TempDir.make("cold_start");
  testConfig(folder.path);
  const ofConfiguration = await builtBy(() => testConfig(folder.path));
  let app!: Awaited<ReturnType<typeof RunningApp.start>>;
  assert.equal(await builtBy(async () => app = await RunningApp.start()), ofConfiguration);
  await using _ = app;
  assert.equal(await builtBy(() => app.client().get("/healthz")), 0);
  const login = () => app.client().post("/api/auth/login", { identifier: "nobody", password: "x" });
  const ofLogin = await builtBy(login);
  assert.ok(ofLogin > 0 && ofLogin < 50, `${ofLogin} schemas and checks were built`);
  assert.equal(await builtBy(login), 0);
});

async function builtBy(work: () => unknown): Promise<number> {
  const before = built;
  await work();
  return built - before;
}

/** zod gives each schema and each check a property `_zod` when it creates them. */
function countSchemas(): void {
  const defineProperty = Object.defineProperty;
  Object.defineProperty = (object, key, descriptor) => {
    if (key === "_zod") built++;
    return defineProperty(object, key, descriptor);
  };
}
