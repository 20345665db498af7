/**
 * The environment of threads that a session starts: none.
 *
 * None of them reads it, and a diagnostic report of Node shows a thread's environment, secrets included, also where that of
 * the process is left out.
 */

export const NO_ENVIRONMENT: NodeJS.ProcessEnv = {};
