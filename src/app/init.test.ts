import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseConfigText } from './config/config-file.ts';
import { SETTINGS, SETTING_KEYS } from './config/setting-schemas.ts';
import { describeSettings, initWorkspace } from './init.ts';

let workspace = '';
let said = '';
const io = {
  stdout: { write: (text: string) => void (said += text) },
  stderr: { write: (text: string) => void (said += text) },
  isTty: false,
  color: false,
  json: false,
};

beforeEach(() => {
  workspace = mkdtempSync(path.join(tmpdir(), 'la-init-'));
  said = '';
});
afterEach(() => rmSync(workspace, { recursive: true }));

describe('la init', () => {
  test('writes a configuration that changes nothing until a line of it is uncommented', () => {
    expect(initWorkspace(workspace, io)).toBe(0);
    const text = readFileSync(path.join(workspace, 'laptop-agents.yaml'), 'utf8');
    expect([...parseConfigText(text, 'laptop-agents.yaml').keys()]).toEqual([]);
    expect(said).toContain('breakout.ts');
  });

  test('shows every setting with its default', () => {
    // Settings that are not set by default are the ones shown as null.
    const isSetting = /^# ( {2})?[a-z_0-9]+:/;
    const uncommented = describeSettings()
      .split('\n')
      .filter((line) => isSetting.test(line) && !line.endsWith(': null'))
      .map((line) => line.slice(2))
      .join('\n');
    const values = parseConfigText(uncommented, 'defaults.yaml');
    const isSet = SETTING_KEYS.filter((key) => SETTINGS[key].initial !== null);
    expect([...values.keys()].toSorted()).toEqual(isSet.toSorted());
    for (const key of isSet) {
      expect(values.get(key)?.value, key).toEqual(SETTINGS[key].schema.parse(SETTINGS[key].initial));
    }
  });

  test('writes an example strategy that loads from where it lies', () => {
    initWorkspace(workspace, io);
    const loader = new URL('strategy-loader.ts', import.meta.url).href;
    // In a process of its own: the test runner resolves imports in its own way.
    const program = `
      const { loadStrategyMaker } = await import(${JSON.stringify(loader)});
      const { name, historyBars } = (await loadStrategyMaker(${JSON.stringify(path.join(workspace, 'breakout.ts'))}, { bars: 10 }))();
      process.stdout.write(JSON.stringify([name, historyBars]));`;
    const done = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    expect([done.stdout, done.stderr]).toEqual(['["breakout",11]', '']);
  });

  test('overwrites nothing, and then writes nothing', () => {
    writeFileSync(path.join(workspace, 'breakout.ts'), 'mine');
    expect(() => initWorkspace(workspace, io)).toThrow('expected no breakout.ts yet');
    expect(readFileSync(path.join(workspace, 'breakout.ts'), 'utf8')).toBe('mine');
    expect(existsSync(path.join(workspace, 'laptop-agents.yaml'))).toBe(false);
  });
});
