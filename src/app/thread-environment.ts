/**
 * The environment of threads that a session starts: none.
 *
 * None of them reads it. Each of them also keeps the process's own out of diagnostic reports of Node, first of all it does.
 */

export const NO_ENVIRONMENT: NodeJS.ProcessEnv = {};
