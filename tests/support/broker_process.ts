import type { Signal } from "../../src/cluster/broker.ts";
import type { OtherBroker } from "../contract/broker.ts";

const SCRIPT = new URL("fixtures/broker_child.ts", import.meta.url).pathname;
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

/** A broker in a separate process, controlled by lines of JSON. */
export async function brokerProcess(
  kind: "kv" | "mongo",
  place: string,
  env: Record<string, string> = {},
): Promise<OtherBroker> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", "--config", CONFIG, SCRIPT, kind, place],
    env,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  const answers = linesOf(child.stdout)[Symbol.asyncIterator]();
  let ended = false;
  const ask = async (question: unknown) => {
    await input.write(new TextEncoder().encode(JSON.stringify(question) + "\n"));
    const { value } = await answers.next();
    return JSON.parse(value!);
  };
  const end = async (signal: Deno.Signal | null) => {
    if (ended) return;
    ended = true;
    if (signal) child.kill(signal);
    await child.status;
    await input.close().catch(() => {});
    while (!(await answers.next()).done);
  };
  await answers.next();
  return {
    publish: (signals: Signal[]) => ask({ publish: signals }),
    received: () => ask({ received: true }),
    close: async () => {
      if (ended) return;
      await ask({ close: true });
      await end(null);
    },
    die: () => end("SIGKILL"),
  };
}

async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
