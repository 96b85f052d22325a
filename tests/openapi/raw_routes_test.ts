import assert from "node:assert/strict";
import { documents } from "./document.ts";

const MEDIA = "/api/media/{mediaId}";
const UPLOADS = "/api/media/uploads";

Deno.test("OpenAPI: downloads declare their conditions, ranges and validators", async () => {
  const { paths } = (await documents()).openApi;
  const { parameters, responses } = paths[MEDIA].get;
  const sent = parameters!.filter((one) => one.in === "header").map(({ name }) => name);
  assert.deepEqual(sent.sort(), [
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Range",
  ]);
  for (const status of ["200", "206", "304"]) assert(responses[status].headers.ETag, status);
  assert(responses["206"].headers["Content-Range"]);
  assert(responses["200"].headers["Accept-Ranges"]);
  for (const status of ["412", "416"]) assert(responses[status], status);
});

Deno.test("OpenAPI: every call of tus is documented, with the headers that it accepts and returns", async () => {
  const { paths } = (await documents()).openApi;
  const one = `${UPLOADS}/{mediaId}`;
  const calls = {
    create: paths[UPLOADS].post,
    state: paths[one].head,
    append: paths[one].patch,
    terminate: paths[one].delete,
  };
  for (const [name, { parameters, responses }] of Object.entries(calls)) {
    const version = parameters!.find((parameter) => parameter.name === "Tus-Resumable");
    assert.deepEqual(version?.schema.enum, ["1.0.0"], name);
    const success = Object.entries(responses).find(([status]) => status.startsWith("2"))![1];
    assert(success.headers["Tus-Resumable"], name);
    assert(responses["412"], name);
  }
  const { create, state, append } = calls;
  const taken = create.parameters!.map(({ name }) => name);
  for (const name of ["Upload-Length", "Upload-Metadata", "Upload-Concat", "Upload-Checksum"]) {
    assert(taken.includes(name), name);
  }
  assert(create.responses["201"].headers.Location);
  const returned = state.responses["200"].headers;
  for (const name of ["Upload-Offset", "Upload-Length", "Upload-Metadata", "Cache-Control"]) {
    assert(returned[name], name);
  }
  assert(append.responses["204"].headers["Upload-Offset"]);
  assert(append.responses["460"], "checksum_mismatch");
  const offered = paths[UPLOADS].options.responses["204"].headers;
  for (const name of ["Tus-Version", "Tus-Extension", "Tus-Max-Size"]) assert(offered[name], name);
});
