import { AppError } from "../core/errors.ts";
import type { Visitor } from "../model/caller.ts";
import type { User } from "../model/user.ts";
import type { OwnUserFields, OwnUsers } from "../own_users/own_users.ts";
import type { Store } from "../store/store.ts";
import type { PersonLine } from "./lines.ts";
import type { ImportedMedia } from "./imported_media.ts";

export interface PeopleImportOptions {
  store: Pick<Store, "users">;
  people: Pick<OwnUsers, "ensure">;
  media: Pick<ImportedMedia, "setPicture">;
  /** The origin in the audit trail. */
  visitor: Visitor;
}

/** Makes people. One who exists stays as they are, but for what an interrupted run left out. */
export class PeopleImport {
  constructor(private readonly options: PeopleImportOptions) {}

  /** Returns true if the person was made. */
  async put(line: PersonLine): Promise<boolean> {
    const { store, media } = this.options;
    const { user, made } = await this.#ensure(line);
    if (line.bot && !user.isBot) await store.users.update(user.id, { isBot: true });
    const hasPicture = user.avatarMediaId !== null || user.pictureUrl !== null;
    if (line.picture !== undefined && !hasPicture) await media.setPicture(user, line.picture);
    return made;
  }

  /** A username that is taken or reserved is replaced by one made of the name. */
  async #ensure(
    { externalId, name, username, bio, custom }: PersonLine,
  ): Promise<{ user: User; made: boolean }> {
    const fields: OwnUserFields = { name: name ?? username, username, bio, custom };
    const { people, visitor } = this.options;
    try {
      return await people.ensure(visitor, externalId, fields);
    } catch (error) {
      const isTaken = error instanceof AppError && error.errors?.[0].path === "username";
      if (!isTaken || username === undefined) throw error;
      return await people.ensure(visitor, externalId, { ...fields, username: undefined });
    }
  }
}
