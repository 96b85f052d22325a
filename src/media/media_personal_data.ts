import type { Store } from "../store/store.ts";
import type { ExportSection, PersonalData } from "../users/personal_data.ts";
import { mediaView } from "../api/views/media.ts";
import type { MediaLibrary } from "./media_library.ts";

const PAGE = 100;

/**
 * Personal data of media: a user's uploads. The export lists them; the bytes are downloaded by id.
 */
export class MediaPersonalData implements PersonalData {
  readonly name = "media";

  constructor(
    private readonly store: Pick<Store, "media">,
    private readonly library: MediaLibrary,
  ) {}

  sections(userId: string): ExportSection[] {
    return [{ name: "media", rows: this.#uploads(userId) }];
  }

  erase(userId: string): Promise<void> {
    return this.library.eraseAllOf(userId);
  }

  async *#uploads(ownerId: string): AsyncIterable<unknown> {
    for (let after: string | null = null;;) {
      const page = await this.store.media.ofOwner(ownerId, after, PAGE);
      yield* page.filter(({ status }) => status === "ready").map(mediaView);
      if (page.length < PAGE) return;
      after = page.at(-1)!.id;
    }
  }
}
