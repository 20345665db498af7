/** Text inside of HTML. */

/** Returns `text` as text of an element or of a quoted attribute, whatever it holds. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
