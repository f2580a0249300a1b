import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { isSafe, lines, pieces, type Mark, type Piece, type Span } from "../../shared/rich";
import { pieces as linked } from "../links";
import { t } from "../words";

/** What is not drawn by an element of its own. */
const ELEMENTS: Partial<Record<Mark, string>> = {
  bold: "b",
  italic: "i",
  underline: "u",
  strike: "s",
  code: "code",
  pre: "pre",
  quote: "blockquote",
};

function Link({ href, children }: { href: string; children: ComponentChildren }) {
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}

/** Hidden, from readers of the screen too, until it is asked for. */
function Spoiler({ children }: { children: ComponentChildren }) {
  const [isShown, show] = useState(false);
  if (isShown) return <>{children}</>;
  return (
    <button class="link" onClick={() => show(true)}>
      {t("hidden")}
    </button>
  );
}

function Pieces({ all, isLiteral }: { all: Piece[]; isLiteral: boolean }) {
  return (
    <>
      {all.map((piece) =>
        typeof piece !== "string" ? (
          <Formatted span={piece.span} inside={piece.inside} isLiteral={isLiteral} />
        ) : isLiteral ? (
          piece
        ) : (
          linked(piece).map(({ text, href }) => (href ? <Link href={href}>{text}</Link> : text))
        ),
      )}
    </>
  );
}

function Formatted({ span, inside, isLiteral }: { span: Span; inside: Piece[]; isLiteral: boolean }) {
  const { mark, url } = span;
  const isLink = mark === "link" && isSafe(url);
  const all = <Pieces all={inside} isLiteral={isLiteral || isLink || mark === "code" || mark === "pre"} />;
  if (isLink) return <Link href={url}>{all}</Link>;
  if (mark === "spoiler") return <Spoiler>{all}</Spoiler>;
  if (mark === "list") {
    return (
      <ul>
        {lines(inside).map((line) => (
          <li>
            <Pieces all={line} isLiteral={isLiteral} />
          </li>
        ))}
      </ul>
    );
  }
  const Element = ELEMENTS[mark] as "b" | undefined;
  return Element ? <Element dir={mark === "pre" ? "ltr" : undefined}>{all}</Element> : all;
}

/** A text with its formatting, element by element: nobody's markup is ever read as such. */
export function Text({ text, spans }: { text: string; spans: readonly Span[] }) {
  return <Pieces all={pieces(text, spans)} isLiteral={false} />;
}
