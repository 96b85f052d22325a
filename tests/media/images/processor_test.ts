import assert from "node:assert/strict";
// Imported first, to watch the workers that the processor starts.
import { startedWorkers } from "../../support/watched_workers.ts";
import { type Bytes, concat } from "../../../src/core/bytes.ts";
import { AppError } from "../../../src/core/errors.ts";
import { ImageProcessor, type ImageProcessorOptions } from "../../../src/media/images/processor.ts";
import { hasCode } from "../../contract/blob_store.ts";
import { eventually } from "../../support/eventually.ts";
import {
  blackPng,
  exifWithGps,
  flag,
  latin1,
  longGif,
  moving,
  movingPng,
  vips,
  withMetadata,
  withPngChunk,
} from "../../support/pictures.ts";
import { Random } from "../../support/random_bytes.ts";

/** The processor transfers the bytes: each call gets a separate copy. */
async function withProcessor(
  options: ImageProcessorOptions,
  run: (process: (bytes: Bytes) => ReturnType<ImageProcessor["process"]>) => Promise<void>,
) {
  const processor = new ImageProcessor(options);
  try {
    await run((bytes) => processor.process("owner", () => Promise.resolve(bytes.slice())));
  } finally {
    await processor.close();
  }
}

/** All steps use one processor, like in the server; starting one takes a second or more. */
const steps = new Map<string, Parameters<typeof withProcessor>[1]>();

const processorTest = (name: string, run: Parameters<typeof withProcessor>[1]) =>
  void steps.set(name, run);

Deno.test("ImageProcessor", (t) =>
  withProcessor({}, async (process) => {
    for (const [name, run] of steps) await t.step(name, () => run(process));
  }));

/** Strings that must not occur in a stripped image. */
function assertNoMetadata(bytes: Bytes) {
  const text = new TextDecoder("latin1").decode(bytes);
  for (const trace of ["SecretCam", "Exif\0", "GPS", "xmp", "XML:com", "Berlin", "taken at home"]) {
    assert.ok(!text.includes(trace), `still has ${trace}`);
  }
}

processorTest(
  "a JPEG loses its location, is turned upright, and gets a thumbnail",
  async (process) => {
    const { Image } = await vips();
    const plain = await flag(800, 600, ".jpg");
    const source = withMetadata(plain, 6);
    const before = Image.newFromBuffer(source);
    assert.ok(
      [...Array(before.getFields().size()).keys()].some((n) =>
        before.getFields().get(n)?.includes("GPSLatitude")
      ),
    );
    const done = await process(source);
    // Orientation 6: the left edge of the stored image is the top of the displayed one.
    assert.deepEqual([done.contentType, done.width, done.height], ["image/jpeg", 600, 800]);
    assertNoMetadata(done.bytes);
    assertNoMetadata(done.thumbnail!.bytes);
    const after = Image.newFromBuffer(done.bytes);
    assert.deepEqual([after.width, after.height], [600, 800]);
    assert.equal(after.getTypeof("exif-data"), 0);
    assert.equal(after.getTypeof("xmp-data"), 0);
    assert.equal(after.getTypeof("iptc-data"), 0);
    assert.equal(after.getTypeof("orientation"), 0);
    assertNear(after.getpoint(500, 100), [220, 0, 0]);
    assertNear(after.getpoint(500, 700), [0, 0, 220]);
    assertNear(after.getpoint(50, 400), [0, 200, 0]);
    assert.deepEqual([done.thumbnail!.width, done.thumbnail!.height], [240, 320]);
    const thumbnail = Image.newFromBuffer(done.thumbnail!.bytes);
    assert.deepEqual([thumbnail.width, thumbnail.height], [240, 320]);
    assertNear(thumbnail.getpoint(200, 40), [220, 0, 0]);
    assert.match(done.thumbnail!.thumbHash, /^[A-Za-z0-9+/]{20,40}=*$/);
  },
);

