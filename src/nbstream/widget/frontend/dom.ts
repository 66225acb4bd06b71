/** The only ways this view makes elements: by name and by text, never from markup. */

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  text = "",
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  if (text !== "") element.textContent = text;
  return element;
}

/** Sets text only where it differs: an unchanged line costs no layout. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A mark that says nothing to a screen reader. */
export function icon(className: string, character: string): HTMLElement {
  const element = el("span", className, character);
  element.setAttribute("aria-hidden", "true");
  return element;
}
