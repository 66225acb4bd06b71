/** What one message may cost the page. What is over a limit is not drawn, says so in a visible line, and is whole in the store. */

/** Characters of one message. */
export const BLOCK_LIMIT = 1_000_000;

/** Nodes of one message: elements and texts. A page gets slow by nodes long before it does by characters. */
export const NODE_LIMIT = 20_000;

/** Characters of one line; a longer one makes every layout of its paragraph slow. */
export const LINE_LIMIT = 10_000;

/** Cells and columns of one table: three thousand bytes of Markdown can ask for sixty thousand cells. */
export const CELL_LIMIT = 5000;
export const COLUMN_LIMIT = 200;

/** Containers in one another: lists count twice, for the list and for its item. */
export const NESTING_LIMIT = 50;

/** Characters of a link's address; browsers and mail programs differ above it. */
export const LINK_LIMIT = 2048;

/** The nodes that one message may still use. */
export class Budget {
  #left = NODE_LIMIT;

  get spent(): boolean {
    return this.#left < 0;
  }

  get left(): number {
    return this.#left;
  }

  take(nodes: number): void {
    this.#left -= nodes;
  }
}