processorTest("all formats are kept, without metadata", async (process) => {
  const { Image } = await vips();
  for (
    const [suffix, type] of [["png", "png"], ["webp", "webp"], ["gif", "gif"], [
      "avif[effort=0]",
      "avif",
    ]]
  ) {
    const done = await process(await flag(400, 200, `.${suffix}`));
    assert.deepEqual([done.contentType, done.width, done.height], [`image/${type}`, 400, 200]);
    assert.deepEqual([done.thumbnail!.width, done.thumbnail!.height, done.frames], [320, 160, 1]);
    const after = Image.newFromBuffer(done.bytes);
    assertNear(after.getpoint(50, 20).slice(0, 3), [220, 0, 0]);
    assertNear(after.getpoint(350, 20).slice(0, 3), [0, 0, 220]);
  }
});

processorTest("metadata is removed from PNG, WebP and AVIF too", async (process) => {
  const png = await flag(64, 64, ".png");
  const text = latin1("XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta>GPS</x:xmpmeta>");
  const full = withPngChunk(withPngChunk(png, "iTXt", text), "eXIf", exifWithGps(1));
  assert.throws(() => assertNoMetadata(full));
  assertNoMetadata((await process(full)).bytes);
  const { Image } = await vips();
  for (const suffix of [".webp", ".avif[effort=0]"]) {
    const tagged = Image.newFromBuffer(withMetadata(await flag(64, 64, ".jpg"), 1));
    const source = new Uint8Array(tagged.writeToBuffer(suffix));
    assert.throws(() => assertNoMetadata(source));
    const done = await process(source);
    assertNoMetadata(done.bytes);
  }
});

processorTest("bytes hidden after the image are removed", async (process) => {
  const payload = latin1("<script>alert(1)</script>");
  const done = await process(concat(await flag(64, 64, ".jpg"), payload));
  assert.ok(!new TextDecoder("latin1").decode(done.bytes).includes("script"));
});

processorTest("a color profile is kept", async (process) => {
  const { Image } = await vips();
  const image = Image.newFromBuffer(await flag(64, 64, ".png"));
  const tagged = image.iccTransform("p3", { input_profile: "srgb" });
  const done = await process(new Uint8Array(tagged.writeToBuffer(".jpg")));
  assert.notEqual(Image.newFromBuffer(done.bytes).getTypeof("icc-profile-data"), 0);
  // Red in the source is red in the thumbnail, which is sRGB.
  assertNear(Image.newFromBuffer(done.thumbnail!.bytes).getpoint(10, 10), [220, 0, 0]);
});

processorTest("a small image is not enlarged, and transparency stays", async (process) => {
  const { Image } = await vips();
  const clear = Image.black(20, 10, { bands: 4 }).copy({ interpretation: "srgb" });
  const done = await process(new Uint8Array(clear.writeToBuffer(".png")));
  assert.deepEqual([done.thumbnail!.width, done.thumbnail!.height], [20, 10]);
  assert.equal(Image.newFromBuffer(done.bytes).bands, 4);
});

processorTest("an animation stays animated", async (process) => {
  const { Image } = await vips();
  for (const suffix of [".gif", ".webp"]) {
    const done = await process(await moving(64, 5, suffix));
    assert.deepEqual([done.width, done.height, done.frames], [64, 64, 5]);
    const after = Image.newFromBuffer(done.bytes, "[n=-1]");
    assert.equal(after.getInt("n-pages"), 5);
    assert.deepEqual(after.getArrayInt("delay"), [70, 70, 70, 70, 70]);
    assert.equal(after.getInt("loop"), 3);
    assertNear(after.getpoint(32, 64 * 4 + 32).slice(0, 3), [120, 0, 200]);
    assert.deepEqual([done.thumbnail!.width, done.thumbnail!.height], [64, 64]);
  }
});

