import { encryptionArea } from "../texts/encryption/encryption.ts";
import type { Attachment } from "./attachment.ts";
import { FileCard } from "./file_card.tsx";
import { Recording } from "./recording.tsx";

const SealedFileCard = encryptionArea.lazily(async () =>
  (await import("./sealed_file_card.tsx")).SealedFileCard
);

/** A video, a sound, or any other file. */
export function OtherMedia({ media }: { media: Attachment }) {
  if (media.sealed) return <SealedFileCard file={media.sealed} kind={media.kind} />;
  return media.kind === "file" ? <FileCard file={media} /> : <Recording recording={media} />;
}
