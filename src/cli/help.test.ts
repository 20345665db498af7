/** What each command says about itself, and what shells complete from it. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AnyCommand } from './command-context.ts';
import { completionScript, SHELLS } from './completion.ts';
import { describeProgram } from './program.ts';

const program = describeProgram();

/** Every command that does something, by its words. */
function leaves(command: AnyCommand, path: readonly string[] = []): [string, AnyCommand][] {
  return command.commands.length === 0
    ? [[path.join(' '), command]]
    : command.commands.flatMap((child) => leaves(child, [...path, child.name()]));
}

function helpOf(command: AnyCommand): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}

test.each(leaves(program))('la %s --help has an example of it and its exit codes', (path, command) => {
  const help = helpOf(command);
  const [, example = ''] = /^(Examples?:[^]*)/m.exec(help) ?? [];
  expect(example).toContain(`la ${path}`);
  expect(help).toMatch(/^Exit codes?:/m);
  expect(command.description()).toMatch(/^[a-z].*[^.]$/);
});

test('la --help names every command, the exit codes and the environment', () => {
  const help = helpOf(program);
  for (const command of program.commands) expect(help).toContain(`  ${command.name()}`);
  for (const word of ['Exit codes:', 'Environment:', 'BITUNIX_REST_URL', 'LA_KILL_SWITCH', 'Files:'])
    expect(help).toContain(word);
});

describe('completion', () => {
  /** What bash offers for a line whose last word is being typed. */
  function complete(line: string): string[] {
    const words = line.split(' ');
    const script = `${completionScript(program, 'bash')}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${words.length - 1}
_la
printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).split('\n').filter(Boolean);
  }

  test.each([
    ['la ru', ['run']],
    ['la run --lev', ['--leverage']],
    ['la run --margin-mode i', ['isolated']],
    ['la run --on-end ', ['flatten', 'keep']],
    ['la data exp', ['export']],
    ['la --json alerts te', ['test']],
    ['la watch -- --sou', ['--source']],
    ['la completion --works', ['--workspace']],
  ])('of %j in bash', (line, expected) => {
    expect(complete(line)).toEqual(expected);
  });

  test('every shell is given every command and every option of a session', () => {
    for (const shell of SHELLS) {
      const script = completionScript(program, shell);
      for (const command of program.commands) expect(script, shell).toContain(command.name());
      const run = program.commands.find((command) => command.name() === 'run');
      for (const { long } of run?.options ?? [])
        expect(script, shell).toContain(shell === 'fish' ? `-l ${long?.slice(2)}` : long);
    }
  });

  test.each(SHELLS)('is a script that %s reads without complaint, where it is installed', (shell) => {
    const folder = mkdtempSync(join(tmpdir(), 'la-completion-'));
    const file = join(folder, 'la');
    writeFileSync(file, completionScript(program, shell));
    const { error, status } = spawnSync(shell, ['-n', file]);
    rmSync(folder, { recursive: true });
    expect(error === undefined ? status : 0).toBe(0);
  });
});
