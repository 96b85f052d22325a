import { join } from "node:path";
import type { BackendClient } from "../../support/api_keys.ts";
import type { OwnIssuer } from "../../support/own_issuer.ts";

const PAGE = new URL("page.html", import.meta.url);
/** Short, so that pages need several tokens within the test. */
const EXPIRES_IN_S = 10;

/** A customer's employee: the password is the customer's, and never leaves it. */
export interface Employee {
  externalId: string;
  name: string;
  password: string;
}

export interface ShopOptions {
  employees: Record<string, Employee>;
  issuer: OwnIssuer;
  /** Folder of the client library, as its package carries it for pages. */
  library: string;
}

/** A customer's product: its page, its people, their sign-in and their tokens. */
export class Shop implements AsyncDisposable {
  /** Cookies of signed-in people. */
  readonly #sessions = new Map<string, Employee>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  /** Tokens that pages have asked for. */
  handedOut = 0;
  /** Address of the chat, as browsers reach it. */
  chatUrl = "";
  /** The backend's client of the chat, with an API key. */
  chat: BackendClient | null = null;

  constructor(private readonly options: ShopOptions) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) =>
        this.#handle(request).catch((error) => new Response(error.message, { status: 500 })),
    );
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async token({ externalId, name }: Employee, expiresInS = EXPIRES_IN_S): Promise<string> {
    const now = Date.now();
    const exp = Math.floor(now / 1000) + expiresInS;
    return await this.options.issuer.token(externalId, now, { name, exp });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #handle(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const [, section, rest] = /^\/([^/]*)\/?(.*)$/.exec(pathname)!;
    if (section === "") return await file(PAGE, "text/html; charset=utf-8");
    if (section === "library") {
      return await file(join(this.options.library, rest), "text/javascript");
    }
    if (section === "sign-in") return this.#signIn(await request.json());
    const employee = this.#sessions.get(request.headers.get("cookie") ?? "");
    if (employee === undefined) return new Response("Sign in first", { status: 401 });
    if (section === "chat-token") {
      this.handedOut++;
      return Response.json({ token: await this.token(employee) });
    }
    if (section === "people") return await this.#person(rest);
    return new Response(null, { status: 404 });
  }

  #signIn({ name, password }: { name: string; password: string }): Response {
    const employee = this.options.employees[name];
    if (employee?.password !== password) return new Response("Wrong password", { status: 401 });
    const cookie = `shop=${crypto.randomUUID()}`;
    this.#sessions.set(cookie, employee);
    const server = this.chatUrl;
    return Response.json({ server }, {
      headers: { "set-cookie": `${cookie}; HttpOnly; SameSite=Lax` },
    });
  }

  /** The chat's id of a colleague, whom the chat knows by the shop's own id. */
  async #person(name: string): Promise<Response> {
    const { externalId } = this.options.employees[name];
    const { body } = await this.chat!.get(`/api/server/users/${externalId}`);
    return Response.json({ id: body.user.id });
  }
}

async function file(path: string | URL, type: string): Promise<Response> {
  const bytes = await Deno.readFile(path).catch(() => null);
  if (bytes === null) return new Response(null, { status: 404 });
  return new Response(bytes, { headers: { "content-type": type } });
}
