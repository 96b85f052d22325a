import assert from "node:assert/strict";
import { AppError } from "../../src/core/errors.ts";
import { nextTurn } from "../../src/core/next_turn.ts";
import { ImportedMedia, type ImportedMediaOptions } from "../../src/import/imported_media.ts";
import { aMedia } from "../contract/store/rows.ts";

/** Files whose uploads cannot be begun, received or finished. */
function setUp(failing: "begin" | "receive" | "finalize") {
  const steps: string[] = [];
  const step = async (name: string) => {
    for (let i = 0; i < 3; i++) await nextTurn();
    steps.push(name);
    if (name === failing) throw new AppError("payload_too_large", "The file is too large");
    return aMedia();
  };
  const body = new ReadableStream({ cancel: async () => void await step("closed") });
  const media = new ImportedMedia({
    files: { open: () => Promise.resolve({ name: "a.bin", size: 1, body }) },
    intake: {
      begin: () => step("begin"),
      receive: () => step("receive"),
      finalize: () => step("finalize"),
      discard: () => step("discarded"),
    },
  } as unknown as ImportedMediaOptions);
  return { media, steps };
}

for (
  const [failing, expected] of [
    ["begin", ["begin", "closed"]],
    ["receive", ["begin", "receive", "discarded"]],
    ["finalize", ["begin", "receive", "finalize", "discarded"]],
  ] as const
) {
  Deno.test(`ImportedMedia leaves nothing behind once it fails to ${failing} an upload`, async () => {
    const { media, steps } = setUp(failing);
    await assert.rejects(media.attach("ann", [{ path: "a.bin" }]), { code: "payload_too_large" });
    assert.deepEqual(steps, expected);
  });
}
