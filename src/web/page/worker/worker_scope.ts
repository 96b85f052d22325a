/*
 * The part of a service worker's global scope that is used here. TypeScript's own types of it
 * cannot be loaded beside those of a page.
 */

export interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}

export interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

export interface PushEvent extends ExtendableEvent {
  readonly data: { json(): unknown } | null;
}

export interface NotificationEvent extends ExtendableEvent {
  readonly notification: Notification;
}

export interface SubscriptionChangeEvent extends ExtendableEvent {
  readonly oldSubscription?: PushSubscription | null;
  readonly newSubscription?: PushSubscription | null;
}

/** A tab with the page. */
export interface WindowClient {
  readonly url: string;
  readonly focused: boolean;
  readonly visibilityState: DocumentVisibilityState;
  focus(): Promise<unknown>;
  postMessage(message: unknown): void;
}

interface WorkerEvents {
  install: ExtendableEvent;
  activate: ExtendableEvent;
  fetch: FetchEvent;
  push: PushEvent;
  notificationclick: NotificationEvent;
  pushsubscriptionchange: SubscriptionChangeEvent;
}

export interface WorkerScope {
  readonly location: Location;
  readonly registration: ServiceWorkerRegistration;
  readonly navigator: Navigator;
  readonly clients: {
    claim(): Promise<void>;
    matchAll(
      options: { type: "window"; includeUncontrolled: boolean },
    ): Promise<readonly WindowClient[]>;
    openWindow(url: string): Promise<unknown>;
  };
  /** Written before this code when the page is built. */
  readonly shell: Shell;
  skipWaiting(): Promise<void>;
  addEventListener<Name extends keyof WorkerEvents>(
    name: Name,
    listener: (event: WorkerEvents[Name]) => void,
  ): void;
}

/** One build of the page. */
export interface Shell {
  /** Changes with every file. */
  version: string;
  /** Name of the script that the page begins with; a tab says by it which version it runs. */
  entry: string;
  /** Paths of the files that are fetched at once; larger ones are kept when they are first used. */
  paths: string[];
}

export const scope = globalThis as unknown as WorkerScope;
