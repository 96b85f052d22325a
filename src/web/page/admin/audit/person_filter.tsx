import { useApp } from "../../app/context.ts";
import { showToast } from "../../state/toast.ts";
import { goTo } from "../../state/route.ts";
import { admin } from "../../texts/admin/admin.ts";
import { faultText } from "../../texts/fault_text.ts";
import { adminHref } from "../admin_href.ts";
import { findPeople } from "../people/people_query.ts";

/** A name or an id, by which the list is narrowed. */
export function PersonFilter() {
  const { client } = useApp();
  const find = async (event: SubmitEvent) => {
    event.preventDefault();
    const text = String(new FormData(event.currentTarget as HTMLFormElement).get("person")).trim();
    if (text === "") return;
    try {
      const { items } = await findPeople(client, { text, by: "name", filter: "all" });
      if (items.length === 0) showToast(admin.t().nobodyFound(text));
      else goTo(adminHref("audit", items[0].id));
    } catch (error) {
      showToast(faultText(error));
    }
  };
  return (
    <form onSubmit={find}>
      <label class="field">
        <span>{admin.t().aboutWhom}</span>
        <input
          name="person"
          type="search"
          class="input"
          placeholder={admin.t().findHints.name}
          autocomplete="off"
          spellcheck={false}
          dir="auto"
        />
      </label>
    </form>
  );
}
