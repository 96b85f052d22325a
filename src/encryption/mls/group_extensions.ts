import type { Bytes } from "../../core/bytes.ts";
import type { Pause } from "../../core/work_budget.ts";
import type { GroupContext } from "./group_info.ts";
import { sameBytes } from "./labelled_crypto.ts";
import { EXTENSION, type Extension, type LeafNode } from "./leaf_node.ts";
import type { RatchetTree } from "./ratchet_tree.ts";
import { malformed, readWhole } from "./tls_reader.ts";

const FIELD = "group_context.extensions";

/**
 * Requires unchanged extensions, because no proposal may change them, and refuses proposals from
 * outside.
 */
export function checkExtensions(after: GroupContext, before: GroupContext | undefined): void {
  if (after.extensions.some(({ type }) => type === EXTENSION.externalSenders)) {
    throw malformed(FIELD, "external_senders is not allowed here");
  }
  if (!before) return;
  const same = after.extensions.length === before.extensions.length &&
    after.extensions.every(({ type, data }, i) => {
      return type === before.extensions[i].type && sameBytes(data, before.extensions[i].data);
    });
  if (!same) throw malformed(FIELD, "they have changed");
}

/**
 * Sections 7.3 and 13.4: no extension of the group may require a capability that a member's leaf
 * lacks.
 */
export async function checkSupported(
  { extensions }: GroupContext,
  { leaves }: RatchetTree,
  pause: Pause,
): Promise<void> {
  if (extensions.length === 0) return;
  const needed = neededBy(extensions);
  for (const [index, leaf] of leaves.entries()) {
    if (leaf && !supports(leaf, needed)) {
      throw malformed(FIELD, `leaf ${index} does not support them`);
    }
    await pause();
  }
}

type Needed = Pick<LeafNode["capabilities"], "extensions" | "proposals" | "credentials">;

function neededBy(extensions: Extension[]): Needed {
  const required = extensions.find(({ type }) => type === EXTENSION.requiredCapabilities);
  const needed = required ? readRequiredCapabilities(required.data) : NOTHING;
  return { ...needed, extensions: [...needed.extensions, ...extensions.map(({ type }) => type)] };
}

const NOTHING: Needed = { extensions: [], proposals: [], credentials: [] };
/** RFC 9420, section 7.2: the RFC's own extensions and proposals are never listed. */
const LAST_DEFAULT_EXTENSION = 5;
const LAST_DEFAULT_PROPOSAL = 7;

function supports({ capabilities }: LeafNode, needed: Needed): boolean {
  const { extensions, proposals, credentials } = capabilities;
  return needed.extensions.every((type) =>
    type <= LAST_DEFAULT_EXTENSION || extensions.includes(type)
  ) &&
    needed.proposals.every((type) => type <= LAST_DEFAULT_PROPOSAL || proposals.includes(type)) &&
    needed.credentials.every((type) => credentials.includes(type));
}

/** Section 11.1. */
function readRequiredCapabilities(data: Bytes): Needed {
  return readWhole(data, "required_capabilities", (reader) => {
    const list = (name: string) => {
      const field = `required_capabilities.${name}`;
      return reader.vector(field, (each) => each.uint16(field));
    };
    return {
      extensions: list("extension_types"),
      proposals: list("proposal_types"),
      credentials: list("credential_types"),
    };
  });
}
