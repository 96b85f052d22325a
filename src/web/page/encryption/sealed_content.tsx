import type { LocalMessage } from "../../../client/mod.ts";
import { useApp } from "../app/context.ts";
import { attachmentsOf } from "../media/attachment.ts";
import { fileUrl } from "../media/file_url.ts";
import { MediaView } from "../media/media_view.tsx";
import { Picture, type PictureProps } from "../media/picture.tsx";
import { e } from "../texts/encryption/encryption.ts";

/** The files of an encrypted message; in place of one that cannot be read, why not. */
export function SealedContent({ message }: { message: LocalMessage }) {
  const state = message.encrypted?.state ?? "waiting";
  if (state === "read") return <MediaView media={attachmentsOf(message)} View={SealedPicture} />;
  return <p class="text gone">{reasonOf(state)}</p>;
}

function SealedPicture(props: PictureProps) {
  const { client } = useApp();
  return <Picture {...props} url={fileUrl(client, props.picture)} />;
}

function reasonOf(state: string): string {
  if (state === "before_join") return e().beforeJoin;
  if (state === "waiting") return e().waiting;
  return state === "unsupported" ? e().unsupported : e().undecryptable;
}
