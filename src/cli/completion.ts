/**
 * Completion scripts for shells, made from the commands as they are: nothing is looked up while a user types.
 *
 * Words complete as commands, options and the values of options that have a closed list; everything else as files.
 */

import { SETTING_KEYS, SETTINGS } from '../app/config/setting-schemas.ts';
import type { AnyCommand } from './command-context.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

interface CompletedOption {
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** null where any value is allowed. */
  readonly values: readonly string[] | null;
}

/** A command by the words that lead to it; the program itself by none. */
interface CompletedCommand {
  readonly path: string;
  readonly description: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly CompletedOption[];
}

/** Returns the script; a shell that reads it completes `la` and `laptop-agents`. */
export function completionScript(program: AnyCommand, shell: Shell): string {
  const commands = listCommands(program, '', program.options.map(readOption));
  switch (shell) {
    case 'bash':
      return bashScript(commands);
    case 'zsh':
      return zshScript(commands);
    case 'fish':
      return fishScript(commands);
  }
}

function listCommands(
  command: AnyCommand,
  path: string,
  global: readonly CompletedOption[],
): CompletedCommand[] {
  const own = command.options.map(readOption);
  const help = { names: ['-h', '--help'], description: 'print help', takesValue: false, values: null };
  return [
    {
      path,
      description: command.description(),
      commands: command.commands.map((child) => ({ name: child.name(), description: child.description() })),
      options: [...own, ...(path === '' ? [] : global), help],
    },
    ...command.commands.flatMap((child) => listCommands(child, `${path} ${child.name()}`.trim(), global)),
  ];
}

function readOption(option: AnyCommand['options'][number]): CompletedOption {
  const key = SETTING_KEYS.find((candidate) => SETTINGS[candidate].flag === option.long);
  const { schema } = key === undefined ? { schema: null } : SETTINGS[key];
  const listed = schema !== null && 'options' in schema ? schema.options : null;
  const values = Array.isArray(listed)
    ? listed.filter((word): word is string => typeof word === 'string')
    : [];
  return {
    names: [option.short, option.long].filter((name) => name !== undefined && name !== null),
    description: option.description,
    takesValue: option.required || option.optional,
    values: values.length > 0 ? values : (option.argChoices ?? null),
  };
}

/** The words that may follow a command, options last. */
function followers({ commands, options }: CompletedCommand): string {
  return [...commands.map(({ name }) => name), ...options.flatMap(({ names }) => names)].join(' ');
}

/** Options with values, by name, without repeats: their meaning is the same at every command. */
function valueCases(
  commands: readonly CompletedCommand[],
  line: (option: CompletedOption) => string,
): string[] {
  const lines = new Set<string>();
  for (const option of commands.flatMap(({ options }) => options))
    if (option.takesValue) lines.add(`    ${option.names.join('|')}) ${line(option)} ;;`);
  return [...lines];
}

/** Behind `--`, `la watch` takes the options of `la run`. */
const WATCHED = 'if [[ "$route" == watch ]]; then route=run; fi';

function pathCases(commands: readonly CompletedCommand[]): string {
  const paths = commands.filter(({ path }) => path !== '').map(({ path }) => `"${path}"`);
  return `${paths.join('|')}) route="\${route:+$route }$word" ;;`;
}

function bashScript(commands: readonly CompletedCommand[]): string {
  return `# bash completion of la: source <(la completion bash)
_la() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD - 1]}" route="" word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [[ "$word" == -- ]]; then ${WATCHED}; fi
    case "\${route:+$route }$word" in
      ${pathCases(commands)}
    esac
  done
  case "$prev" in
${valueCases(commands, ({ values }) =>
  values === null
    ? 'COMPREPLY=($(compgen -f -- "$cur")); return'
    : `COMPREPLY=($(compgen -W "${values.join(' ')}" -- "$cur")); return`,
).join('\n')}
  esac
  case "$route" in
${commands.map((command) => `    "${command.path}") COMPREPLY=($(compgen -W "${followers(command)}" -- "$cur")) ;;`).join('\n')}
  esac
  if [[ \${#COMPREPLY[@]} -eq 0 ]]; then COMPREPLY=($(compgen -f -- "$cur")); fi
}
complete -o filenames -F _la la laptop-agents
`;
}

function zshScript(commands: readonly CompletedCommand[]): string {
  const described = (name: string, description: string): string => quote(`${name}:${description}`);
  const cases = commands.map((command) => {
    const entries = [
      ...command.commands.map(({ name, description }) => described(name, description)),
      ...command.options.flatMap(({ names, description }) =>
        names.map((name) => described(name, description)),
      ),
    ];
    return `    "${command.path}") entries=(${entries.join(' ')}) ;;`;
  });
  return `#compdef la laptop-agents
# zsh completion of la: la completion zsh > "\${fpath[1]}/_la", or source <(la completion zsh)
_la() {
  local cur="\${words[CURRENT]}" prev="\${words[CURRENT - 1]}" route="" word i
  local -a entries
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    if [[ "$word" == -- ]]; then ${WATCHED}; fi
    case "\${route:+$route }$word" in
      ${pathCases(commands)}
    esac
  done
  case "$prev" in
${valueCases(commands, ({ values }) =>
  values === null ? '_files; return' : `compadd -- ${values.join(' ')}; return`,
).join('\n')}
  esac
  case "$route" in
${cases.join('\n')}
  esac
  _describe la entries || _files
}
if [[ "$funcstack[1]" == _la ]]; then _la "$@"; else compdef _la la laptop-agents; fi
`;
}

function fishScript(commands: readonly CompletedCommand[]): string {
  const lines: string[] = [];
  for (const { path, commands: children, options } of commands) {
    const steps = path === '' ? [] : path.split(' ');
    // Every word of the path stands there, and none that would lead further.
    const seen = steps.map((step) => `__fish_seen_subcommand_from ${step}`);
    const names = children.map(({ name }) => name).join(' ');
    const unseen = names === '' ? [] : [`not __fish_seen_subcommand_from ${names}`];
    const here = quote([...seen, ...unseen].join('; and '));
    for (const { name, description } of children)
      lines.push(`complete -c la -f -n ${here} -a ${name} -d ${quote(description)}`);
    for (const option of options) {
      const spelled = option.names.map((name) =>
        name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
      );
      const value = option.takesValue
        ? option.values === null
          ? ' -r'
          : ` -x -a ${quote(option.values.join(' '))}`
        : '';
      lines.push(`complete -c la -n ${here} ${spelled.join(' ')}${value} -d ${quote(option.description)}`);
    }
  }
  return `# fish completion of la: la completion fish > ~/.config/fish/completions/la.fish
${lines.join('\n')}
complete -c laptop-agents -w la
`;
}

/** In single quotes, as all three shells read them; fish alone takes a backslash in them for more than itself. */
function quote(text: string): string {
  return `'${text.replaceAll('\\', '/').replaceAll("'", `'\\''`)}'`;
}
