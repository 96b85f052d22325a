import { createContext } from "preact";
import { useContext, useMemo } from "preact/hooks";
import { type Block, blocksOf, type Inline } from "./tokens.ts";

/** Names of the people whom a text mentions, by username in lower case; `isMe` for the reader. */
export type Mentioned = ReadonlyMap<string, { name: string; isMe: boolean }>;

/** An address such as `@ann`, which does not continue a word or an e-mail address. */
export const MENTION = /(?<![\w@.])@([\w.-]*\w)/g;

const NOBODY: Mentioned = new Map();
const MentionedContext = createContext(NOBODY);

/** A message's text with its marks and addresses made to work. */
export function RichText({ text, mentioned = NOBODY }: { text: string; mentioned?: Mentioned }) {
  const blocks = useMemo(() => blocksOf(text), [text]);
  return (
    <div class="text" dir="auto">
      <MentionedContext.Provider value={mentioned}>
        {blocks.map((block, at) => <BlockView key={at} block={block} />)}
      </MentionedContext.Provider>
    </div>
  );
}

function BlockView({ block }: { block: Block }) {
  if (block.kind === "code") return <pre><code>{block.text}</code></pre>;
  const content = block.content.map((inline, at) => <InlineView key={at} inline={inline} />);
  return block.kind === "quote"
    ? <div class="quoted" role="blockquote">{content}</div>
    : <p>{content}</p>;
}

function InlineView({ inline }: { inline: Inline }) {
  const mentioned = useContext(MentionedContext);
  if (inline.kind === "text") {
    return <>{mentioned.size === 0 ? inline.text : withMentions(inline.text, mentioned)}</>;
  }
  if (inline.kind === "code") return <code>{inline.text}</code>;
  if (inline.kind === "link") {
    const { href } = inline;
    return <a href={href} target="_blank" rel="noopener noreferrer nofollow">{href}</a>;
  }
  const content = inline.content.map((each, at) => <InlineView key={at} inline={each} />);
  if (inline.kind === "bold") return <strong>{content}</strong>;
  return inline.kind === "italic" ? <em>{content}</em> : <s>{content}</s>;
}

function withMentions(text: string, mentioned: Mentioned) {
  // The pattern has one group, so every second part is a username.
  return text.split(MENTION).map((part, at) => {
    if (at % 2 === 0) return part;
    const found = mentioned.get(part.toLowerCase());
    if (!found) return `@${part}`;
    return <bdi key={at} class={found.isMe ? "mention me" : "mention"}>@{found.name}</bdi>;
  });
}
