/**
 * Loaded before each test file by `deno task test`: bounds each test, names the files under way for
 * the bound of the whole run, and fails tests that leak timers, sockets or files, which Deno allows
 * since 2.9 unless told otherwise.
 */

/** Milliseconds; far above the slowest test on a busy machine, so that it ends only what hangs. */
const BOUND_MS = Number(Deno.env.get("TEST_BOUND_MS") ?? 10 * 60_000);

/** Folder with a file for each test file under way. */
const running = Deno.env.get("TEST_RUNNING_FOLDER");

// Tests may replace them.
const { setTimeout, clearTimeout } = globalThis;

Deno.test.sanitizer?.({ ops: true, resources: true });

let timer: ReturnType<typeof setTimeout> | undefined;

// The error that nothing catches cancels this test and the rest of its file; the runner names it.
Deno.test.beforeEach(() => {
  timer = setTimeout(() => {
    throw new Error(`The test has not ended within ${BOUND_MS} ms`);
  }, BOUND_MS);
  // Without this, Deno would no longer fail a test that waits for nothing at all.
  Deno.unrefTimer(timer);
});

Deno.test.afterEach(() => clearTimeout(timer));

if (running) {
  const path = `${running}/${crypto.randomUUID()}`;
  Deno.test.beforeAll(() => Deno.writeTextFileSync(path, Deno.mainModule));
  Deno.test.afterAll(() => Deno.removeSync(path));
}
