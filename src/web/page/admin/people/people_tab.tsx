import { useState } from "preact/hooks";
import { EmptyState } from "../../components/empty_state.tsx";
import { admin } from "../../texts/admin/admin.ts";
import { AccountView } from "./account_view.tsx";
import { FindPeople } from "./find_people.tsx";
import type { PeopleQuery } from "./people_query.ts";

/** Finds accounts, beside the one that is open; on a phone, one of the two. */
export function PeopleTab({ target }: { target: string }) {
  const [query, setQuery] = useState<PeopleQuery>({ text: "", by: "name", filter: "all" });
  return (
    <div class="admin-people" data-open={target === "" ? "list" : "account"}>
      <FindPeople query={query} onQuery={setQuery} openId={target} />
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
