import assert from "node:assert/strict";
import { lineOutput } from "../../src/core/line_output.ts";

Deno.test("lines of one turn leave in one write, whole and in order", async () => {
  const written: string[] = [];
  const write = lineOutput((bytes) => written.push(new TextDecoder().decode(bytes)));
  write("one");
  write("twö");
  assert.deepEqual(written, []);
  await new Promise((resolve) => setTimeout(resolve, 1));
  assert.deepEqual(written, ["one\ntwö\n"]);
  write("three");
  await new Promise((resolve) => setTimeout(resolve, 1));
  assert.deepEqual(written, ["one\ntwö\n", "three\n"]);
});

Deno.test("what waits is written when the process ends by itself", async () => {
  const url = new URL("../../src/core/line_output.ts", import.meta.url).href;
  const script = `import { lineOutput } from ${JSON.stringify(url)};
    const write = lineOutput();
    write("a".repeat(300_000));
    write("last");
    Deno.exit(0);`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", script],
    stdout: "piped",
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert.equal(text.length, 300_000 + 1 + 5);
  assert(text.endsWith("last\n"));
});
