export interface WordingRule {
  pattern: RegExp;
  /** Words to write instead. */
  instead: string;
}

const SENTENCE = String.raw`(?:^|[.!?;]\s+)`;

/** Words that a stranger has to read twice, each with the usual word of the field. */
export const WORDING_RULES: readonly WordingRule[] = [
  {
    pattern: new RegExp(`${SENTENCE}(?:Who|Whom|Whose|Whoever|Whomever)\\b(?![^.!?]*\\?)`),
    instead: "name the subject: the sender, the caller, members",
  },
  {
    pattern: new RegExp(`${SENTENCE}What\\b(?![^.!?]*\\?)`),
    instead: "begin with a noun or a verb: Returns …, Options of …",
  },
  {
    pattern: /\b(?:whoever|whomever|whosoever)\b/i,
    instead: "name the person: the author, the caller",
  },
  { pattern: /\bnobody\b/i, instead: "no user, no member, no client" },
  { pattern: /\b(?:has|have|had) run out\b/i, instead: "has expired, is exhausted" },
  { pattern: /\banew\b/i, instead: "again, creates" },
  { pattern: /\b(?:takes?|took|taken|taking) away\b/i, instead: "removes, deletes, revokes" },
  { pattern: /\b(?:gives?|gave|given|giving) back\b/i, instead: "returns, refunds, releases" },
  {
    pattern: /\b(?:is|are|was|were|be|been|being|get|gets) told\b/i,
    instead: "is notified, receives",
  },
  { pattern: /\btold of\b/i, instead: "notified of, announced" },
  { pattern: /\b(?:hears?|heard|hearing) of\b/i, instead: "receives, learns, is notified of" },
  { pattern: /\b(?:is|are|was|were) to be had\b/i, instead: "is available" },
  { pattern: /\b(?:is|are|was|were) taken in\b/i, instead: "is accepted, is received" },
  { pattern: /\b(?:at|in) hand\b/i, instead: "available, in flight, pending" },
  { pattern: /\bof (?:its|their|his|her|one's|our) own\b/i, instead: "separate, own, dedicated" },
  { pattern: /\ball that\b/i, instead: "everything, every …" },
  { pattern: /\bsuch as (?:are|is|have|has|were|was)\b/i, instead: "those that …" },
  { pattern: /\b(?:holds?|held|holding) to\b/i, instead: "enforces, follows" },
  {
    pattern: new RegExp(`${SENTENCE}(?:The same|As above|Ditto)(?:$|[,.;:]| as above)`),
    instead: "say it",
  },
  {
    pattern:
      /\b(?:behaviour|colour|favour|honour|neighbour|centre|cancelled|cancelling|licence|(?:normal|serial|organ|recogn|author|synchron|initial|final|summar|optim)is(?:e|es|ed|ing))\b/i,
    instead: "American spelling",
  },
];

/** An error's text begins with the failure, not with the name of an operation and a colon. */
export const OPERATION_PREFIX = /^(?:[A-Z][a-z]+ing)\b[^:.]{0,60}: /;
