import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type Bytes, concat } from "../../src/core/bytes.ts";
import { mp4Tracks } from "../../src/media/tracks_mp4.ts";
import { latin1 } from "../support/pictures.ts";
import { Random } from "../support/random_bytes.ts";
import { RunningApp } from "../support/running_app.ts";
import { bytesRequest, upload } from "../support/uploads.ts";

function box(type: string, ...parts: Uint8Array[]): Bytes {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, 8 + parts.reduce((sum, { length }) => sum + length, 0));
  return concat(size, latin1(type), ...parts);
}

function track(handler: string, padding = 0): Bytes {
  const hdlr = box("hdlr", new Uint8Array(8), latin1(handler), new Uint8Array(13));
  const stbl = box("minf", new Uint8Array(padding));
  return box("trak", box("tkhd", new Uint8Array(84)), box("mdia", hdlr, stbl));
}

/** With `movieLast`, the track list comes after the data, as Android's MediaRecorder writes it. */
function mp4(brand: string, handlers: string[], { movieLast = false, data = 64 } = {}): Bytes {
  const ftyp = box("ftyp", latin1(brand), new Uint8Array(4), latin1(`isom${brand}`));
  const tracks = handlers.map((handler) => track(handler, 3000));
  const moov = box("moov", box("mvhd", new Uint8Array(100)), ...tracks);
  const mdat = box("mdat", new Random(1).bytes(data));
  return movieLast ? concat(ftyp, mdat, moov) : concat(ftyp, moov, mdat);
}

Deno.test("a voice message in a video container is audio, however it is uploaded", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  const late = { movieLast: true, data: 50_000 };
  const cases: [Bytes, string, string][] = [
    [mp4("mp42", ["soun"], late), "audio", "audio/mp4"],
    [mp4("iso5", ["soun"]), "audio", "audio/mp4"],
    [mp4("3gp4", ["soun"], late), "audio", "audio/3gpp"],
    [mp4("mp42", ["soun", "vide"], late), "video", "video/mp4"],
    [mp4("isom", ["vide", "soun"]), "video", "video/mp4"],
    [mp4("isom", []), "video", "video/mp4"],
  ];
  for (const [bytes, kind, type] of cases) {
    const { body } = await upload(app, ann, bytes, { name: "voice.mp4" });
    assert.deepEqual([body.kind, body.type], [kind, type]);
    const headers = { "tus-resumable": "1.0.0" };
    const created = await bytesRequest(app, ann, "POST", "/api/media/uploads", {
      headers: {
        ...headers,
        "upload-length": String(bytes.length),
        "upload-metadata": `filename ${Buffer.from("voice.mp4").toString("base64")}`,
      },
    });
    const path = created.headers.get("location")!;
    const type2 = "application/offset+octet-stream";
    const sent = await bytesRequest(app, ann, "PATCH", path, {
      headers: { ...headers, "upload-offset": "0", "content-type": type2 },
      body: bytes,
    });
    assert.equal(sent.status, 204);
    const info = await app.client(ann).get(`/api/media/${path.split("/").at(-1)}/info`);
    assert.deepEqual([info.body.kind, info.body.type], [kind, type]);
  }
});

Deno.test("mp4Tracks terminates for any bytes, and reads little", async () => {
  const random = new Random(11);
  for (let round = 0; round < 300; round++) {
    const bytes = mp4("mp42", ["soun", "soun"], { movieLast: round % 2 === 0, data: 500 });
    for (let n = 0; n < 8; n++) bytes[random.below(bytes.length)] = random.below(256);
    let reads = 0;
    await mp4Tracks((offset, length) => {
      reads++;
      return Promise.resolve(bytes.subarray(offset, offset + length));
    }, bytes.length);
    assert(reads <= 70, `${reads} reads`);
  }
});
