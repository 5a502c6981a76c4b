// The text of a message as people read it: our own small Markdown (bold, links) and bare addresses.
import { html } from "./ui.js";

const PART = /\*\*([^*]+)\*\*|\[([^\]]+)\]\((https?:\/\/[^)\s]+)\)|(https?:\/\/[^\s)]+)/g;

/** @param {string} text */
export function message(text) {
  /** @type {any[]} */
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(PART)) {
    const [whole, bold, words, to, bare] = found;
    parts.push(text.slice(end, found.index));
    parts.push(bold ? html`<b>${bold}</b>` : html`<a href=${to ?? bare}>${words ?? bare}</a>`);
    end = (found.index ?? 0) + whole.length;
  }
  return [...parts, text.slice(end)];
}
