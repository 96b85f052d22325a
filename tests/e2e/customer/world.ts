import assert from "node:assert/strict";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { bundleClient } from "../../tools/client_package/build.ts";
import { type BackendClient, backendOf } from "../../support/api_keys.ts";
import { TestBrowser } from "../../support/browser.ts";
import { CuttableProxy } from "../../support/cuttable_proxy.ts";
import { Instances } from "../../support/instances.ts";
import { MongodbServer } from "../../support/mongodb_server.ts";
import { OwnIssuer } from "../../support/own_issuer.ts";
import { openStoreOf } from "../../support/people.ts";
import { TempDir } from "../../support/temp_dir.ts";
import { testConfig, testEnvironment } from "../../support/test_config.ts";
import { WebhookReceiver } from "../../support/webhook_receiver.ts";
import { type Employee, Shop } from "./shop.ts";

export const EMPLOYEES = {
  ann: { externalId: "shop|ann", name: "Ann Example", password: "kites for ann" },
  bob: { externalId: "shop|bob", name: "Bob Example", password: "kites for bob" },
} satisfies Record<string, Employee>;

export type Name = keyof typeof EMPLOYEES;

/** The customer's product, and two instances of the chat on one store, behind a balancer. */
export interface CustomerWorld extends AsyncDisposable {
  shop: Shop;
  issuer: OwnIssuer;
  instances: Instances;
  /** The backend's client, with an API key of these scopes only. */
  chat: BackendClient;
  /** Receives all events, and responds as the test says. */
  events: WebhookReceiver;
  /** Receives all events, and never responds. */
  silent: WebhookReceiver;
  /** Is asked before each message. */
  hook: WebhookReceiver;
  /** Opens the customer's page in another browser, and signs in there. */
  open(name: Name): Promise<Page>;
  /** Errors of the pages. */
  faults(): string[];
  /** Where a redirect of the customer's leads, and how often somebody followed it. */
  trap: { url: string; followed: number };
  /** Pending until the world ends: an answer that never comes. */
  never: Promise<number>;
}

export async function customerWorld(): Promise<CustomerWorld> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await TempDir.make("customer"));
  const library = folder.join("library");
  await bundleClient(library);
  const mongodb = stack.use(await MongodbServer.start({ durable: true }));
  const issuer = stack.use(await OwnIssuer.start());
  const [events, silent, hook] = await receivers(stack);
  const shop = stack.use(new Shop({ employees: EMPLOYEES, issuer, library: join(library, "min") }));
  const env = testEnvironment({
    ...issuer.environment,
    MONGODB_URI: mongodb.uri(),
    BROKER: "mongo",
    DATA_DIR: folder.join("data"),
    LOCAL_REGISTRATION: "off",
    CORS_ORIGINS: shop.origin,
    WEBHOOK_ALLOW_PRIVATE: [events, silent, hook].map(({ origin }) => origin).join(),
    LIMIT_MESSAGE_HOOK_MS: "5000",
  });
  const instances = stack.use(new Instances(env));
  await Promise.all([instances.add(), instances.add()]);
  const balancer = stack.use(new CuttableProxy(() => Number(new URL(instances.next.url).port)));
  shop.chatUrl = `http://127.0.0.1:${balancer.port}`;
  const openStore = () => openStoreOf(testConfig(folder.join("data"), env));
  const chat = await backendOf({ url: shop.chatUrl, openStore }, {
    scopes: ["users:read", "users:write", "act_as", "chats:write", "webhooks"],
  });
  shop.chat = chat;
  const browsers: TestBrowser[] = [];
  const trap = openTrap(stack);
  const { promise: never, resolve: release } = Promise.withResolvers<number>();
  silent.answer = () => never;
  stack.defer(() => release(204));
  return {
    shop,
    issuer,
    instances,
    chat,
    events,
    silent,
    hook,
    trap,
    never,
    async open(name) {
      const browser = stack.use(await TestBrowser.launch());
      browsers.push(browser);
      return await signIn(await browser.page(), shop.origin, name);
    },
    faults: () => browsers.flatMap(({ faults }) => faults),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function receivers(stack: AsyncDisposableStack): Promise<WebhookReceiver[]> {
  return await Promise.all([1, 2, 3].map(async () => stack.use(await WebhookReceiver.start())));
}

function openTrap(stack: AsyncDisposableStack): CustomerWorld["trap"] {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    trap.followed++;
    return new Response();
  });
  stack.defer(() => server.shutdown());
  const trap = { url: `http://127.0.0.1:${server.addr.port}/`, followed: 0 };
  return trap;
}

async function signIn(page: Page, origin: string, name: Name): Promise<Page> {
  await page.goto(origin);
  await page.getByPlaceholder("Name").fill(name);
  await page.getByPlaceholder("Password").fill(EMPLOYEES[name].password);
  await page.getByText("Sign in").click();
  await page.getByPlaceholder("Colleague").waitFor();
  return page;
}

/** Subscribes the receivers, and puts the hook in force. */
export async function subscribe({ chat, events, silent, hook }: CustomerWorld): Promise<void> {
  for (const receiver of [silent, events]) {
    const fields = { url: receiver.url, events: ["message.created", "user.created"] };
    const { status, body } = await chat.post("/api/admin/webhooks", fields);
    assert.equal(status, 201, JSON.stringify(body));
    receiver.secret = body.secret;
  }
  const { status, body } = await chat.put("/api/admin/message-hook", { url: hook.url });
  assert.equal(status, 200, JSON.stringify(body));
  hook.secret = body.secret;
}
