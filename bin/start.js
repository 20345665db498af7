#!/usr/bin/env node
/**
 * `npm start`: builds the dashboard where it is missing, then starts a session on the simulated venue.
 *
 * One process and no shell between the two, so that signals reach the session. Arguments are passed on.
 */

import { buildWeb } from './build-web.js';

await buildWeb();
process.argv.splice(2, 0, 'run', '--source', 'simulated');
await import('./la.js');
