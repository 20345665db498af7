/** The measured process: takes one sample of one variant and prints it as JSON. `node run-sample.ts CASE VARIANT` */

import { CASES } from '../cases/index.ts';

const [, , caseName, variantName] = process.argv;
const variant = CASES.find(({ name }) => name === caseName)?.variants.find(
  ({ name }) => name === variantName,
);
if (variant === undefined) throw new Error(`no variant ${variantName} of a case ${caseName}`);
process.stdout.write(`${JSON.stringify(await variant.measure())}\n`);
