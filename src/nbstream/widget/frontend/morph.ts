/** Makes what is on the page equal to what it should be, and keeps every node that is already right: selections stay. */

/**
 * Turns the neighbours `have` of `parent` into `want`. Costs O(nodes of both).
 *
 * Args:
 *   have: the nodes there now, neighbours, in order; empty when there are none
 *   want: nodes that are in no document yet
 *   end: the node that follows them, or null at the end of `parent`
 *
 * Returns the nodes that are there now, in order.
 */
export function morph(parent: Node, have: readonly ChildNode[], want: readonly ChildNode[], end: Node | null): ChildNode[] {
  const now = want.map((wanted, index) => {
    const old = have[index];
    if (old === undefined) return parent.insertBefore(wanted, end);
    if (alike(old, wanted)) {
      become(old, wanted);
      return old;
    }
    old.replaceWith(wanted);
    return wanted;
  });
  for (const old of have.slice(want.length)) old.remove();
  return now;
}

function become(old: ChildNode, wanted: ChildNode): void {
  if (old instanceof Text && wanted instanceof Text) {
    if (old.data === wanted.data) return;
    if (wanted.data.startsWith(old.data)) old.appendData(wanted.data.slice(old.data.length));
    else old.data = wanted.data;
  } else {
    morph(old, [...old.childNodes], [...wanted.childNodes], null);
  }
}

/** Whether one can become the other by its children alone. */
function alike(a: Node, b: Node): boolean {
  if (a instanceof Text) return b instanceof Text;
  if (!(a instanceof Element) || !(b instanceof Element) || a.localName !== b.localName) return false;
  return a.attributes.length === b.attributes.length && [...a.attributes].every((one) => b.getAttribute(one.name) === one.value);
}

/** Elements and texts in `node`, itself counted. */
export function nodesOf(node: Node): number {
  let count = 1;
  for (const child of node.childNodes) count += nodesOf(child);
  return count;
}
