import type { Log } from "../core/log.ts";
import type { User } from "../model/user.ts";
import type { FetchedPictures } from "../media/fetched_pictures.ts";
import type { Profiles } from "../users/profiles.ts";
import type { Store } from "../store/store.ts";

export interface PicturesOptions {
  store: Pick<Store, "users">;
  profiles: Pick<Profiles, "update">;
  fetched: Pick<FetchedPictures, "store">;
  log: Log;
}

/** Fetches in the background at a time, of all hosts and of one host. */
const AT_ONCE = 16;
const AT_ONCE_PER_HOST = 2;
/** Fetches that may wait; a further one is dropped, and made up for by the next change. */
const MAX_WAITING = 5_000;

interface Job {
  user: User;
  url: string;
  host: string;
}

/** Gives people the pictures at their URLs. A slow host delays only its own pictures. */
export class Pictures {
  readonly #waiting: Job[] = [];
  readonly #running = new Map<Job, Promise<void>>();

  constructor(private readonly options: PicturesOptions) {}

  /** Does nothing if the picture was fetched from there before; null removes it. */
  async set(user: User, url: string | null): Promise<User> {
    if (url === user.pictureUrl) return user;
    const { store, profiles, fetched } = this.options;
    const media = url === null ? null : await fetched.store(user.id, url);
    const changed = await profiles.update(user.id, { avatarMediaId: media?.id ?? null });
    return await store.users.update(user.id, { pictureUrl: url }) ?? changed;
  }

  /** Like `set`, after the response; a failure is logged. */
  later(user: User, url: string): void {
    if (url === user.pictureUrl) return;
    if (this.#waiting.length >= MAX_WAITING) {
      this.options.log.warn("Picture fetch dropped: too many are waiting", { userId: user.id });
      return;
    }
    this.#waiting.push({ user, url, host: new URL(url).host });
    this.#startNext();
  }

  /** Drops the fetches that wait, and resolves once those in progress have ended. */
  async close(): Promise<void> {
    this.#waiting.length = 0;
    await Promise.all(this.#running.values());
  }

  #startNext(): void {
    while (this.#running.size < AT_ONCE) {
      const busy = this.#busyHosts();
      const at = this.#waiting.findIndex(({ host }) => !busy.has(host));
      if (at < 0) return;
      const [job] = this.#waiting.splice(at, 1);
      const running = this.#run(job).finally(() => {
        this.#running.delete(job);
        this.#startNext();
      });
      this.#running.set(job, running);
    }
  }

  /** Hosts of which no further picture is fetched now. */
  #busyHosts(): Set<string> {
    const counts = new Map<string, number>();
    for (const { host } of this.#running.keys()) counts.set(host, (counts.get(host) ?? 0) + 1);
    return new Set(counts.keys().filter((host) => counts.get(host)! >= AT_ONCE_PER_HOST));
  }

  async #run({ user, url, host }: Job): Promise<void> {
    try {
      await this.set(user, url);
    } catch (error) {
      this.options.log.info("Picture fetch failed", { userId: user.id, host, error });
    }
  }
}
