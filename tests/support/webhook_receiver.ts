import { type Clock, systemClock } from "../../src/core/clock.ts";
import { eventually } from "./eventually.ts";
import { readmeBlock } from "./readme_block.ts";

export interface ReceivedWebhook {
  id: string;
  type: string;
  chatId?: string;
  rev?: number;
  // deno-lint-ignore no-explicit-any -- tests read it as deeply as they like
  data: any;
}

type Verify = (
  headers: Headers,
  body: string,
  secret: string,
  now?: number,
) => ReceivedWebhook | null;

/** Response to one request, or its status, or a promise that the response waits for. */
export type Answer = number | Response | Promise<number | Response>;

/**
 * A customer's backend: verifies each request with the example of the guide, and keeps the events
 * that it accepted, in order of arrival. A request that it does not accept is only counted.
 */
export class WebhookReceiver implements AsyncDisposable {
  readonly events: ReceivedWebhook[] = [];
  /** `webhook-id`, headers and body of every request, whatever was answered. */
  readonly requests: { headers: Headers; body: string }[] = [];
  /** Requests with a wrong signature. */
  forged = 0;
  secret = "";
  /** The clock of the server under test, if it is not the system's. */
  clock: Clock = systemClock;
  /** Decides on the response of each request. */
  answer: (event: ReceivedWebhook) => Answer = () => 204;
  /** Takes the place of `answer`, for requests whose response has a body. */
  respond: ((body: string) => Promise<Response>) | null = null;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor(private readonly verify: Verify) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => this.#handle(request),
    );
  }

  static async start(): Promise<WebhookReceiver> {
    return new WebhookReceiver(await exampleVerify());
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  get url(): string {
    return `${this.origin}/events`;
  }

  /** Resolves once `count` events were accepted. */
  async received(count: number): Promise<ReceivedWebhook[]> {
    const what = `${count} webhooks have come (${this.origin})`;
    await eventually(what, () => this.events.length >= count, { within: 30_000 });
    return this.events;
  }

  /** Revisions of a chat in the order in which each was accepted for the first time. */
  firstRevs(chatId: string): number[] {
    const ofChat = this.events.filter((event) => event.chatId === chatId);
    return [...new Map(ofChat.map(({ id, rev }) => [id, rev!])).values()];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #handle(request: Request): Promise<Response> {
    const body = await request.text();
    this.requests.push({ headers: request.headers, body });
    const event = this.verify(request.headers, body, this.secret, this.clock.now());
    if (event === null) {
      this.forged++;
      return new Response("forged", { status: 401 });
    }
    if (this.respond !== null) return await this.respond(body);
    const answer = await this.answer(event);
    const response = typeof answer === "number" ? responseOf(answer) : answer;
    if (response.ok) this.events.push(...(event.type === "batch" ? event.data : [event]));
    return response;
  }
}

function responseOf(status: number): Response {
  return new Response(status === 204 ? null : `status ${status}`, { status });
}

/** Returns the function of the guide's example. */
export async function exampleVerify(): Promise<Verify> {
  const code = readmeBlock("src/webhooks/README.md", "verifiedEvent");
  const { verifiedEvent } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  return verifiedEvent;
}
