import assert from "node:assert/strict";
import type { BrowserContext, CDPSession, Page } from "playwright-core";
import { eventually } from "./eventually.ts";
import type { ReceivedWebPush, WebPushServer } from "./web_push_server.ts";

/** As `PushSubscription.toJSON` gives it. */
interface SubscriptionJson {
  endpoint: string;
  keys: { p256dh: string; auth: string };
}

/** A notification as the browser shows it. */
export interface Shown {
  title: string;
  body: string;
  tag: string;
}

/**
 * The push service of a test's browser. Chromium subscribes only at Google's service, which tests
 * do not have: here the page's calls of `PushManager` reach `WebPushServer`, and the pushes that
 * the server sends there are handed to the real service worker by the DevTools protocol, as the
 * browser does.
 */
export class PagePush {
  /** Null while the browser is not subscribed. */
  subscription: SubscriptionJson & { key: string } | null = null;
  #delivered = 0;

  private constructor(
    private readonly service: WebPushServer,
    private readonly origin: string,
    private readonly context: BrowserContext,
  ) {}

  static async start(service: WebPushServer, page: Page, origin: string): Promise<PagePush> {
    const context = page.context();
    const push = new PagePush(service, origin, context);
    await context.grantPermissions(["notifications"], { origin });
    await context.exposeFunction("pushService", (action: string, key: string) => {
      if (action === "subscribe") push.subscribe(key);
      if (action === "unsubscribe") push.#unsubscribe();
      return push.subscription;
    });
    await context.addInitScript(installFake);
    return push;
  }

  subscribe(key: string): SubscriptionJson {
    const { endpoint, p256dh, auth } = this.service.subscribe(key);
    const json = { endpoint, keys: { p256dh, auth } };
    this.subscription = { ...json, key };
    return json;
  }

  #unsubscribe(): void {
    if (this.subscription) this.service.unsubscribe(this.subscription.endpoint);
    this.subscription = null;
  }

  /**
   * Hands pushes to the service worker in order, as the server sends them, up to the first that
   * contains the text: what was read is withdrawn in between, sooner or later.
   */
  async deliver(text: string): Promise<ReceivedWebPush> {
    for (;;) {
      const push = await this.#deliverNext();
      if (push.payload.includes(text)) return push;
    }
  }

  async #deliverNext(): Promise<ReceivedWebPush> {
    const next = this.#delivered++;
    await eventually("the push has come", () => this.service.received.length > next, {
      within: 60_000,
    });
    const push = this.service.received[next];
    const page = await this.context.newPage();
    try {
      const session = await this.context.newCDPSession(page);
      const registrationId = await this.#registrationId(session);
      const { origin } = this;
      await session.send("ServiceWorker.deliverPushMessage", {
        origin,
        registrationId,
        data: push.payload,
      });
    } finally {
      await page.close();
    }
    return push;
  }

  async #registrationId(session: CDPSession): Promise<string> {
    const found = new Promise<string>((resolve) => {
      session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
        const ours = registrations.find(({ scopeURL }) => scopeURL === `${this.origin}/`);
        if (ours) resolve(ours.registrationId);
      });
    });
    await session.send("ServiceWorker.enable");
    return await found;
  }

  /** Resolves once the browser shows as many notifications, with their texts. */
  async shown(count: number, isRight: (all: Shown[]) => boolean = () => true): Promise<Shown[]> {
    const page = await this.context.newPage();
    try {
      // Of this origin, and no page that the service worker counts as a tab.
      await page.goto(`${this.origin}/healthz`);
      let all: Shown[] = [];
      await eventually(`${count} notifications are shown`, async () => {
        all = await page.evaluate(async () => {
          const registration = await navigator.serviceWorker.getRegistration("/");
          const shown = await registration!.getNotifications();
          return shown.map(({ title, body, tag }) => ({ title, body, tag }));
        });
        return all.length === count && isRight(all);
      }, { within: 60_000 });
      return all;
    } finally {
      await page.close();
    }
  }

  /**
   * Clicks the one notification that is shown. Returns the address that the service worker opens;
   * null if it turns to an open tab. No browser lets a test click, so the worker gets the event
   * alone.
   */
  async click(): Promise<string | null> {
    const [worker] = this.context.serviceWorkers();
    assert(worker, "the service worker runs");
    return await worker.evaluate(async () => {
      interface Scope {
        registration: ServiceWorkerRegistration;
        clients: { openWindow(url: string): Promise<void> };
      }
      const { registration, clients } = globalThis as unknown as Scope;
      const [notification] = await registration.getNotifications();
      let opened: string | null = null;
      clients.openWindow = (url) => {
        opened = url;
        return Promise.resolve();
      };
      let work: Promise<unknown> = Promise.resolve();
      const event = Object.assign(new Event("notificationclick"), {
        notification,
        waitUntil: (each: Promise<unknown>) => work = each,
      });
      dispatchEvent(event);
      // Turning to a tab needs a real click.
      await work.catch(() => {});
      return opened;
    });
  }
}

/** Runs in every page before its scripts. */
function installFake(): void {
  interface Fake {
    pushService(
      action: string,
      key?: string,
    ): Promise<{ endpoint: string; keys: object; key: string } | null>;
  }
  if (!("PushManager" in globalThis)) return;
  const { pushService } = globalThis as unknown as Fake;
  const view = (made: Awaited<ReturnType<Fake["pushService"]>>) => {
    if (!made) return null;
    const text = atob(made.key.replaceAll("-", "+").replaceAll("_", "/"));
    const { buffer } = Uint8Array.from(text, (each) => each.charCodeAt(0));
    return {
      endpoint: made.endpoint,
      options: { applicationServerKey: buffer },
      toJSON: () => ({ endpoint: made.endpoint, keys: made.keys }),
      unsubscribe: () => pushService("unsubscribe").then(() => true),
    };
  };
  Object.assign(PushManager.prototype, {
    subscribe: async ({ applicationServerKey }: { applicationServerKey: string }) => {
      return view(await pushService("subscribe", applicationServerKey));
    },
    getSubscription: async () => view(await pushService("get")),
  });
}
