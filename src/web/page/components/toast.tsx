import { hideToast, openDialogs, toast } from "../state/toast.ts";

/**
 * Always there, so that a screen reader reads what appears in it: in the page, or in the topmost
 * dialog.
 */
export function ToastBox({ dialog }: { dialog?: string }) {
  const shown = toast.value;
  if (openDialogs.value.at(-1) !== dialog) return null;
  return (
    <div id="toast" role="alert" hidden={shown === null}>
      {shown?.text}
      {shown?.action && (
        <button
          type="button"
          onClick={() => {
            shown.action!.run();
            hideToast();
          }}
        >
          {shown.action.label}
        </button>
      )}
    </div>
  );
}
