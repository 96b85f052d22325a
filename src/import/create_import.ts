import { ChatStateCache } from "../chats/chat_state_cache.ts";
import type { Clock } from "../core/clock.ts";
import type { PublicGetter } from "../core/public_getter.ts";
import type { MediaServices } from "../media/create_media.ts";
import type { Visitor } from "../model/caller.ts";
import type { OwnUsers } from "../own_users/own_users.ts";
import { Pictures } from "../own_users/pictures.ts";
import type { Store } from "../store/store.ts";
import type { Profiles } from "../users/profiles.ts";
import type { Log } from "../core/log.ts";
import { ChatsImport } from "./chats_import.ts";
import { DryRun } from "./dry_run.ts";
import { IdSequence } from "./id_sequence.ts";
import { ImportedMedia } from "./imported_media.ts";
import type { ImportTarget } from "./importer.ts";
import { KnownIds } from "./known_ids.ts";
import { MediaFiles } from "./media_files.ts";
import type { MessageLimits } from "./message_checks.ts";
import { MessageRows } from "./message_rows.ts";
import { MessagesImport } from "./messages_import.ts";
import { PeopleImport } from "./people_import.ts";

export interface ImportOptions {
  store: Store;
  people: OwnUsers;
  profiles: Profiles;
  media: Pick<MediaServices, "intake" | "library" | "pictures">;
  getter: PublicGetter;
  /** The folder of the file, without symbolic links. */
  folder: string;
  dataDir: string;
  visitor: Visitor;
  limits: MessageLimits & { groupMembers: number; chatsPerUser: number };
  unread: boolean;
  clock: Clock;
  log: Log;
}

/** Returns what writes lines into the store. */
export function createImport(options: ImportOptions): ImportTarget {
  const { store, people, media } = options;
  const files = new MediaFiles(options);
  const shared = {
    ...options,
    known: new KnownIds(store),
    ids: new IdSequence(),
    states: new ChatStateCache(store),
  };
  const pictures = new Pictures({ ...options, fetched: media.pictures });
  const imported = new ImportedMedia({ ...options, ...media, files, pictures });
  const persons = new PeopleImport({ ...options, people, media: imported });
  const chats = new ChatsImport(shared);
  const messages = new MessagesImport({
    ...shared,
    rows: new MessageRows(shared),
    media: imported,
  });
  return {
    person: (line) => persons.put(line),
    chat: (line) => chats.put(line),
    messages: (chat, lines) => messages.put(chat, lines),
  };
}

/** Returns what only checks lines. */
export function createDryRun(
  options: Pick<ImportOptions, "store" | "folder" | "dataDir" | "getter" | "limits" | "clock">,
): ImportTarget {
  const files = new MediaFiles(options);
  return new DryRun({ ...options, known: new KnownIds(options.store), files });
}