processorTest("an animated PNG keeps its frames and loses its text", async (process) => {
  const source = withPngChunk(movingPng(40, 3), "tEXt", latin1("Comment\0taken at home"));
  const done = await process(source);
  assert.deepEqual([done.width, done.height, done.frames], [40, 40, 3]);
  const text = new TextDecoder("latin1").decode(done.bytes);
  assert.deepEqual([text.split("fcTL").length - 1, text.split("fdAT").length - 1], [3, 2]);
  assert.ok(!text.includes("taken at home"));
  assert.deepEqual([done.thumbnail!.width, done.thumbnail!.height], [40, 40]);
});

processorTest("a long GIF is accepted: seven seconds of 640 by 360", async (process) => {
  const done = await process(longGif(640, 360, 220));
  assert.deepEqual([done.width, done.height, done.frames], [640, 360, 220]);
});

processorTest("an animation with an orientation is not turned", async (process) => {
  const { Image } = await vips();
  const image = Image.newFromBuffer(await moving(64, 5, ".webp"), "[n=-1]");
  image.setInt("orientation", 6);
  const source = new Uint8Array(image.writeToBuffer(".webp"));
  assert.equal(Image.newFromBuffer(source).getInt("orientation"), 6);
  const done = await process(source);
  assert.deepEqual([done.width, done.height, done.frames], [64, 64, 5]);
  const after = Image.newFromBuffer(done.bytes, "[n=-1]");
  assert.deepEqual([after.width, after.height], [64, 64 * 5]);
  assertNear(after.getpoint(32, 64 * 4 + 32).slice(0, 3), [120, 0, 200]);
});

Deno.test("a decompression bomb is rejected by its declared size", () =>
  withProcessor({ timeoutMs: 20_000 }, async (process) => {
    for (const [width, height] of [[30_000, 30_000], [50_000_001, 1]]) {
      const bomb = blackPng(width, height);
      assert.ok(bomb.byteLength < 300_000);
      await assert.rejects(process(bomb), (error: Error) => {
        assert.match(error.message, /pixels/);
        return hasCode("invalid_request")(error);
      });
    }
  }));

Deno.test("the pixel limit applies to a frame, and ten times the limit to all frames together", () =>
  withProcessor({ maxPixels: 64 * 64, maxFrames: 11 }, async (process) => {
    assert.equal((await process(longGif(64, 64, 10))).frames, 10);
    const rejects = async (bytes: Bytes, reason: RegExp) =>
      await assert.rejects(process(bytes), (error: Error) => {
        assert.match(error.message, reason);
        return hasCode("invalid_request")(error);
      });
    assert.equal((await process(await moving(64, 4, ".webp"))).frames, 4);
    await rejects(longGif(64, 64, 11), /pixels/);
    await rejects(movingPng(64, 11), /pixels/);
    await rejects(await moving(66, 4, ".webp"), /pixels/);
    await rejects(longGif(8, 8, 12), /12 frames/);
    await rejects(await flag(200, 100, ".png"), /pixels/);
  }));

processorTest("damaged images are rejected, and the next one is accepted", async (process) => {
  const good = await flag(300, 300, ".jpg");
  const random = new Random(101);
  for (const suffix of [".jpg", ".png", ".gif", ".webp", ".avif[effort=0]"]) {
    const whole = await flag(300, 300, suffix);
    for (const part of [0.3, 0.6]) {
      const cut = whole.slice(0, Math.floor(whole.byteLength * part));
      const label = `${suffix} cut at ${part}`;
      // Cameras and lost connections leave such JPEGs, and every viewer shows what there is of
      // them.
      if (suffix === ".jpg") assert.equal((await process(cut)).width, 300, label);
      else await assert.rejects(process(cut), hasCode("invalid_request"), label);
    }
    for (let i = 0; i < 10; i++) {
      const noisy = whole.slice();
      for (let n = 0; n < 20; n++) {
        noisy[12 + random.below(noisy.byteLength - 12)] = random.below(256);
      }
      // Some noise does no harm; it must not cause any other error.
      await process(noisy).catch(hasCode("invalid_request"));
    }
  }
  assert.equal((await process(good)).width, 300);
});

