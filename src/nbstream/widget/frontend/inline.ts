/**
 * The inside of a paragraph: tokens → text, emphasis, code, links. Never an image: what it would have fetched is named.
 *
 * Elements: a br code em s span strong. Attributes: those of links, and `class` with a word from this file.
 */

import { el } from "./dom.ts";
import { count } from "./format.ts";
import { LINE_LIMIT } from "./limits.ts";
import type { Budget } from "./limits.ts";
import { hostOf, safeLink } from "./links.ts";
import { attribute } from "./tokens.ts";
import type { Token } from "./tokens.ts";
import { marked } from "./visible.ts";

const EMPHASIS: Readonly<Record<string, "em" | "strong" | "s">> = { em_open: "em", strong_open: "strong", s_open: "s" };

interface OpenLink {
  readonly element: HTMLElement;
  readonly address: string;
}

export class InlineWriter {
  readonly #root: Node;
  readonly #budget: Budget;
  #place: Node;
  #links: OpenLink[] = [];
  #lineLength = 0;
  #cut = 0;
  #cutMark: HTMLElement | null = null;

  constructor(root: Node, budget: Budget) {
    this.#root = root;
    this.#place = root;
    this.#budget = budget;
  }

  write(tokens: readonly Token[]): void {
    for (const token of tokens) {
      if (this.#budget.spent) return;
      this.#token(token);
    }
  }

  #token(token: Token): void {
    switch (token.type) {
      case "text":
      case "text_special":
        return this.#text(token.content);
      case "softbreak":
        return this.#endLine(document.createTextNode("\n"));
      case "hardbreak":
        return this.#endLine(el("br"));
      case "code_inline":
        return this.#code(token.content);
      case "em_open":
      case "strong_open":
      case "s_open":
        return this.#enter(el(EMPHASIS[token.type]!));
      case "link_open":
        return this.#openLink(attribute(token, "href"));
      case "link_close":
        return this.#closeLink();
      case "em_close":
      case "strong_close":
      case "s_close":
        return this.#leave();
      case "image":
        return this.#image(token);
      default:
        return this.#text(token.content);
    }
  }

  #text(text: string): void {
    const shown = this.#fit(this.#links.length > 0 ? marked(text) : text);
    if (shown === "") return;
    this.#budget.take(1);
    const last = this.#place.lastChild;
    if (last instanceof Text) last.appendData(shown);
    else this.#place.appendChild(document.createTextNode(shown));
  }

  #code(text: string): void {
    const shown = this.#fit(marked(text));
    if (shown === "" && text !== "") return;
    this.#budget.take(2);
    this.#place.appendChild(el("code", "", shown));
  }

  #enter(element: HTMLElement): void {
    this.#budget.take(1);
    this.#place.appendChild(element);
    this.#place = element;
  }

  #leave(): void {
    if (this.#place !== this.#root) this.#place = this.#place.parentNode ?? this.#root;
  }

  /** Becomes a link or stays text when its text is known: what it says decides what must be said beside it. */
  #openLink(address: string): void {
    const element = safeLink(address, "x") === null ? el("span", "nolink") : el("a");
    this.#links.push({ element, address });
    this.#enter(element);
  }

  #closeLink(): void {
    const link = this.#links.pop();
    this.#leave();
    if (link === undefined) return;
    const { element, address } = link;
    const text = element.textContent ?? "";
    const safe = safeLink(address, text);
    if (safe === null) {
      if (address !== "" && address !== text) this.#aside(readable(address));
      return;
    }
    if (!(element instanceof HTMLAnchorElement)) return;
    element.href = safe.href;
    element.target = "_blank";
    element.rel = "noopener noreferrer nofollow";
    element.referrerPolicy = "no-referrer";
    if (safe.note !== "") this.#aside(safe.note);
  }

  /** Small print after a link: where it goes. */
  #aside(text: string): void {
    this.#budget.take(2);
    this.#place.appendChild(el("span", "target", ` (${marked(text)})`));
  }

  /** An image is never fetched: its words, and whom it would have asked. */
  #image(token: Token): void {
    const words = this.#fit(marked(altText(token.children ?? [])));
    this.#budget.take(4);
    const box = el("span", "image");
    box.append(el("span", "alt", words === "" ? "image" : words), el("span", "target", ` (${marked(hostOf(attribute(token, "src")))})`));
    this.#place.appendChild(box);
  }

  #endLine(node: ChildNode): void {
    this.#budget.take(1);
    this.#lineLength = 0;
    this.#cut = 0;
    this.#cutMark = null;
    const last = this.#place.lastChild;
    if (node instanceof Text && last instanceof Text) last.appendData(node.data);
    else this.#place.appendChild(node);
  }

  /** What of `text` still has room on its line. */
  #fit(text: string): string {
    const room = Math.max(0, LINE_LIMIT - this.#lineLength);
    this.#lineLength += text.length;
    if (text.length <= room) return text;
    this.#cut += text.length - room;
    if (this.#cutMark === null) {
      this.#cutMark = el("span", "cut");
      this.#budget.take(2);
      this.#root.appendChild(this.#cutMark);
    }
    this.#cutMark.textContent = ` … ${count(this.#cut)} more characters on this line, in the store`;
    return text.slice(0, room);
  }
}

/** The text of an image's label, as a reader without images gets it. */
function altText(tokens: readonly Token[]): string {
  return tokens.map((token) => (token.children === null ? lineText(token) : altText(token.children))).join("");
}

function lineText(token: Token): string {
  return token.type === "softbreak" || token.type === "hardbreak" ? " " : token.content;
}

function readable(address: string): string {
  return address.length > 200 ? `${address.slice(0, 200)}…` : address;
}
