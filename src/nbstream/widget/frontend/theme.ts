/** Light or dark, as the page around the cell is. */

/** Attributes by which notebook pages say their theme: JupyterLab and Notebook, VS Code, Colab. */
const ATTRIBUTES = ["data-jp-theme-light", "data-vscode-theme-kind", "theme"];

/** Keeps `data-theme` of `host` at "light" or "dark". Returns what ends that. */
export function followTheme(host: HTMLElement): () => void {
  const preference = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = (): void => {
    host.dataset["theme"] = (pageTheme() ?? preference.matches) ? "dark" : "light";
  };
  const observer = new MutationObserver(apply);
  const options = { attributes: true, attributeFilter: ATTRIBUTES };
  observer.observe(document.documentElement, options);
  observer.observe(document.body, options);
  preference.addEventListener("change", apply);
  apply();
  return () => {
    observer.disconnect();
    preference.removeEventListener("change", apply);
  };
}

/** Whether the page says it is dark, or null when it says nothing. */
function pageTheme(): boolean | null {
  const { body, documentElement } = document;
  const jupyter = body.getAttribute("data-jp-theme-light");
  if (jupyter !== null) return jupyter === "false";
  const code = body.getAttribute("data-vscode-theme-kind");
  if (code !== null) return code !== "vscode-light" && code !== "vscode-high-contrast-light";
  const colab = documentElement.getAttribute("theme");
  return colab === null ? null : colab === "dark";
}