processorTest("unsupported formats are rejected by their bytes", async (process) => {
  for (
    const bytes of [
      latin1("<svg xmlns='http://www.w3.org/2000/svg'/>"),
      latin1("II*\0"),
      latin1(""),
    ]
  ) {
    await assert.rejects(process(bytes), hasCode("unsupported_media_type"));
  }
});

Deno.test("an image too large to decode loses its metadata and keeps its pixels", () =>
  withProcessor({ memoryBytes: 1 }, async (process) => {
    const { Image } = await vips();
    const jpeg = withMetadata(await flag(80, 40, ".jpg"), 6);
    const turned = await process(concat(jpeg, latin1("<script>alert(1)</script>")));
    assert.deepEqual([turned.width, turned.height, turned.thumbnail], [40, 80, null]);
    const text = new TextDecoder("latin1").decode(turned.bytes);
    for (const trace of ["SecretCam", "GPS", "xmp", "Berlin", "taken at home", "script"]) {
      assert.ok(!text.includes(trace), trace);
    }
    const shown = Image.newFromBuffer(turned.bytes);
    assert.equal(shown.getInt("orientation"), 6);
    assertNear(shown.autorot().getpoint(30, 10), [220, 0, 0]);

    const png = withPngChunk(await flag(64, 64, ".png"), "eXIf", exifWithGps(1));
    assertNoMetadata((await process(png)).bytes);
    const tagged = Image.newFromBuffer(withMetadata(await flag(64, 32, ".jpg"), 6));
    const webp = await process(new Uint8Array(tagged.writeToBuffer(".webp")));
    assert.deepEqual([webp.width, webp.height], [32, 64]);
    assert.equal(Image.newFromBuffer(webp.bytes).getInt("orientation"), 6);
    assert.ok(!new TextDecoder("latin1").decode(webp.bytes).includes("SecretCam"));
    const turnedBefore = Image.newFromBuffer(withMetadata(await flag(64, 32, ".jpg"), 1));
    const upright = await process(new Uint8Array(turnedBefore.writeToBuffer(".webp")));
    assertNoMetadata(upright.bytes);
    const flags = upright.bytes[20] & 0x0c;
    assert.equal(flags, 0, "no chunk of Exif or XMP is announced that is not there");
    const gif = await process(await flag(64, 64, ".gif"));
    assertNear(Image.newFromBuffer(gif.bytes).getpoint(10, 10).slice(0, 3), [220, 0, 0]);
    await assert.rejects(process(await flag(64, 64, ".avif[effort=0]")), (error: Error) => {
      assert.match(error.message, /memory.*convert it to JPEG/);
      return hasCode("invalid_request")(error);
    });
    // Truncated or invented containers are rejected, whatever their bytes.
    const random = new Random(7);
    const suffixes = [".jpg", ".jpg[interlace=true]", ".png", ".gif", ".webp"];
    for (const suffix of suffixes) {
      const whole = await flag(64, 64, suffix);
      for (let n = 0; n < 40; n++) {
        const noisy = whole.slice(0, 16 + random.below(whole.length - 16));
        for (let i = 0; i < 3; i++) noisy[12 + random.below(noisy.length - 12)] = random.below(256);
        await process(noisy).catch(hasCode("invalid_request"));
      }
    }
  }));

Deno.test("an image that exceeds the decoder's memory is rejected, and the next one is accepted", async () => {
  // As if the estimate, which lets it pass, were wrong.
  const processor = new ImageProcessor({ memoryBytes: 2e9, ceilingBytes: 256 * 1024 ** 2 });
  try {
    const large = await Deno.readFile(
      new URL("../../support/fixtures/47_megapixels.webp", import.meta.url),
    );
    await assert.rejects(
      processor.process("owner", () => Promise.resolve(large)),
      hasCode("invalid_request"),
    );
    const next = await flag(100, 100, ".png");
    assert.equal((await processor.process("owner", () => Promise.resolve(next))).width, 100);
  } finally {
    await processor.close();
  }
});

