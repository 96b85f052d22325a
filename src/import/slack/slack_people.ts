import { type Conversion, nameOf, usernameOf } from "../conversion.ts";
import type { SlackMessage, SlackUser } from "./export_types.ts";

/** Slack's own server of pictures: others (Gravatar) have but placeholders. */
const PICTURES = /^https:\/\/avatars\.slack-edge\.com\//;

/**
 * People of the export. Bots and members of other organizations are not in its list: they are made
 * when they first appear.
 */
export class SlackPeople {
  readonly #usernames = new Map<string, string>();
  readonly #names = new Map<string, string>();
  readonly #byBot = new Map<string, string>();

  constructor(private readonly conversion: Conversion) {}

  add(user: SlackUser): void {
    const { id, name, profile = {} } = user;
    const picture = [profile.image_512, profile.image_192].find((url) => url && PICTURES.test(url));
    if (profile.bot_id) this.#byBot.set(profile.bot_id, id);
    this.#emit(id, usernameOf(name), {
      name: nameOf(profile.display_name, profile.real_name, user.real_name, name, id),
      bio: profile.title?.trim() ? nameOf(profile.title) : undefined,
      picture,
      bot: user.is_bot === true || id === "USLACKBOT" ? true : undefined,
    });
  }

  has(id: string): boolean {
    return this.#usernames.has(id);
  }

  username(id: string): string | null {
    return this.#usernames.get(id) ?? null;
  }

  /** The name that others see. */
  nameOf(id: string): string {
    return this.#names.get(id) ?? id;
  }

  /** The author of a message, or null if it has none. */
  authorOf(message: SlackMessage): string | null {
    const { user, bot_id: bot } = message;
    return user ?? (bot === undefined ? null : this.#byBot.get(bot) ?? bot);
  }

  /** Makes the author if the list has not got them. */
  ensure(id: string, { username, user_profile: profile, bot_id: bot }: SlackMessage): void {
    if (this.has(id)) return;
    const names = [profile?.display_name, profile?.real_name, username, id];
    const isBot = bot !== undefined ? true : undefined;
    this.#emit(id, usernameOf(profile?.name), { name: nameOf(...names), bot: isBot });
  }

  #emit(id: string, username: string | undefined, fields: Record<string, unknown>): void {
    this.#names.set(id, String(fields.name));
    this.#usernames.set(id, username ?? String(fields.name));
    const externalId = this.conversion.person(id);
    this.conversion.emit({ type: "person", externalId, username, ...fields });
  }
}
