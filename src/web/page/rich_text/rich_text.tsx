import { useMemo } from "preact/hooks";
import { type Block, blocksOf, type Inline } from "./tokens.ts";

/** A message's text with its marks and addresses made to work. */
export function RichText({ text }: { text: string }) {
  const blocks = useMemo(() => blocksOf(text), [text]);
  return (
    <div class="text" dir="auto">
      {blocks.map((block, at) => <BlockView key={at} block={block} />)}
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
  if (inline.kind === "text") return <>{inline.text}</>;
  if (inline.kind === "code") return <code>{inline.text}</code>;
  if (inline.kind === "link") {
    const { href } = inline;
    return <a href={href} target="_blank" rel="noopener noreferrer nofollow">{href}</a>;
  }
  const content = inline.content.map((each, at) => <InlineView key={at} inline={each} />);
  if (inline.kind === "bold") return <strong>{content}</strong>;
  return inline.kind === "italic" ? <em>{content}</em> : <s>{content}</s>;
}