Deno.test("an image whose worker dies is rejected, and the next one gets a new worker", async () => {
  const processor = new ImageProcessor();
  const picture = await flag(100, 100, ".png");
  try {
    const first = processor.process("owner", () => Promise.resolve(picture.slice()));
    first.catch(() => {});
    await eventually("the worker is started", () => !startedWorkers.at(-1)!.terminated);
    startedWorkers.at(-1)!.break();
    await assert.rejects(first, (error: unknown) => error instanceof AppError);
    const next = await processor.process("owner", () => Promise.resolve(picture.slice()));
    assert.equal(next.width, 100);
  } finally {
    await processor.close();
  }
});

Deno.test("an image that takes too long ends its worker, and the next one gets a new worker", async () => {
  const slow = new ImageProcessor({ timeoutMs: 1 });
  const picture = await flag(100, 100, ".png");
  const first = slow.process("owner", () => Promise.resolve(picture.slice()));
  await assert.rejects(first, (error: Error) => {
    assert.match(error.message, /more than 1 ms/);
    return hasCode("invalid_request")(error);
  });
  await slow.close();
  const brief = new ImageProcessor({ idleMs: 1 });
  for (let i = 0; i < 2; i++) {
    const before = startedWorkers.length;
    assert.equal((await brief.process("owner", () => Promise.resolve(picture.slice()))).width, 100);
    assert.equal(startedWorkers.length, before + 1, "the previous one has ended");
    await eventually("the idle worker has ended", () => startedWorkers.at(-1)!.terminated);
  }
  await brief.close();
});

Deno.test("a worker that died while idle is replaced", async () => {
  const processor = new ImageProcessor();
  const picture = await flag(100, 100, ".png");
  try {
    for (let i = 0; i < 2; i++) {
      const image = await processor.process("owner", () => Promise.resolve(picture.slice()));
      assert.equal(image.width, 100);
      startedWorkers.at(-1)!.break();
      assert(startedWorkers.at(-1)!.terminated);
    }
  } finally {
    await processor.close();
  }
});

Deno.test("a hundred images of one user delay another user's image by a single image", async () => {
  const processor = new ImageProcessor({ maxWaiting: 40, maxWaitingPerOwner: 20 });
  const order: string[] = [];
  const refuse = (owner: string) =>
    processor.process(owner, () => {
      order.push(owner);
      return Promise.resolve(latin1("no picture"));
    }).catch(hasCode("unsupported_media_type"));
  const all = Array.from({ length: 21 }, () => refuse("greedy"));
  const other = refuse("other");
  await assert.rejects(
    processor.process("greedy", () => assert.fail()),
    hasCode("unavailable"),
  );
  await Promise.all([...all, other]);
  assert.deepEqual(order.slice(0, 3), ["greedy", "greedy", "other"]);
  await processor.close();
});

Deno.test("images are read one at a time, and the number of waiting ones is bounded", async () => {
  const processor = new ImageProcessor({ maxWaiting: 2 });
  const picture = await flag(100, 100, ".png");
  let reading = 0;
  const read = async () => {
    assert.equal(++reading, 1);
    await Promise.resolve();
    reading--;
    return picture.slice();
  };
  const broken = new Error("the store is away");
  const first = processor.process("owner", read);
  const second = processor.process("owner", () => Promise.reject(broken));
  const third = processor.process("owner", read);
  await assert.rejects(processor.process("owner", read), hasCode("unavailable"));
  await assert.rejects(second, broken);
  await processor.close();
  assert.equal((await first).width, 100);
  assert.equal((await third).width, 100);
  await assert.rejects(processor.process("owner", read), hasCode("unavailable"));
});

function assertNear(actual: number[], expected: number[]) {
  const near = expected.every((value, band) => Math.abs(value - actual[band]) < 25);
  assert.ok(near, `${actual} is not near ${expected}`);
}
