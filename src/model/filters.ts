/**
 * `refuse`: the sender gets an error. `mask`: stars take the word's place. `report`: administrators
 * see it.
 */
export type WordAction = "refuse" | "mask" | "report";

export interface FilteredWord {
  /** A word, or several in a row. */
  word: string;
  action: WordAction;
}

/** Rules for links in messages. */
export interface LinkRule {
  /** `listed`: only links to `hosts` and to names under them. */
  allow: "any" | "listed";
  hosts: string[];
  /** Seconds after joining a chat in which a member may send no link; 0 allows it at once. */
  newMemberSeconds: number;
}

/**
 * Rules for the text of messages, kept by administrators; encrypted messages are not subject to
 * them.
 */
export interface Filters {
  words: FilteredWord[];
  links: LinkRule;
}

export const NO_FILTERS: Filters = {
  words: [],
  links: { allow: "any", hosts: [], newMemberSeconds: 0 },
};

/** A backend that is asked before a message is stored. */
export interface MessageHookSetting {
  url: string;
  /** Encrypted at rest. */
  sealedSecret: string;
  /** Decides on messages while the backend does not answer. */
  onFailure: "allow" | "refuse";
}
