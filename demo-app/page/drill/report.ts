import { button, html, setText } from "../kit/dom.ts";

/** The report of a drill, to read and to copy. */
export function reportElement(markdown: string): HTMLElement {
  const text = html("pre", { class: "markdown", tabindex: 0, "aria-label": "Report" }, markdown);
  const outcome = html("span", { class: "muted", role: "status" });
  const copy = button("Copy as Markdown", { class: "strong" }, () => {
    void copyText(text).then((isCopied) =>
      setText(outcome, isCopied ? "Copied." : "Press Ctrl+C: the report is selected."),
    );
  });
  return html(
    "div",
    { class: "report" },
    html("div", { class: "report-actions" }, copy, outcome),
    html("details", {}, html("summary", {}, "Read the report"), text),
  );
}

/** @returns Whether it is in the clipboard; if not, it is selected. */
async function copyText(source: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(source.textContent ?? "");
    return true;
  } catch {
    source.closest("details")?.setAttribute("open", "");
    getSelection()?.selectAllChildren(source);
    return document.execCommand("copy");
  }
}
