import { renderMermaidSVG } from "beautiful-mermaid";

const STYLE = {
  transparent: true,
  padding: 8,
  nodeSpacing: 16,
  layerSpacing: 24,
  bg: "var(--vp-c-bg)",
  fg: "var(--vp-c-text-1)",
  line: "var(--vp-c-text-2)",
  muted: "var(--vp-c-text-2)",
  surface: "var(--vp-c-bg-soft)",
  border: "var(--vp-c-border)",
};

/** A page in HTML that brings a font from elsewhere tells others who reads it. */
const withoutFont = (svg) => svg.replace(/@import url\([^)]*\);/, "");

/** Mermaid's links that are not seen only tell what stands beside what, and are not known here. */
const withoutHiddenLinks = (diagram) => diagram.replaceAll(" ~~~ ", "\n");

/** Draws diagrams when the site is built, in the colours of the page. */
export function diagrams(markdown) {
  const renderFence = markdown.renderer.rules.fence;
  markdown.renderer.rules.fence = (tokens, index, ...rest) => {
    const { info, content } = tokens[index];
    if (info.trim() !== "mermaid") return renderFence(tokens, index, ...rest);
    const svg = withoutFont(renderMermaidSVG(withoutHiddenLinks(content), STYLE));
    const literal = markdown.utils.escapeHtml(JSON.stringify(svg));
    return `<div class="diagram" v-html="${literal}"></div>\n`;
  };
}
