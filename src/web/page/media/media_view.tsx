import type { ComponentType } from "preact";
import { lazily } from "../components/lazily.tsx";
import type { Attachment } from "./attachment.ts";
import { Picture, type PictureProps } from "./picture.tsx";

const OtherMedia = lazily(async () => (await import("./other_media.tsx")).OtherMedia);

/** All attachments of a message: pictures side by side, everything else one below the other. */
export function MediaView(
  { media, View = Picture }: { media: Attachment[]; View?: ComponentType<PictureProps> },
) {
  const pictures = media.filter(({ kind }) => kind === "image");
  return (
    <>
      {pictures.length > 0 && (
        <div class={pictures.length > 1 ? "pictures many" : "pictures"}>
          {pictures.map((each) => <View key={each.id} picture={each} among={pictures} />)}
        </div>
      )}
      {media.map((each) => each.kind !== "image" && <OtherMedia key={each.id} media={each} />)}
    </>
  );
}
