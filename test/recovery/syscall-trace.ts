/** Reads what `strace -f -y -xx` recorded of a program's main thread, call by call. */

export interface Call {
  readonly name: string;
  /** As strace writes them, strings and paths of descriptors decoded. */
  readonly args: readonly string[];
  readonly strings: readonly Buffer[];
  /** Path of the first descriptor among the arguments; null where there is none. */
  readonly file: string | null;
  /** Number of that descriptor. */
  readonly descriptor: number | null;
  readonly result: number;
  /** Path of a descriptor that was returned. */
  readonly opened: string | null;
}

export function parseTrace(text: string): Call[] {
  const calls: Call[] = [];
  const unfinished = new Map<string, string>();
  let main: string | null = null;
  for (const line of text.split('\n')) {
    const found = /^(\d+) +(.*)$/.exec(line);
    if (found === null) continue;
    const [, pid = '', rest = ''] = found;
    main ??= pid;
    if (pid !== main) continue;
    if (rest.endsWith('<unfinished ...>')) {
      unfinished.set(pid, rest.slice(0, -'<unfinished ...>'.length));
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    const whole = resumed === null ? rest : `${unfinished.get(pid) ?? ''}${resumed[1] ?? ''}`;
    const call = parseCall(whole);
    if (call !== null) calls.push(call);
  }
  return calls;
}

function parseCall(line: string): Call | null {
  const found = /^(\w+)\((.*)\)\s+= (-?\d+)(?:<(.*)>)?[^)]*$/s.exec(line);
  if (found === null) return null;
  const [, name = '', args = '', result = '', opened] = found;
  const strings = [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex = '']) => decode(hex));
  const descriptor = /^(\d+)<([^>]*)>/.exec(args);
  return {
    name,
    args: args.split(', '),
    strings,
    file: descriptor === null ? null : plain(descriptor[2] ?? ''),
    descriptor: descriptor === null ? null : Number(descriptor[1]),
    result: Number(result),
    opened: opened === undefined ? null : plain(opened),
  };
}

/** Paths of descriptors are plain or escaped, by the version of strace. */
function plain(text: string): string {
  return text.startsWith('\\x') ? decode(text).toString() : text;
}

function decode(hex: string): Buffer {
  return Buffer.from(hex.replaceAll('\\x', ''), 'hex');
}
