import type { ChatAccess } from "../chats/chat_access.ts";
import type { ChatWriter } from "../chats/chat_writer.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { PublicGetter } from "../core/public_getter.ts";
import type { ChatCommit } from "../model/chat_step.ts";
import type { Store } from "../store/store.ts";
import type { BlobStore } from "./blobs/blob_store.ts";
import { DirectUploads } from "./direct_uploads.ts";
import { FetchedPictures } from "./fetched_pictures.ts";
import { FormUploads } from "./form_uploads.ts";
import { ImageProcessor } from "./images/processor.ts";
import { Leases } from "./lease.ts";
import { MediaAccess } from "./media_access.ts";
import { MediaIntake } from "./media_intake.ts";
import { MediaLibrary } from "./media_library.ts";
import { MediaLinks } from "./media_links.ts";
import type { MediaLimits } from "./media_rules.ts";
import { MediaSharing } from "./media_sharing.ts";
import { MediaSweeper } from "./media_sweeper.ts";
import { OpenDownloads } from "./open_downloads.ts";
import { ResumableUploads } from "./resumable_uploads.ts";
import type { OnUploaded } from "./upload_metrics.ts";
import { UploadTarget } from "./upload_target.ts";

export interface MediaOptions {
  store: Store;
  blobs: BlobStore;
  writer: ChatWriter;
  chatAccess: ChatAccess;
  clock: Clock;
  log: Log;
  limits: MediaLimits & { imagePixels: number };
  /** Bytes that decoding one image may take. */
  imageMemoryBytes: number;
  /** Secrets, the current one first, from which the keys of links are derived. */
  secrets: readonly Uint8Array[];
  onUploaded: OnUploaded;
  /** Origins of pictures that may be in a private network. */
  pictureOrigins: readonly string[];
}

export interface MediaServices {
  downloads: OpenDownloads;
  intake: MediaIntake;
  access: MediaAccess;
  library: MediaLibrary;
  links: MediaLinks;
  forms: FormUploads;
  pictures: FetchedPictures;
  resumable: ResumableUploads;
  direct: DirectUploads;
  sweeper: MediaSweeper;
  /** For `ChatWriter`: triggers the removal of uploads that a commit no longer references. */
  committed(commit: ChatCommit): void;
  close(): Promise<void>;
}

export function createMedia(options: MediaOptions): MediaServices {
  const { store, blobs, writer, clock, log, limits, onUploaded } = options;
  const images = new ImageProcessor({
    maxPixels: limits.imagePixels,
    memoryBytes: options.imageMemoryBytes,
  });
  const leases = new Leases(store.leases, clock);
  const onMissing = (key: string) =>
    log.warn(
      "Bytes of a file are missing: they were deleted just now, or another instance has them in a " +
        "separate DATA_DIR, which AWS_BUCKET_NAME would cure",
      { key },
    );
  const target = new UploadTarget(store, options.chatAccess);
  const intake = new MediaIntake({ store, blobs, images, clock, limits });
  const access = new MediaAccess(store);
  const library: MediaLibrary = new MediaLibrary({
    store,
    writer,
    access,
    clock,
    limits,
    sharing: new MediaSharing(store, clock, limits),
    purge: (media) => sweeper.purge(media),
  });
  const sweeper = new MediaSweeper({
    store,
    blobs,
    references: library,
    leases,
    clock,
    log,
    limits,
  });
  const resumable = new ResumableUploads({
    store,
    blobs,
    intake,
    target,
    leases,
    clock,
    limits,
    onAppended: (bytes) => onUploaded("tus", bytes),
    onMissing,
  });
  const direct = new DirectUploads({
    store,
    blobs,
    intake,
    resumable,
    target,
    leases,
    clock,
    limits,
    onUploaded: (bytes) => onUploaded("direct", bytes),
  });
  return {
    downloads: new OpenDownloads(blobs, onMissing),
    intake,
    access,
    library,
    links: new MediaLinks(options.secrets, store.sessions, clock),
    pictures: new FetchedPictures(
      new PublicGetter({ allowedOrigins: options.pictureOrigins }),
      intake,
      limits,
    ),
    forms: new FormUploads(intake, target, limits, (bytes) => onUploaded("form", bytes)),
    resumable,
    direct,
    sweeper,
    committed(commit) {
      if (commit.steps.some(({ type }) => type === "message.deleted" || type === "chat.updated")) {
        sweeper.nudge();
      }
    },
    async close() {
      await sweeper.close();
      await images.close();
      await blobs.close();
    },
  };
}
