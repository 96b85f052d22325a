import { eventually } from "./eventually.ts";
import { HttpClient } from "./http_client.ts";
import { ServerProcess } from "./server_process.ts";
import type { WebhookReceiver } from "./webhook_receiver.ts";

const WAIT = { within: 120_000, every: 50 };

/** The instances of one service, any of which may have ended. */
export class Instances implements AsyncDisposable {
  readonly running: ServerProcess[] = [];
  #turn = 0;

  constructor(private readonly env: Record<string, string>) {}

  async add(): Promise<void> {
    this.running.push(await ServerProcess.start({ env: this.env }));
  }

  /** The next of the running instances in turn, as a balancer chooses. */
  get next(): ServerProcess {
    return this.running[this.#turn++ % this.running.length];
  }

  /** Ends the first instance as a crash does. */
  async crash(): Promise<void> {
    const [first] = this.running.splice(0, 1);
    await first.kill("SIGKILL");
    await first[Symbol.asyncDispose]();
  }

  /** Repeats the send until an instance has stored it. */
  async send(token: string, chatId: string, text: string): Promise<void> {
    await eventually(`message ${text} is stored`, async () => {
      const body = { chatId, text, clientId: `client-${text}` };
      const { status } = await new HttpClient(this.next.url, token).post("/api/messages", body);
      return status === 200 || status === 201;
    }, WAIT);
  }

  /** An instance that does not know the endpoints yet records nothing for them. */
  async allKnow(backend: WebhookReceiver, token: string, chatId: string): Promise<void> {
    for (const [n, { url }] of this.running.entries()) {
      await eventually(`instance ${n} knows the endpoints`, async () => {
        const text = `warm-up ${n}`;
        await new HttpClient(url, token).post("/api/messages", { chatId, text });
        return backend.events.some(({ data }) => data.text === text);
      }, { ...WAIT, every: 300 });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.running) await each[Symbol.asyncDispose]();
  }
}
