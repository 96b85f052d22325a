import { fieldError, quote } from "../core/errors.ts";
import { FetchRefused, type PublicGetter } from "../core/public_getter.ts";
import type { Media } from "../model/media.ts";
import { detectFileType, HEAD_SIZE } from "./file_type.ts";
import type { MediaIntake } from "./media_intake.ts";
import type { MediaLimits } from "./media_rules.ts";

/** For the whole of one picture, with its redirects. */
const TIMEOUT_MS = 5_000;
const MAX_BYTES = 8 * 1024 * 1024;

/** Fetches pictures from URLs that a customer's backend or its tokens name. */
export class FetchedPictures {
  readonly #stop = new AbortController();

  constructor(
    private readonly getter: PublicGetter,
    private readonly intake: MediaIntake,
    private readonly limits: MediaLimits,
  ) {}

  /**
   * Stores the picture as an upload of the user. Throws `invalid_request` about `picture` if it
   * cannot be fetched or is no image, and what every upload may throw.
   */
  async store(ownerId: string, url: string): Promise<Media> {
    const bytes = await this.#fetch(url);
    const { kind } = detectFileType(bytes.subarray(0, HEAD_SIZE));
    if (kind !== "image") throw refused(url, "it is no image");
    const media = await this.intake.begin({
      ownerId,
      name: "picture",
      encrypted: false,
      size: bytes.length,
    });
    try {
      const stored = await this.intake.receive(media, new Blob([bytes]).stream());
      return await this.intake.finalize(media, stored);
    } catch (error) {
      await this.intake.discard(media);
      throw error;
    }
  }

  /** Aborts what is being fetched. */
  close(): void {
    this.#stop.abort();
  }

  async #fetch(url: string): Promise<Uint8Array<ArrayBuffer>> {
    const maxBytes = Math.min(MAX_BYTES, this.limits.imageBytes);
    const signal = AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), this.#stop.signal]);
    try {
      return await this.getter.get(url, { maxBytes, signal });
    } catch (error) {
      const isKnown = error instanceof FetchRefused;
      throw refused(url, isKnown ? error.message : "its server does not respond");
    }
  }
}

function refused(url: string, reason: string) {
  const message = `Cannot fetch the picture ${quote(url)}: ${reason}`;
  return fieldError("invalid_request", "picture", message);
}
