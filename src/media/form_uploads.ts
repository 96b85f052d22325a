import { AppError, fieldError, quote } from "../core/errors.ts";
import type { Media } from "../model/media.ts";
import type { MediaIntake, StoredBytes } from "./media_intake.ts";
import { largestLimit, type MediaLimits } from "./media_rules.ts";
import { boundaryOf, type MultipartPart, multipartParts } from "./multipart.ts";
import { stallGuarded } from "./stall_guard_stream.ts";
import type { UploadTarget } from "./upload_target.ts";

const MAX_FIELD_BYTES = 256;

/** An upload in one request: a form with a `file`, and a `chatId` before or after it. */
export class FormUploads {
  constructor(
    private readonly intake: MediaIntake,
    private readonly target: UploadTarget,
    private readonly limits: MediaLimits,
    /** Called with the number of bytes of a stored file. */
    private readonly onUploaded: (bytes: number) => void,
  ) {}

  /**
   * Throws like `MediaIntake`, and `quota_exceeded` as soon as the body exceeds the user's quota.
   */
  async take(userId: string, { headers, body }: Pick<Request, "headers" | "body">) {
    const boundary = boundaryOf(headers.get("content-type"));
    if (!body) throw new AppError("invalid_request", "Cannot upload: the form is empty");
    // The file is slightly smaller than the body; its exact size is counted once it is stored.
    const size = Math.min(declaredLength(headers), largestLimit(this.limits));
    const form = new FormReading(userId, size, this.intake, this.target);
    try {
      const guarded = stallGuarded(body, this.limits.uploadTimeMs);
      for await (const part of multipartParts(guarded, boundary)) await form.take(part);
      const media = await form.finish();
      this.onUploaded(form.bytes);
      return media;
    } catch (error) {
      await form.discard();
      throw error;
    }
  }
}

class FormReading {
  #media: Media | null = null;
  #stored: StoredBytes | null = null;
  #encrypted: boolean | null = null;

  constructor(
    private readonly userId: string,
    private readonly size: number,
    private readonly intake: MediaIntake,
    private readonly target: UploadTarget,
  ) {}

  /** Number of received bytes of the file. */
  get bytes(): number {
    return this.#stored?.size ?? 0;
  }

  async take(part: MultipartPart): Promise<void> {
    if (part.name === "file" && this.#media === null) return await this.#takeFile(part);
    if (part.name === "chatId" && part.fileName === null && this.#encrypted === null) {
      this.#encrypted = await this.target.isEncrypted(this.userId, await textOf(part));
      return;
    }
    const isKnown = part.name === "file" || part.name === "chatId";
    const fault = isKnown ? "must be given once, and file as a file" : "is not a known field";
    throw fieldError("invalid_request", part.name.slice(0, 100), `${quote(part.name)} ${fault}`);
  }

  async finish(): Promise<Media> {
    if (!this.#media || !this.#stored) {
      throw fieldError("invalid_request", "file", "Cannot upload: the form has no file");
    }
    this.#media = { ...this.#media, encrypted: this.#encrypted ?? false };
    return await this.intake.finalize(this.#media, this.#stored);
  }

  async discard(): Promise<void> {
    if (this.#media) await this.intake.discard(this.#media);
  }

  async #takeFile({ fileName, body }: MultipartPart): Promise<void> {
    this.#media = await this.intake.begin({
      ownerId: this.userId,
      name: fileName ?? "file",
      encrypted: this.#encrypted ?? false,
      size: this.size,
    });
    this.#stored = await this.intake.receive(this.#media, body);
  }
}

/** Bytes; 0 if the request does not declare a length. */
function declaredLength(headers: Headers): number {
  const text = headers.get("content-length") ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

async function textOf({ name, body }: MultipartPart): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_FIELD_BYTES) {
      throw fieldError(
        "invalid_request",
        name,
        `${name} must have at most ${MAX_FIELD_BYTES} bytes`,
      );
    }
  }
  return text + decoder.decode();
}
