import { showToast } from "../state/toast.ts";
import { faultText } from "../texts/fault_text.ts";

/** Runs what a button asks for; a refusal is shown as a toast. Returns whether it worked. */
export async function attempt(work: () => Promise<unknown>, done?: string): Promise<boolean> {
  try {
    await work();
    if (done !== undefined) showToast(done);
    return true;
  } catch (error) {
    showToast(faultText(error));
    return false;
  }
}
