import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import { RunningApp } from "../support/running_app.ts";
import { bytesRequest, upload } from "../support/uploads.ts";
import { documents } from "./document.ts";

const TUS = { "tus-resumable": "1.0.0" };
const PATCH = { ...TUS, "content-type": "application/offset+octet-stream" };
const UPLOADS = "/api/media/uploads";

/** A request that fails, with the template of its path in the document. */
type Case = [
  method: string,
  path: string,
  code: string,
  headers?: Record<string, string>,
  body?: BodyInit,
];

Deno.test("OpenAPI: routes of bytes document the errors that occur", async () => {
  const { openApi } = await documents();
  await using app = await RunningApp.start({ LIMIT_FILE_BYTES: "100000" });
  const { ann } = await app.people("ann");
  const { body: media } = await upload(app, ann, "hello", { name: "a.txt" });
  const create = (length: number) =>
    bytesRequest(app, ann, "POST", UPLOADS, {
      headers: { ...TUS, "upload-length": `${length}` },
    });
  const begun = (await create(4)).headers.get("location")!;
  const file = `/api/media/${media.id}`;
  const checksum = { ...PATCH, "upload-offset": "0", "upload-checksum": "md5 AAAA" };
  const cases: Case[] = [
    ["POST", "/api/media/upload", "unsupported_media_type", { "content-type": "text/plain" }, "x"],
    ["POST", "/api/media/upload", "invalid_request", {}, new FormData()],
    ["GET", file, "range_not_satisfiable", { range: "bytes=99-" }],
    ["GET", file, "precondition_failed", { "if-match": '"other"' }],
    ["GET", `${file}?unknown=1`, "invalid_request"],
    ["GET", `/api/media/${newId()}`, "not_found"],
    ["POST", UPLOADS, "precondition_failed"],
    ["POST", UPLOADS, "invalid_request", { ...TUS, "upload-defer-length": "1" }],
    ["POST", UPLOADS, "payload_too_large", { ...TUS, "upload-length": "999999999999" }],
    ["HEAD", `${UPLOADS}/${newId()}`, "not_found", TUS],
    ["PATCH", begun, "conflict", { ...PATCH, "upload-offset": "3" }, "x"],
    ["PATCH", begun, "unsupported_media_type", { ...TUS, "content-type": "text/plain" }, "x"],
    ["PATCH", begun, "checksum_mismatch", checksum, "abcd"],
    ["PATCH", `${UPLOADS}/${newId()}`, "not_found", { ...PATCH, "upload-offset": "0" }, "x"],
    ["DELETE", `${UPLOADS}/${newId()}`, "not_found", TUS],
    ["DELETE", begun, "precondition_failed"],
  ];
  for (const [method, path, code, headers = {}, body] of cases) {
    const answer = await bytesRequest(app, ann, method, path, { headers, body });
    if (method !== "HEAD") assert.equal(answer.body.code, code, `${method} ${path}`);
    const template = path.replace(/\?.*/, "").replace(/[0-9a-f-]{36}/, "{mediaId}");
    const { responses } = openApi.paths[template][method.toLowerCase()];
    const documented = responses[answer.status]?.description ?? "";
    assert(documented.includes(`\`${code}\``), `${method} ${template} lacks ${code}`);
  }
});
