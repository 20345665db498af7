/**
 * Removes secrets from text that leaves the program: log lines, alerts, error sentences.
 *
 * Known secrets (the API token, environment values under secret-looking names) are replaced wherever they occur; unknown
 * ones are found by the shape of their surroundings (`token=…`, `Bearer …`, `https://user:password@…`, web tokens).
 * Limit: a secret that is neither known nor in such a place cannot be seen.
 */

export const REDACTED = '[redacted]';

/** Shorter values are too likely to be ordinary words. */
const SECRET_LENGTH_MINIMUM = 8;

/** Most secrets kept; further ones are refused so that the scan per line stays bounded. */
const SECRETS_MAXIMUM = 256;

const SECRET_WORDS =
  'secret|token|passw(?:or)?d|passphrase|api[-_]?key|private[-_]?key|access[-_]?key|authorization|credentials?|cookie|signature';
const SECRET_KEY = new RegExp(`(?:${SECRET_WORDS})`, 'i');

/** Variables whose values are secret: addresses of webhooks are keys to them. A variable that names a file holds none. */
const SECRET_VARIABLE = new RegExp(`(?:${SECRET_WORDS}|webhook|discord_url)`, 'i');
const FILE_VARIABLE = /_FILE$/i;

const ASSIGNED_SECRET = new RegExp(
  `((?:${SECRET_WORDS})["']?\\s{0,3}[=:]\\s{0,3}["']?)((?:Bearer |Basic )?[^\\s"'&,;})]{1,4096})`,
  'gi',
);
const BEARER = /\b(Bearer|Basic) [A-Za-z0-9._~+/=-]{8,}/g;
const URL_PASSWORD = /(:\/\/[^\s/:@]{0,256}:)[^\s/@]{1,1024}@/g;
const WEB_TOKEN = /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/g;
const DISCORD_WEBHOOK = /(\/api\/webhooks\/\d{1,32}\/)[A-Za-z0-9_-]{8,}/g;
const TELEGRAM_TOKEN = /\b\d{8,12}:[A-Za-z0-9_-]{35}\b/g;

export class SecretScrubber {
  /** Longest first, so that a secret that contains another one is replaced whole. */
  #secrets: readonly string[] = [];

  constructor(secrets: Iterable<string> = []) {
    for (const secret of secrets) this.add(secret);
  }

  /** Knows the values of all variables whose names look secret. */
  static fromEnvironment(environment: Readonly<Record<string, string | undefined>>): SecretScrubber {
    const scrubber = new SecretScrubber();
    for (const [name, value] of Object.entries(environment)) {
      if (value === undefined || FILE_VARIABLE.test(name) || !SECRET_VARIABLE.test(name)) continue;
      scrubber.add(value);
    }
    return scrubber;
  }

  /** Remembers a secret value; short ones are ignored. */
  add(secret: string): void {
    if (secret.length < SECRET_LENGTH_MINIMUM || this.#secrets.includes(secret)) return;
    if (this.#secrets.length >= SECRETS_MAXIMUM) return;
    this.#secrets = [...this.#secrets, secret].toSorted((a, b) => b.length - a.length);
  }

  /** Whether a value under this name must not be shown whatever it is. */
  isSecretName(name: string): boolean {
    return SECRET_KEY.test(name);
  }

  /** Returns `text` with every secret found replaced by {@link REDACTED}. */
  scrub(text: string): string {
    let clean = text;
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, REDACTED);
    return clean
      .replace(URL_PASSWORD, `$1${REDACTED}@`)
      .replace(ASSIGNED_SECRET, `$1${REDACTED}`)
      .replace(BEARER, `$1 ${REDACTED}`)
      .replace(WEB_TOKEN, REDACTED)
      .replace(DISCORD_WEBHOOK, `$1${REDACTED}`)
      .replace(TELEGRAM_TOKEN, REDACTED);
  }
}
