import { useEffect, useRef, useState } from "preact/hooks";
import type { Output } from "../../../client/mod.ts";
import { useApp } from "../app/context.ts";
import { useLoaded } from "../components/use_loaded.ts";
import { i } from "../texts/integrations/integrations.ts";
import { EndHookDialog } from "./end_hook_dialog.tsx";
import { HookRow } from "./hook_row.tsx";
import { NewHookDialog } from "./new_hook_dialog.tsx";

export type Hook = Output<"hook.list">["items"][number];

/** The incoming webhooks of a group, newest first. */
export function HookList({ chatId }: { chatId: string }) {
  const { client } = useApp();
  const [hooks, setHooks] = useLoaded(async () => {
    return (await client.call("hook.list", { chatId })).items;
  });
  const [dialog, setDialog] = useState<"new" | Hook | null>(null);
  const adder = useRef<HTMLButtonElement>(null);
  const isEnded = useRef(false);
  useEffect(() => {
    // The button that had the focus went with its row.
    if (dialog === null && isEnded.current) adder.current!.focus();
    isEnded.current = false;
  }, [dialog]);
  if (hooks === null) return null;
  const close = () => setDialog(null);
  const add = (hook: Hook) => setHooks([hook, ...hooks]);
  const remove = ({ id }: Hook) => {
    isEnded.current = true;
    setHooks(hooks.filter((each) => each.id !== id));
  };
  return (
    <>
      <p class="muted small">{i().incomingText}</p>
      {hooks.length === 0 && <p class="small">{i().noIncoming}</p>}
      {hooks.length > 0 && (
        <ul>
          {hooks.map((hook) => <HookRow key={hook.id} hook={hook} onEnd={() => setDialog(hook)} />)}
        </ul>
      )}
      <button ref={adder} type="button" class="button secondary" onClick={() => setDialog("new")}>
        {i().newIncoming}
      </button>
      {dialog === "new" && <NewHookDialog chatId={chatId} onMade={add} onClose={close} />}
      {dialog !== null && dialog !== "new" && (
        <EndHookDialog
          hook={dialog}
          onEnded={() => remove(dialog)}
          onClose={close}
        />
      )}
    </>
  );
}
