/**
 * The session's token, asked for once and kept for this tab: `sessionStorage`, so that it is gone with the tab.
 *
 * An address that ends in `#token=…` brings it along; it is taken out of the address at once, so that it does not stay in
 * the history or in a shared link.
 */

const KEY = 'laptop-agents.token';
const GRAMMAR = /^[\u0021-\u007E]{1,256}$/;

export function readToken(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** Returns whether the text can be a token; a blank around it is taken off. */
export function keepToken(text: string): boolean {
  const token = text.trim();
  if (!GRAMMAR.test(token)) return false;
  try {
    sessionStorage.setItem(KEY, token);
  } catch {
    // A browser that keeps nothing asks again.
  }
  return true;
}

export function forgetToken(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing was kept.
  }
}

/** Takes a token out of the page's address, where there is one. */
export function takeTokenFromAddress(): void {
  const found = /^#token=(.+)$/.exec(location.hash)?.[1];
  if (found === undefined) return;
  keepToken(decodeURIComponent(found));
  history.replaceState(null, '', `${location.pathname}${location.search}#/`);
}
