import { useState } from "preact/hooks";
import type { FileDescriptor } from "../../../client/mod.ts";
import { useApp } from "../app/context.ts";
import { Icon } from "../components/icon.tsx";
import { showToast } from "../state/toast.ts";
import { e } from "../texts/encryption/encryption.ts";
import { bytesOf } from "../texts/amounts.ts";
import { openUrl, saveFile } from "./sealed_files.ts";

/** An encrypted file is fetched and decrypted when it is pressed: then it is saved, or played. */
export function SealedFileCard({ file, kind }: { file: FileDescriptor; kind: string }) {
  const { client } = useApp();
  const [url, setUrl] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isPlayed = kind === "audio" || kind === "video";
  const press = async () => {
    setBusy(true);
    try {
      if (isPlayed) setUrl(await openUrl(client, file));
      else await saveFile(client, file);
    } catch {
      showToast(e().openFailed);
    } finally {
      setBusy(false);
    }
  };
  if (url && kind === "audio") {
    return <audio class="sound" src={url} controls autoplay aria-label={file.name} />;
  }
  if (url) return <video class="video" src={url} controls autoplay aria-label={file.name} />;
  return (
    <button
      type="button"
      class="file-card sealed-card"
      disabled={isBusy}
      aria-busy={isBusy}
      aria-label={isPlayed ? e().play(file.name) : e().saveFile(file.name)}
      onClick={() => void press()}
    >
      <span class="file-icon">
        <Icon name={isPlayed ? "forth" : "clip"} />
      </span>
      <span class="file-name">
        <bdi class="ellipsis">{file.name}</bdi>
        <span class="muted small">{bytesOf(file.size)}</span>
      </span>
    </button>
  );
}
