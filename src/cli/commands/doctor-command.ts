/** `la doctor` */

import { ConfigError } from '../../app/config/config-error.ts';
import type { DoctorSubject } from '../../app/doctor.ts';
import type { AnyCommand, CommandContext } from '../command-context.ts';
import { addSettingOptions, readSettings, settingSources } from '../setting-options.ts';

export function addDoctorCommand(program: AnyCommand, context: CommandContext): void {
  const doctor = program
    .command('doctor')
    .description('check the machine, the workspace, the clock and the venue')
    .addHelpText(
      'after',
      '\nExit codes: 0 a session can run, 1 something would break it.\nExample: la doctor --source simulated',
    );
  addSettingOptions(doctor);
  doctor.action(async () => {
    const { runDoctor } = await import('../../app/doctor.ts');
    const { workspace } = context.globals();
    return context.finish(
      runDoctor(
        { workspace, environment: context.environment, settings: settingsOrFindings() },
        context.io(),
      ),
    );
  });

  /** A broken configuration is one of the things to find here, not a reason to look no further. */
  function settingsOrFindings(): DoctorSubject['settings'] {
    try {
      return readSettings(settingSources(doctor, context, 'continue'), context);
    } catch (error) {
      if (error instanceof ConfigError) return { findings: error.findings };
      throw error;
    }
  }
}
