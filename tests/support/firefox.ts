import { eventually } from "./eventually.ts";
import { requireService } from "./services.ts";
import { TempDir } from "./temp_dir.ts";
import { within } from "./within.ts";

/** Milliseconds within which an element has to appear; only a failing test waits that long. */
const PATIENCE_MS = 60_000;
/** Firefox itself takes that long where other tests run beside it. */
const START_MS = 120_000;

/** Keeps Firefox from asking its maker's servers for updates, experiments and portals. */
const PREFERENCES: Record<string, boolean | string | number> = {
  "app.normandy.enabled": false,
  "app.update.disabledForTesting": true,
  "browser.region.network.url": "",
  "browser.safebrowsing.provider.mozilla.updateURL": "",
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.update.enabled": false,
  "intl.accept_languages": "en-GB, en",
  "messaging-system.rsexperimentloader.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,",
  "toolkit.telemetry.enabled": false,
};

/** As `script.evaluate` and `browsingContext.locateNodes` describe elements. */
interface Node {
  sharedId: string;
}

interface Answer {
  id?: number;
  type: "success" | "error" | "event";
  result?: unknown;
  message?: string;
  method?: string;
  params?: { level?: string; text?: string };
}

/** Firefox without a window, driven by WebDriver BiDi. */
export class Firefox implements AsyncDisposable {
  /** Errors of scripts and of the console. */
  readonly faults: string[] = [];
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #nextId = 1;

  private constructor(
    private readonly process: Deno.ChildProcess,
    private readonly profile: TempDir,
    private readonly socket: WebSocket,
  ) {
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
  }

  static async launch(): Promise<Firefox> {
    const profile = await TempDir.make("firefox");
    const lines = Object.entries(PREFERENCES).map(([name, value]) =>
      `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`
    );
    await Deno.writeTextFile(profile.join("user.js"), lines.join("\n"));
    const process = new Deno.Command(requireService("firefox"), {
      args: [
        "--headless",
        "--no-remote",
        "--profile",
        profile.path,
        "--remote-debugging-port",
        "0",
      ],
      env: { HOME: profile.path, MOZ_DISABLE_CONTENT_SANDBOX: "1" },
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const address = await within("Firefox listens", addressOf(process.stderr), START_MS);
    const socket = new WebSocket(`${address}/session`);
    await within(
      "Firefox takes commands",
      new Promise((resolve) => socket.onopen = resolve),
      START_MS,
    );
    const firefox = new Firefox(process, profile, socket);
    await firefox.call("session.new", { capabilities: {} }, START_MS);
    await firefox.call("session.subscribe", { events: ["log.entryAdded"] });
    return firefox;
  }

  /** Opens a page with separate storage, as if in another browser. */
  async page(url: string): Promise<FirefoxPage> {
    const { userContext } = await this.call("browser.createUserContext", {}) as {
      userContext: string;
    };
    const { context } = await this.call("browsingContext.create", {
      type: "tab",
      userContext,
    }) as { context: string };
    const page = new FirefoxPage(this, context);
    await page.goto(url);
    return page;
  }

  /** Throws the browser's message if the command fails. */
  async call(method: string, params: object, ms = PATIENCE_MS): Promise<unknown> {
    const id = this.#nextId++;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.socket.send(JSON.stringify({ id, method, params }));
    return await within(`${method} is done`, waiting.promise, ms);
  }

  #receive({ id, type, result, message, method, params }: Answer): void {
    if (method === "log.entryAdded" && params?.level === "error") {
      this.faults.push(params.text ?? "");
    }
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id!);
    if (type === "success") waiting.resolve(result);
    else waiting.reject(new Error(message));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.socket.onclose = resolve);
    this.socket.close();
    await closed;
    this.process.kill("SIGKILL");
    await this.process.status;
    await this.profile[Symbol.asyncDispose]();
  }
}

/** One tab; elements are found by their roles and names, as a screen reader does. */
export class FirefoxPage {
  constructor(private readonly firefox: Firefox, private readonly context: string) {}

  async goto(url: string): Promise<void> {
    const { context } = this;
    await this.firefox.call("browsingContext.navigate", { context, url, wait: "interactive" });
  }

  async reload(): Promise<void> {
    const { context } = this;
    await this.firefox.call("browsingContext.reload", { context, wait: "interactive" });
  }

  async click(role: string, name: string): Promise<void> {
    const { sharedId } = await this.#element({ type: "accessibility", value: { role, name } });
    const origin = { type: "element", element: { sharedId } };
    const actions = [
      { type: "pointerMove", x: 0, y: 0, origin },
      { type: "pointerDown", button: 0 },
      { type: "pointerUp", button: 0 },
    ];
    await this.#act([{ type: "pointer", id: "mouse", actions }]);
  }

  /** Types into the element that has the focus. */
  async type(text: string): Promise<void> {
    const actions = [...text].flatMap((value) => [
      { type: "keyDown", value },
      { type: "keyUp", value },
    ]);
    await this.#act([{ type: "key", id: "keyboard", actions }]);
  }

  async chooseFiles(selector: string, ...files: string[]): Promise<void> {
    const element = await this.#element({ type: "css", value: selector });
    await this.firefox.call("input.setFiles", {
      context: this.context,
      element: { sharedId: element.sharedId },
      files,
    });
  }

  /** Resolves once the page contains the text. */
  async waitForText(text: string): Promise<void> {
    await eventually(`the page says ${text}`, async () => {
      return await this.evaluate(`document.body.innerText.includes(${JSON.stringify(text)})`);
    }, { within: PATIENCE_MS });
  }

  /** Returns a boolean, number or string. */
  async evaluate(expression: string): Promise<unknown> {
    const { result } = await this.firefox.call("script.evaluate", {
      expression,
      target: { context: this.context },
      awaitPromise: true,
    }) as { result?: { value?: unknown } };
    return result?.value;
  }

  async #act(actions: object[]): Promise<void> {
    await this.firefox.call("input.performActions", { context: this.context, actions });
  }

  async #element(locator: object): Promise<Node> {
    let found: Node | undefined;
    const { context } = this;
    await eventually(`there is ${JSON.stringify(locator)}`, async () => {
      const located = await this.firefox.call("browsingContext.locateNodes", { context, locator });
      found = (located as { nodes: Node[] }).nodes[0];
      return found !== undefined;
    }, { within: PATIENCE_MS });
    return found!;
  }
}

/**
 * Firefox writes the address of its socket once it listens; it would stop if the rest were not
 * read.
 */
function addressOf(stderr: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  const found = Promise.withResolvers<string>();
  const read = async () => {
    let text = "";
    for await (const chunk of stderr.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const [, address] = /listening on (ws:\/\/\S+)/.exec(text) ?? [];
      if (address) found.resolve(address);
    }
    found.reject(new Error(`Firefox ended: ${text}`));
  };
  read().catch(found.reject);
  return found.promise;
}
