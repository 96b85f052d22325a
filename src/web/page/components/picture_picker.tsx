import { useRef } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { m } from "../texts/more.ts";
import { attempt } from "./attempt.ts";

interface PicturePickerProps {
  hasPicture: boolean;
  /** Null: the picture is removed. */
  onPick(mediaId: string | null): Promise<unknown>;
}

/** Changes or removes the picture of a person or a group. */
export function PicturePicker({ hasPicture, onPick }: PicturePickerProps) {
  const { client } = useApp();
  const input = useRef<HTMLInputElement>(null);
  const pick = (file: File | undefined) => {
    if (!file) return;
    void attempt(async () => await onPick((await client.files.upload(file)).id), m().saved);
  };
  return (
    <div class="row-buttons">
      <button type="button" class="button secondary" onClick={() => input.current!.click()}>
        {m().changePicture}
      </button>
      <input
        ref={input}
        type="file"
        accept="image/*"
        hidden
        aria-label={m().changePicture}
        onChange={({ currentTarget }) => {
          pick(currentTarget.files?.[0]);
          currentTarget.value = "";
        }}
      />
      {hasPicture && (
        <button
          type="button"
          class="button danger"
          onClick={() => void attempt(() => onPick(null), m().saved)}
        >
          {m().removePicture}
        </button>
      )}
    </div>
  );
}
