import type { MessageView } from "../../../api/views/message.ts";
import { FileCard } from "./file_card.tsx";
import { Picture } from "./picture.tsx";
import { Recording } from "./recording.tsx";

export type Attachment = MessageView["media"][number];

/** All attachments of a message: pictures side by side, everything else one below the other. */
export function MediaView({ media }: { media: Attachment[] }) {
  const pictures = media.filter(({ kind }) => kind === "image");
  return (
    <>
      {pictures.length > 0 && (
        <div class={pictures.length > 1 ? "pictures many" : "pictures"}>
          {pictures.map((each) => <Picture key={each.id} picture={each} among={pictures} />)}
        </div>
      )}
      {media.map((each) => {
        if (each.kind === "image") return null;
        if (each.kind === "file") return <FileCard key={each.id} file={each} />;
        return <Recording key={each.id} recording={each} />;
      })}
    </>
  );
}
