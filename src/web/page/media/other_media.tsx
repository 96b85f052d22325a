import { FileCard } from "./file_card.tsx";
import type { Attachment } from "./media_view.tsx";
import { Recording } from "./recording.tsx";

/** A video, a sound, or any other file. */
export function OtherMedia({ media }: { media: Attachment }) {
  return media.kind === "file" ? <FileCard file={media} /> : <Recording recording={media} />;
}
