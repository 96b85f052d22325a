import { useState } from "preact/hooks";
import type { Output } from "../../../../client/mod.ts";
import { useApp } from "../../app/context.ts";
import { EmptyState } from "../../components/empty_state.tsx";
import { MoreButton } from "../../components/more_button.tsx";
import { usePages } from "../../components/use_pages.ts";
import { Proof } from "../../settings/proof.tsx";
import { withProof } from "../../settings/proof_state.ts";
import { i } from "../../texts/integrations/integrations.ts";
import { SecretDialog } from "../secret_dialog.tsx";
import { KeyCard } from "./key_card.tsx";
import { KeyFields, keyOf } from "./key_fields.tsx";

export type Key = Output<"apiKey.list">["items"][number];

const PAGE = 50;

/** API keys, newest first. */
export function KeysTab() {
  const { client } = useApp();
  const [isAdding, setAdding] = useState(false);
  const [scopes, setScopes] = useState<Key["scopes"]>([]);
  const pages = usePages("", (cursor) => client.call("apiKey.list", { cursor, limit: PAGE }));
  const add = async (fields: Record<string, string>) => {
    const input = keyOf(fields, scopes);
    const { token, ...key } = await withProof(() => client.call("apiKey.create", input));
    pages.change((items) => [key, ...items]);
    return token;
  };
  const replace = (key: Key) =>
    pages.change((items) => items.map((each) => each.id === key.id ? key : each));
  return (
    <>
      <p class="muted">{i().keysText}</p>
      <button type="button" class="button primary" onClick={() => setAdding(true)}>
        {i().newKey}
      </button>
      {pages.items?.length === 0 && (
        <EmptyState icon="lock" title={i().noKeys} text={i().noKeysText} />
      )}
      {pages.items?.map((key) => <KeyCard key={key.id} apiKey={key} onChange={replace} />)}
      <MoreButton pages={pages} />
      {isAdding && (
        <SecretDialog
          title={i().newKey}
          label={i().newKey}
          onSubmit={add}
          onClose={() => setAdding(false)}
        >
          <KeyFields scopes={scopes} onScopes={setScopes} />
        </SecretDialog>
      )}
      <Proof />
    </>
  );
}
