import { run } from './run';

/** Set by the bundler from package.json. */
declare const VERSION: string;

// A reader that goes away (head, a closed pager) ends the output, not the program with a stack trace.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const { stdin, stdout, stderr, env } = process;
void run(process.argv.slice(2), VERSION, { stdin, stdout, stderr, env }).then((code) => {
  process.exitCode = code;
});
