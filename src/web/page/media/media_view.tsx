import type { MessageView } from "../../../api/views/message.ts";
import { lazily } from "../components/lazily.tsx";
import { Picture } from "./picture.tsx";

const OtherMedia = lazily(async () => (await import("./other_media.tsx")).OtherMedia);

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
      {media.map((each) => each.kind !== "image" && <OtherMedia key={each.id} media={each} />)}
    </>
  );
}
