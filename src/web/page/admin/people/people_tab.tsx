import { useState } from "preact/hooks";
import { EmptyState } from "../../components/empty_state.tsx";
import { admin } from "../../texts/admin/admin.ts";
import { AccountView } from "./account_view.tsx";
import { FindPeople } from "./find_people.tsx";

/** Finds accounts, beside the one that is open; on a phone, one of the two. */
export function PeopleTab({ target }: { target: string }) {
  const [text, setText] = useState("");
  return (
    <div class="admin-people" data-open={target === "" ? "list" : "account"}>
      <FindPeople text={text} onText={setText} openId={target} />
      <div class="admin-account">
        {target === ""
          ? (
            <EmptyState
              icon="search"
              title={admin.t().pickPerson}
              text={admin.t().findText}
            />
          )
          : <AccountView key={target} userId={target} />}
      </div>
    </div>
  );
}
