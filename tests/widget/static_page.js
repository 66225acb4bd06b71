// A notebook's page for the tests of the static copy: shows HTML as Jupyter shows a trusted output, and tells what came of it.
window.ran = [];
for (const name of ["alert", "confirm", "prompt", "print", "open"]) window[name] = (value) => window.ran.push(`${name} ${value}`);
const cell = document.getElementById("cell");

/** Inserts as Jupyter does, which also runs the scripts of an output; then gives everything a moment to happen. */
async function show(html, { tags, attributes }) {
  const before = window.ran.length;
  const keys = Object.keys(window).length;
  cell.innerHTML = html;
  for (const script of cell.querySelectorAll("script")) {
    const live = document.createElement("script");
    live.textContent = script.textContent;
    script.replaceWith(live);
  }
  for (const fold of cell.querySelectorAll("details")) fold.open = true;
  await new Promise((done) => setTimeout(done, 2));
  const off = [];
  for (const element of cell.querySelectorAll("*")) {
    const tag = element.localName;
    if (!tags.includes(tag)) off.push(`<${tag}>`);
    for (const { name, value } of element.attributes) {
      if (name !== "class" && name !== "open" && !(attributes[tag] ?? []).includes(name)) off.push(`${tag} ${name}`);
      if (name === "class" && !/^(nbs(tream)?-[a-z]+|language-[\w+#-]{1,20}|(tex2jax|mathjax)_ignore|\s)*$/.test(value)) off.push(`class ${value}`);
      if (name === "href" && !/^(https?:\/\/|mailto:)/i.test(value)) off.push(`href ${value}`);
      if (name === "href" && element.href !== new URL(value).href) off.push(`relative ${value}`);
    }
  }
  const overlay = document.elementFromPoint(2, innerHeight - 2);
  if (overlay !== document.body && overlay !== document.documentElement && !cell.contains(overlay)) off.push("moved");
  if (Object.keys(window).length !== keys) off.push("window");
  return { ran: window.ran.length - before, off };
}

window.showAll = async (pages, lists) => {
  const found = [];
  for (const html of pages) found.push(await show(html, lists));
  return found;
};
